import ImportModel
import Postgres
import Queue
import Staging
import TestSupport
import Testing

@Suite("Staging")
struct StagingTests {
  private static let layout = StagingLayout(columns: [
    StagingLayout.Column(name: "id", sqlType: "integer")
  ])

  /// Encoded rows with these ids, and a reject behind them.
  private static func batch(_ ids: ClosedRange<Int32>, from row: Int64, reject: Bool = true)
    -> EncodedBatch
  {
    var bytes: [UInt8] = []
    func add<T: FixedWidthInteger>(_ value: T) {
      withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
    }
    var number = row
    for id in ids {
      number += 1
      add(Int16(2))
      add(Int32(8))
      add(number)
      add(Int32(4))
      add(id)
    }
    let rejects =
      reject
      ? [
        Reject(
          row: number + 1, line: number + 2, column: "id", code: .type, message: "bad",
          value: "x", raw: Array("x".utf8))
      ] : []
    let end = number + Int64(rejects.count)
    return EncodedBatch(
      bytes: bytes, count: bytes.count, rowsOK: ids.count, rowsBad: rejects.count,
      rejects: rejects, start: FilePosition(byte: row * 2, row: row, line: row + 1),
      end: FilePosition(byte: end * 2, row: end, line: end + 1))
  }

  /// An import that is claimed, and its staging table.
  private func prepared(
    _ bench: ImportBench
  ) async throws -> (table: StagingTable, lease: Lease, loader: ChunkLoader) {
    let id = try await bench.submit("id\n1\n", into: "public.t")
    let claim = try #require(try await bench.queue.claim(worker: "a", leaseSeconds: 30))
    let table = StagingTable(importID: id, layout: Self.layout)
    #expect(try await table.prepare(lease: claim.lease, on: bench.connection) == nil)
    let loader = ChunkLoader(
      table: table, lease: claim.lease, attempt: 1, connection: bench.connection)
    return (table, claim.lease, loader)
  }

  @discardableResult
  private func load(
    _ loader: ChunkLoader, _ batches: [EncodedBatch], number: Int64 = 0, failing: Bool = false
  ) async throws -> ChunkLoader.Chunk {
    let source = BatchList(batches, failing: failing)
    return try await loader.load(
      number: number, from: batches[0].start, batches: { try await source.next() },
      recycle: { _ in })
  }

  private actor BatchList {
    private var batches: [EncodedBatch]
    private let failing: Bool
    init(_ batches: [EncodedBatch], failing: Bool) {
      self.batches = batches
      self.failing = failing
    }
    func next() throws -> EncodedBatch? {
      if batches.isEmpty && failing { throw ImportBenchError("broken off") }
      return batches.isEmpty ? nil : batches.removeFirst()
    }
  }

  private func sizes(_ bench: ImportBench, _ table: StagingTable) async throws -> [Int] {
    [
      try await bench.count(table.name), try await bench.count("sluice.rejects"),
      try await bench.count("sluice.chunks"),
    ]
  }

  @Test("rows, rejects and ledger of a chunk are there together")
  func together() async throws {
    try await ImportBench.run { bench in
      let (table, lease, loader) = try await prepared(bench)
      let chunk = try await load(loader, [Self.batch(1...3, from: 0), Self.batch(5...6, from: 4)])
      #expect(chunk.rowsOK == 5)
      #expect(chunk.rowsBad == 2)
      #expect(try await sizes(bench, table) == [5, 2, 1])
      let point = try #require(try await table.prepare(lease: lease, on: bench.connection))
      #expect(point.nextChunk == 1)
      #expect(point.position == chunk.end)
      #expect((point.counts.ok, point.counts.bad, point.counts.read) == (5, 2, 7))
      let start = try await ResumePoint.startOfChunk(
        holding: 2, of: table.importID, on: bench.connection)
      #expect(start == chunk.start)
    }
  }

  @Test(
    "the ledger has the ends of a chunk whose keys ascend",
    arguments: [
      ([1...3, 5...6], "00000001 00000006"), ([5...6, 1...3], nil), ([1...3, 3...4], nil),
      ([7...7], "00000007 00000007"), ([-1...1], nil),
    ] as [([ClosedRange<Int32>], String?)])
  func order(_ ids: [ClosedRange<Int32>], ends: String?) async throws {
    try await ImportBench.run { bench in
      let (table, lease, _) = try await prepared(bench)
      let loader = ChunkLoader(
        table: table, lease: lease, attempt: 1, connection: bench.connection, key: ["id"])
      var row: Int64 = 0
      var batches: [EncodedBatch] = []
      for range in ids {
        batches.append(Self.batch(range, from: row, reject: false))
        row += Int64(range.count)
      }
      try await load(loader, batches)
      let kept = try await bench.connection.query(
        "SELECT encode(first_key, 'hex') || ' ' || encode(last_key, 'hex') AS ends FROM sluice.chunks"
      ).rows[0]["ends"]
      #expect(kept == ends)
    }
  }

  @Test("a chunk that fails half-way leaves nothing")
  func halfWay() async throws {
    try await ImportBench.run { bench in
      let (table, _, loader) = try await prepared(bench)
      await #expect(throws: ImportBenchError.self) {
        try await load(loader, [Self.batch(1...3, from: 0)], failing: true)
      }
      #expect(try await sizes(bench, table) == [0, 0, 0])
      try await load(loader, [Self.batch(1...3, from: 0)])
      #expect(try await sizes(bench, table) == [3, 1, 1])
    }
  }

  @Test("a worker whose lease has passed on, or whose import was called off, stages nothing")
  func fence() async throws {
    try await ImportBench.run { bench in
      let (table, lease, loader) = try await prepared(bench)
      try await load(loader, [Self.batch(1...3, from: 0)])
      _ = try await bench.queue.cancel(table.importID)
      await #expect(throws: LeaseLost.self) {
        try await load(loader, [Self.batch(5...6, from: 4)], number: 1)
      }
      try await bench.connection.execute(
        "UPDATE sluice.imports SET cancel_requested = false, lease_id = gen_random_uuid()")
      await #expect(throws: LeaseLost.self) {
        try await load(loader, [Self.batch(5...6, from: 4)], number: 1)
      }
      await #expect(throws: LeaseLost.self) {
        try await table.prepare(lease: lease, on: bench.connection)
      }
      #expect(try await sizes(bench, table) == [3, 1, 1])
    }
  }

  @Test("what a crash of Postgres empties is begun anew, the logged rejects cleared")
  func emptied() async throws {
    try await ImportBench.run { bench in
      let (table, lease, loader) = try await prepared(bench)
      try await load(loader, [Self.batch(1...3, from: 0)])
      // As the recovery from a crash does with UNLOGGED tables.
      try await bench.connection.execute("TRUNCATE sluice.chunks; TRUNCATE \(table.name)")
      #expect(try await table.prepare(lease: lease, on: bench.connection) == nil)
      #expect(try await sizes(bench, table) == [0, 0, 0])
    }
  }

  @Test("staging and ledger are both unlogged: they have one fate")
  func oneFate() async throws {
    try await ImportBench.run { bench in
      let (table, _, _) = try await prepared(bench)
      let unlogged = try await bench.count(
        """
        pg_class WHERE relpersistence = 'u'
          AND oid IN ('\(table.name)'::regclass, 'sluice.chunks'::regclass)
        """)
      #expect(unlogged == 2)
    }
  }

  @Test("a target that got other columns meanwhile makes the import begin anew")
  func otherLayout() async throws {
    try await ImportBench.run { bench in
      let (table, lease, loader) = try await prepared(bench)
      try await load(loader, [Self.batch(1...3, from: 0)])
      let other = StagingTable(
        importID: table.importID,
        layout: StagingLayout(columns: [StagingLayout.Column(name: "id", sqlType: "bigint")]))
      #expect(try await other.prepare(lease: lease, on: bench.connection) == nil)
      #expect(try await sizes(bench, table) == [0, 0, 0])
    }
  }

  @Test(
    "sessions of a worker that had the lease before do not hold staging for ever",
    arguments: ["sluice import", "sluice arbiter"])
  func formerWorkers(session: String) async throws {
    try await ImportBench.run { bench in
      let (table, lease, _) = try await prepared(bench)
      var database = bench.database
      database.settings["application_name"] = session
      let former = try await TestDatabase.connect(database)
      try await former.execute("BEGIN; LOCK TABLE \(table.name) IN ACCESS SHARE MODE")
      // Nothing is whole: it is made anew.
      #expect(try await table.prepare(lease: lease, on: bench.connection) == nil)
      await #expect(throws: PostgresError.self) { try await former.query("SELECT") }
      await former.close()
    }
  }

  @Test("what ended imports have left is found")
  func leftovers() async throws {
    try await ImportBench.run { bench in
      let (table, lease, _) = try await prepared(bench)
      #expect(try await StagingTable.leftovers(on: bench.connection).isEmpty)
      try await bench.queue.end(
        lease, as: .cancelled, failure: nil, counts: RowCounts(), bytes: 0)
      #expect(try await StagingTable.leftovers(on: bench.connection) == [table.importID])
      try await StagingTable.drop(table.importID, on: bench.connection)
      #expect(try await StagingTable.leftovers(on: bench.connection).isEmpty)
    }
  }
}
