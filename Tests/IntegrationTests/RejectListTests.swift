import ImportModel
import Postgres
import Queue
import Spool
import Staging
import Telemetry
import TestSupport
import Testing
import Worker

@Suite("The report of rejects")
struct RejectListTests {
  private static let layout = StagingLayout(columns: [
    StagingLayout.Column(name: "id", sqlType: "integer")
  ])

  private static func staging(_ id: ImportID) -> StagingTable {
    StagingTable(importID: id, layout: layout)
  }

  /// A batch of bad rows, each with two faults.
  private static func bad(_ rows: ClosedRange<Int64>) -> EncodedBatch {
    let rejects = rows.flatMap { row in
      ["a", "b"].map { column in
        Reject(
          row: row, line: row + 1, column: column, code: .type, message: "bad", value: "x",
          raw: column == "a" ? Array("x,x".utf8) : nil)
      }
    }
    return EncodedBatch(
      rowsBad: rows.count, rejects: rejects,
      start: FilePosition(
        byte: rows.lowerBound * 4, row: rows.lowerBound - 1, line: rows.lowerBound),
      end: FilePosition(
        byte: rows.upperBound * 4 + 4, row: rows.upperBound, line: rows.upperBound + 1))
  }

  @discardableResult
  private func load(
    _ batch: EncodedBatch, number: Int64, into table: StagingTable, _ lease: Lease,
    _ bench: ImportBench, failing: Bool = false
  ) async throws -> ChunkLoader.Chunk {
    let loader = ChunkLoader(table: table, lease: lease, attempt: 1, connection: bench.connection)
    let batches = Batches([batch], failing: failing)
    return try await loader.load(
      number: number, from: batch.start, batches: { try await batches.next() }, recycle: { _ in })
  }

  private actor Batches {
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

  @Test("lists rows up to its limit, across chunks and attempts, and counts the others")
  func limit() async throws {
    try await ImportBench.run { bench in
      let id = try await bench.submit("id\n1\n", into: "public.t")
      let lease = try await bench.claim().lease
      let table = Self.staging(id)
      _ = try await table.prepare(
        lease: lease, rejectRoom: RejectRoom(rows: 5), on: bench.connection)
      let first = try await load(Self.bad(1...3), number: 0, into: table, lease, bench)
      #expect(first.rejectRoom?.rows == 2)
      // What fails leaves the list as it was.
      await #expect(throws: ImportBenchError.self) {
        try await load(Self.bad(4...6), number: 1, into: table, lease, bench, failing: true)
      }
      let second = try await load(Self.bad(4...6), number: 1, into: table, lease, bench)
      #expect(second.rejectRoom?.isEmpty == true)
      // Another attempt, whose worker was told another limit, goes on with this one.
      let point = try #require(
        try await table.prepare(
          lease: lease, rejectRoom: RejectRoom(rows: 100), on: bench.connection))
      #expect(point.rejectRoom.rows == 0)
      #expect(point.counts.bad == 6)
      try await load(Self.bad(7...9), number: 2, into: table, lease, bench)
      // The merge has rejects of its own.
      try await RejectStore.insert(
        Self.bad(10...10).rejects, importID: id, on: bench.connection)
      #expect(
        try await bench.rows("SELECT DISTINCT row FROM sluice.rejects ORDER BY 1")
          == ["1", "2", "3", "4", "5"])
      #expect(try await bench.count("sluice.rejects") == 10)
      let list = try #require(try await RejectList.read(id, pool: bench.pool))
      #expect(list == RejectList(rowsListed: 5, rowsOmitted: 5))
    }
  }

  @Test("keeps nothing of a limit's price for a file without faults")
  func plain() async throws {
    try await ImportBench.run { bench in
      let id = try await bench.submit("id\n1\n", into: "public.t")
      let lease = try await bench.claim().lease
      let table = Self.staging(id)
      _ = try await table.prepare(lease: lease, on: bench.connection)
      let good = EncodedBatch(end: FilePosition(byte: 4, row: 1, line: 2))
      let chunk = try await load(good, number: 0, into: table, lease, bench)
      #expect(chunk.rejectRoom == nil)
      let list = try #require(try await RejectList.read(id, pool: bench.pool))
      #expect(list == RejectList(rowsListed: 0, rowsOmitted: 0))
    }
  }

  private static func fill(_ id: ImportID, rows: Int) -> String {
    """
    INSERT INTO sluice.rejects (import_id, row, ordinal, line, code, message)
    SELECT '\(id)', n, 0, n + 1, 'type', 'bad' FROM generate_series(1, \(rows)) n
    """
  }

  @Test("is cleared page by page where an import begins anew, under the lease")
  func cleared() async throws {
    try await ImportBench.run { bench in
      let id = try await bench.submit("id\n1\n", into: "public.t")
      let lease = try await bench.claim().lease
      let table = Self.staging(id)
      _ = try await table.prepare(
        lease: lease, rejectRoom: RejectRoom(rows: 2), on: bench.connection)
      try await load(Self.bad(1...3), number: 0, into: table, lease, bench)
      try await bench.connection.execute(
        "DELETE FROM sluice.rejects; \(Self.fill(id, rows: 12_000)); TRUNCATE sluice.chunks")
      let stale = Lease(importID: id, id: "00000000-0000-0000-0000-000000000000")
      await #expect(throws: LeaseLost.self) {
        try await table.prepare(lease: stale, on: bench.connection)
      }
      #expect(try await bench.count("sluice.rejects") == 12_000)
      // Each page is a transaction of its own: else all rows would go in one.
      try await bench.connection.execute(
        """
        CREATE TABLE public.pages (transaction xid8, removed bigint);
        CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO public.pages
            SELECT pg_catalog.pg_current_xact_id(), pg_catalog.count(*) FROM gone;
          RETURN NULL;
        END $$;
        CREATE TRIGGER note AFTER DELETE ON sluice.rejects REFERENCING OLD TABLE AS gone
          FOR EACH STATEMENT EXECUTE FUNCTION public.note()
        """)
      #expect(try await table.prepare(lease: lease, on: bench.connection) == nil)
      #expect(try await bench.count("sluice.rejects") == 0)
      #expect(try await bench.count("(SELECT DISTINCT transaction FROM public.pages) p") >= 3)
      #expect(try await bench.count("public.pages WHERE removed > 5000") == 0)
      let list = try #require(try await RejectList.read(id, pool: bench.pool))
      #expect(list == RejectList(rowsListed: 0, rowsOmitted: 0))
    }
  }

  @Test("a former staging table that somebody reads does not hold the import up for long")
  func lockedStaging() async throws {
    try await ImportBench.run { bench in
      let id = try await bench.submit("id\n1\n", into: "public.t")
      let lease = try await bench.claim().lease
      let table = Self.staging(id)
      _ = try await table.prepare(lease: lease, on: bench.connection)
      let reader = try await TestDatabase.connect(bench.database)
      try await reader.execute("BEGIN; LOCK TABLE \(table.name) IN ACCESS SHARE MODE")
      let error = await #expect(throws: PostgresError.self) {
        try await table.prepare(lease: lease, on: bench.connection)
      }
      #expect(error?.sqlState == "55P03")
      try await reader.execute("ROLLBACK")
      await reader.close()
      #expect(try await table.prepare(lease: lease, on: bench.connection) == nil)
    }
  }

  // MARK: The janitor

  private func end(_ bench: ImportBench) async throws -> ImportID {
    let lease = try await bench.claim().lease
    try await bench.queue.end(lease, as: .failed, failure: nil, counts: RowCounts(), bytes: 0)
    return lease.importID
  }

  @Test("goes with its import when that is past its time, in pages; that of another one stays")
  func retention() async throws {
    try await ImportBench.run { bench in
      for name in ["old", "young"] { _ = try await bench.submit("id\n\(name)\n", into: "public.t") }
      let old = try await end(bench)
      let young = try await end(bench)
      try await bench.connection.execute(
        """
        \(Self.fill(old, rows: 11_000)); \(Self.fill(young, rows: 10));
        UPDATE sluice.imports SET finished_at = now() - interval '2 hours' WHERE id = '\(old)';
        CREATE FUNCTION public.few() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF (SELECT count(*) FROM gone) > 5000 THEN RAISE 'too many at once'; END IF;
          RETURN NULL;
        END $$;
        CREATE TRIGGER few AFTER DELETE ON sluice.rejects REFERENCING OLD TABLE AS gone
          FOR EACH STATEMENT EXECUTE FUNCTION public.few()
        """)
      #expect(try await bench.queue.removeFinished(olderThan: 3600) == 1)
      #expect(try await bench.rows("SELECT id FROM sluice.imports") == [young.description])
      #expect(try await bench.count("sluice.rejects") == 10)
    }
  }

  @Test("what cannot be swept keeps nothing else from being swept")
  func sweepGoesOn() async throws {
    try await ImportBench.run { bench in
      for name in ["a", "b"] { _ = try await bench.submit("id\n\(name)\n", into: "public.t") }
      var tables: [StagingTable] = []
      for _ in 1...2 {
        let lease = try await bench.claim().lease
        let table = Self.staging(lease.importID)
        _ = try await table.prepare(lease: lease, on: bench.connection)
        try await bench.queue.end(lease, as: .failed, failure: nil, counts: RowCounts(), bytes: 0)
        tables.append(table)
      }
      let names = tables.map(\.name)
      // Neither imports nor the first staging table can go.
      let first = try await StagingTable.leftovers(on: bench.connection)[0]
      let stuck = Self.staging(first).name
      try await bench.connection.execute(
        """
        CREATE VIEW public.v AS SELECT * FROM \(stuck);
        CREATE TABLE public.kept (id uuid REFERENCES sluice.imports);
        INSERT INTO public.kept SELECT id FROM sluice.imports;
        UPDATE sluice.imports SET finished_at = now() - interval '2 hours'
        """)
      try await bench.janitor(retentionSeconds: 3600).sweep()
      #expect(try await bench.count("sluice.imports") == 2)
      for name in names {
        let isThere = try await bench.count("pg_class WHERE oid = to_regclass('\(name)')") == 1
        #expect(isThere == (name == stuck))
      }
    }
  }
}
