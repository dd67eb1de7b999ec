import ImportModel
import Postgres
import Queue
import Staging
import Testing

@Suite("Staging tables that were there before")
struct StagedTypesTests {
  @Test(
    "a table of any type is known again, and its chunks are kept",
    arguments: [
      "public.mood", "public.mood[]", "public.\"Odd Type\"", "character varying(7)",
      "numeric(10,2)", "timestamp(3) with time zone", "public.price",
    ])
  func known(sqlType: String) async throws {
    let types = """
      CREATE TYPE public.mood AS ENUM ('ok'); CREATE TYPE public."Odd Type" AS ENUM ('ok');
      CREATE DOMAIN public.price AS numeric(8,2) CHECK (value > 0)
      """
    try await ImportBench.run(types) { bench in
      let id = try await bench.submit("a\n1\n", into: "public.t")
      let lease = try await bench.claim().lease
      let table = StagingTable(
        importID: id,
        layout: StagingLayout(columns: [StagingLayout.Column(name: "a", sqlType: sqlType)]))
      #expect(try await table.prepare(lease: lease, on: bench.connection) == nil)
      let loader = ChunkLoader(table: table, lease: lease, attempt: 1, connection: bench.connection)
      let end = FilePosition(byte: 4, row: 1, line: 2)
      let start = FilePosition(byte: 2, row: 0, line: 1)
      let once = Once(EncodedBatch(start: start, end: end))
      _ = try await loader.load(
        number: 0, from: start, batches: { await once.next() }, recycle: { _ in })
      let point = try await table.prepare(lease: lease, on: bench.connection)
      #expect(point?.nextChunk == 1)
      #expect(point?.position == end)
    }
  }

  private actor Once {
    private var batch: EncodedBatch?
    init(_ batch: EncodedBatch) { self.batch = batch }
    func next() -> EncodedBatch? { batch.take() }
  }
}
