import ImportModel
import Postgres
import Queue
import Staging
import Synchronization
import Testing

@Suite("Natural keys in staging")
struct LookupTests {
  private static let lookup = ColumnLookup(
    column: "who", tableOID: 0, table: "public.people", source: "ONLY public.people",
    key: ColumnLookup.Key(
      name: "name", type: ColumnType(oid: 25, sqlName: "text", base: .text),
      equality: "OPERATOR(pg_catalog.=)", isUnique: true),
    value: ColumnLookup.Value(name: "id", sqlType: "bigint"))

  private static let layout = StagingLayout(columns: [
    StagingLayout.Column(name: "id", sqlType: "integer"),
    StagingLayout.Column(name: "sluice_key_1", sqlType: "text", lookup: lookup),
  ])

  private static let people = """
    CREATE TABLE people (id bigint PRIMARY KEY, name text UNIQUE);
    INSERT INTO people SELECT i, 'name' || 999 - i FROM generate_series(0, 999) i;
    """

  /// What the resolver hands over.
  private final class Report: Sendable {
    let breaches = Mutex<[RowBreach]>([])
    var rows: [Int64] { breaches.withLock { $0.map(\.row) } }
  }

  /// A claimed import with rows in staging: row `i` has the key `name<i>`.
  private func staged(
    _ bench: ImportBench, rows: Int64
  ) async throws -> (table: StagingTable, lease: Lease, counts: RowCounts) {
    let id = try await bench.submit("id,who\n", into: "public.t")
    let lease = try await bench.claim().lease
    let table = StagingTable(importID: id, layout: Self.layout)
    #expect(try await table.prepare(lease: lease, on: bench.connection) == nil)
    _ = try await bench.connection.query(
      "INSERT INTO \(table.name) SELECT i, i, 'name' || i FROM generate_series(1, $1::integer) i",
      [.int(rows)])
    _ = try await bench.connection.query(
      """
      INSERT INTO sluice.chunks (import_id, chunk, first_byte, last_byte, first_row, last_row,
          first_line, last_line, rows_ok, rows_bad, attempt)
      VALUES ($1::uuid, 0, 0, 9, 1, $2::bigint, 2, $2::bigint + 1, $2::bigint, 0, 1)
      """, [.text(id.description), .int(rows)])
    var counts = RowCounts()
    counts.read = rows
    counts.ok = rows
    return (table, lease, counts)
  }

  private func resolver(
    _ bench: ImportBench, _ table: StagingTable, _ lease: Lease, report: Report = Report(),
    most: Int64 = .max
  ) -> LookupResolver {
    LookupResolver(
      table, lease: lease, on: bench.connection,
      reject: { breaches, _ in report.breaches.withLock { $0 += breaches } },
      checkRejects: { counts in
        if counts.bad > most { throw ImportFailure(.tooManyRejects, "\(counts.bad)") }
      })
  }

  @Test("values take the place of keys, in the order of the file, whichever way they were joined")
  func order() async throws {
    try await ImportBench.run(Self.people) { bench in
      let (table, lease, staged) = try await staged(bench, rows: 999)
      try await bench.connection.execute("SET enable_hashjoin = off; SET enable_nestloop = off")
      let counts = try await resolver(bench, table, lease).run(staged)
      #expect(counts == staged)
      let rows = try await bench.rows("SELECT sluice_row, id, who FROM \(table.name)")
      #expect(rows == (1...999).map { "\($0)|\($0)|\(999 - $0)" })
    }
  }

  @Test("who goes on finds the values, and looks no key up again")
  func again() async throws {
    try await ImportBench.run(Self.people) { bench in
      let (table, lease, staged) = try await staged(bench, rows: 1002)
      let report = Report()
      let counts = try await resolver(bench, table, lease, report: report).run(staged)
      #expect((counts.read, counts.ok, counts.bad) == (1002, 999, 3))
      #expect(report.rows == [1000, 1001, 1002])
      let first = try #require(report.breaches.withLock { $0.first })
      #expect(first.code == .lookupFailed && first.columns == ["who"])
      #expect(first.message == "no row in public.people has name 'name1000'")

      try await bench.connection.execute("UPDATE people SET id = -1 - id")
      let point = try #require(try await table.prepare(lease: lease, on: bench.connection))
      #expect(point.counts == counts)
      #expect((point.position.byte, point.position.row) == (10, 1002))
      #expect(try await resolver(bench, table, lease, report: report).run(point.counts) == counts)
      #expect(report.rows.count == 3)
      #expect(try await bench.count("\(table.name) WHERE who < 0") == 0)
    }
  }

  @Test("a worker whose lease has passed on leaves the keys as they are")
  func fence() async throws {
    try await ImportBench.run(Self.people) { bench in
      let (table, lease, staged) = try await staged(bench, rows: 1002)
      try await bench.connection.execute("UPDATE sluice.imports SET lease_id = gen_random_uuid()")
      await #expect(throws: LeaseLost.self) {
        try await resolver(bench, table, lease).run(staged)
      }
      #expect(try await bench.count("\(table.name) WHERE sluice_key_1 = 'name1002'") == 1)
      #expect(try await bench.count("sluice.chunks") == 1)
      #expect(try await bench.count("pg_class WHERE relname ~ '^staging.*_(resolved|lookup)'") == 0)
    }
  }

  @Test("too many rejects keep their report, and the next attempt begins anew")
  func tooMany() async throws {
    try await ImportBench.run(Self.people) { bench in
      let (table, lease, staged) = try await staged(bench, rows: 1002)
      let report = Report()
      await #expect(throws: ImportFailure.self) {
        try await resolver(bench, table, lease, report: report, most: 2).run(staged)
      }
      #expect(report.rows == [1000, 1001, 1002])
      #expect(try await bench.count("sluice.chunks") == 0)
      #expect(try await bench.count("pg_class WHERE relname ~ '^staging.*_(resolved|lookup)'") == 0)
      #expect(try await table.prepare(lease: lease, on: bench.connection) == nil)
      #expect(try await bench.count(table.name) == 0)
    }
  }

  @Test("rows beyond the report's room are counted and not handed over")
  func room() async throws {
    try await ImportBench.run("CREATE TABLE people (id bigint, name text)") { bench in
      let (table, lease, staged) = try await staged(bench, rows: 50)
      try await bench.connection.execute("UPDATE sluice.reject_lists SET row_limit = 20")
      let report = Report()
      let counts = try await resolver(bench, table, lease, report: report).run(staged)
      #expect(counts.bad == 50 && counts.ok == 0)
      #expect(report.rows == Array(1...20))
      // Those that were handed over count themselves.
      let list = try #require(try await RejectList.read(table.importID, pool: bench.pool))
      #expect(list.rowsOmitted == 30)
    }
  }
}
