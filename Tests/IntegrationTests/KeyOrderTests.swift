import ImportModel
import Merging
import Postgres
import Testing

/// Files whose rows ascend are not looked through for keys that are there twice: values that are the same to
/// their type must be found all the same, though their bytes ascend.
@Suite("Keys in ascending order")
struct KeyOrderTests {
  struct Twins: Sendable, CustomTestStringConvertible {
    let type: String
    let one: String
    let other: String
    var testDescription: String { type }
  }

  static let twins = [
    Twins(type: "numeric", one: "1.0", other: "1.00"),
    Twins(type: "double precision", one: "0", other: "-0"),
    Twins(type: "interval", one: "24:00", other: "1 day"),
    Twins(type: "char(3)", one: "a", other: "a "),
    Twins(type: "varchar(2)", one: "ab ", other: "ab  "),
    Twins(type: "timestamp(0)", one: "2026-01-02 03:04:05.1", other: "2026-01-02 03:04:05.2"),
    Twins(type: "jsonb", one: "1", other: "1.0"),
    Twins(type: "public.anycase", one: "ANN", other: "ann"),
  ]

  @Test("what is the same to its type is found, though its bytes ascend", arguments: twins)
  func same(_ twins: Twins) async throws {
    let setUp = """
      CREATE COLLATION public.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE DOMAIN public.anycase AS text COLLATE public.loose;
      CREATE TABLE t (k \(twins.type) PRIMARY KEY, a int)
      """
    for rows in [[twins.one, twins.other], [twins.other, twins.one]] {
      try await ImportBench.run(setUp) { bench in
        let text = "k,a\n" + rows.map { "\($0),1\n" }.joined()
        let done = try await bench.importFile(text) {
          ($0.key, $0.duplicates) = (["k"], .reject)
        }
        #expect(done.counts.bad == 2)
        #expect(try await bench.rejectedRows(of: done.id) == ["1", "2"])
      }
    }
  }

  @Test(
    "rows in order are taken as they are, others are looked at",
    arguments: [
      // In order, from one chunk to the next and inside of each.
      (["1", "2", "3"], 0), (["-2", "-1", "1"], 0), (["3", "2", "1"], 0),
      (["1", "2", "2"], 2), (["2", "1", "2"], 2), (["256", "257", "1", "256"], 2),
    ] as [([String], Int64)])
  func ordered(_ keys: [String], bad: Int64) async throws {
    try await ImportBench.run("CREATE TABLE t (k int PRIMARY KEY, a int)") { bench in
      let done = try await bench.importFile("k,a\n" + keys.map { "\($0),1\n" }.joined()) {
        ($0.key, $0.duplicates) = (["k"], .reject)
      }
      #expect(done.counts.bad == bad)
      #expect(done.counts.inserted == Int64(keys.count) - bad)
    }
  }

  @Test("keys of several columns, with a NULL among them")
  func several() async throws {
    let setUp = "CREATE TABLE t (a text, b int, c int, UNIQUE NULLS NOT DISTINCT (b, a))"
    try await ImportBench.run(setUp) { bench in
      let text = "c,a,b\n1,a,1\n1,a,2\n1,ab,1\n2,ab,1\n3,b,\n4,b,\n5,c,1\n"
      let done = try await bench.importFile(text) {
        ($0.key, $0.duplicates) = (["b", "a"], .reject)
      }
      #expect(try await bench.rejectedRows(of: done.id) == ["3", "4", "5", "6"])
      #expect(done.counts.inserted == 3)
    }
  }

  @Test("a chunk that begins with the key that another one ends with is no order")
  func betweenChunks() async throws {
    try await ImportBench.run("CREATE TABLE t (k int PRIMARY KEY)") { bench in
      let request = try await bench.stagedForMerge(
        into: "public.t", columns: [("k", "integer")],
        rows: "VALUES (1, 1), (2, 2), (3, 2), (4, 3)", count: 4)
      _ = try await bench.connection.query(
        """
        INSERT INTO sluice.chunks (import_id, chunk, first_byte, last_byte, first_row, last_row,
            first_line, last_line, rows_ok, rows_bad, attempt, first_key, last_key)
        SELECT $1::uuid, n, 0, 0, 0, 0, 0, 0, 2, 0, 1, int4send(n + 1), int4send(n + 2)
          FROM generate_series(0, 1) n
        """, [.text(request.lease.importID.description)])
      let merger = Merger(
        request, on: bench.connection, watch: { _ in }, reject: { _, _ in }, checkRejects: { _ in })
      let counts = try await merger.run().counts
      #expect((counts.skipped, counts.inserted) == (1, 3))
    }
  }
}
