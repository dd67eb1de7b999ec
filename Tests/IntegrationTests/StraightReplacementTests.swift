import ImportModel
import Postgres
import Staging
import TestSupport
import Testing
import Validation

@testable import Merging

@Suite("A file that is read straight into the table that takes the target's place")
struct StraightReplacementTests {
  private static let table = ReplaceBesideTests.table
  /// With these, a second session helps.
  private static let many = ReplaceBesideTests.rows

  private static func file(_ rows: Int, _ more: String = "") -> String {
    (1...rows).reduce(into: "id,a,n\n") { $0 += "\($1),new \($1),1\n" } + more
  }

  @Test(
    "brings all that a table can have, which is as before, and goes back", arguments: [4, many + 4])
  func everything(total: Int) async throws {
    try await ImportBench.run(EverythingTable.setUp) { bench in
      try await bench.replaceEverything(total) { bench, file in
        let done = try await bench.replace(file, into: EverythingTable.name)
        #expect(done.wasStraight)
        return done
      }
    }
  }

  @Test(
    "needs no numbers but where values depend on more than the row",
    arguments: [
      ("ADD b int DEFAULT 7", true), ("ADD b int GENERATED ALWAYS AS (id + 1) STORED", true),
      ("ADD b serial", true), ("ADD b bigint GENERATED ALWAYS AS IDENTITY", true),
      ("ADD b float DEFAULT random()", true), ("ADD b timestamptz DEFAULT now()", false),
      ("ADD b text DEFAULT current_user", false),
    ])
  func conditions(change: String, isStraight: Bool) async throws {
    try await ImportBench.run("\(Self.table); ALTER TABLE t DROP CONSTRAINT one_a, \(change)") {
      bench in
      let old = try await bench.rows("SELECT t::text FROM t ORDER BY id")
      let done = try await bench.replace(Self.file(7))
      try expectDone(done, read: 7, inserted: 7)
      #expect(done.wasStraight == isStraight)
      try await bench.undoReplacement(done.id)
      #expect(try await bench.rows("SELECT t::text FROM t ORDER BY id") == old)
    }
  }

  @Test(
    "numbers are needed where duplicates are refused, a trigger shapes rows, or a value is cast")
  func numbered() async throws {
    try await ImportBench.run(Self.table) { bench in
      #expect(try await !bench.replaceBeside(Self.file(7)).wasStraight)
      try await bench.connection.execute(
        """
        CREATE FUNCTION shape() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN NEW.n = 5; RETURN NEW; END';
        CREATE TRIGGER shape BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION shape()
        """)
      #expect(try await !bench.replace(Self.file(7)).wasStraight)
      #expect(try await bench.count("t WHERE n = 5") == 7)
      // No other type of Postgres's own lacks a binary form.
      try await bench.connection.execute("CREATE TABLE u (id int PRIMARY KEY, rights aclitem)")
      let cast = try await bench.replace("id,rights\n1,postgres=r/postgres\n", into: "public.u")
      try expectDone(cast, read: 1, inserted: 1)
      #expect(!cast.wasStraight)
    }
  }

  @Test(
    "is read once more, with numbers, where Postgres refuses a row",
    arguments: [
      // Refused by the COPY.
      ("8,eight,0\n", "n|check|8,eight,0", 0),
      // By an index, of which the other session builds one.
      ("8,new 7,1\n", "a|unique|8,new 7,1", 0), ("7,again,1\n", "", 1),
      // By a foreign key.
      ("8,eight,99\n", "n|foreign_key|8,eight,99", 0),
    ])
  func refused(line: String, reject: String, skipped: Int64) async throws {
    let setUp = """
      CREATE TABLE others (id int PRIMARY KEY); INSERT INTO others VALUES (1);
      \(Self.table);
      ALTER TABLE t ALTER n SET NOT NULL, ADD FOREIGN KEY (n) REFERENCES others NOT VALID
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.replace(Self.file(7, line + "9,x,1,1\n"))
      let rejects = reject.isEmpty ? [] : [reject]
      try expectDone(
        done, read: 9, bad: Int64(rejects.count) + 1, skipped: skipped, inserted: 7)
      #expect(!done.wasStraight)
      let listed =
        "SELECT column_name, code, convert_from(raw, 'UTF8') FROM sluice.rejects WHERE row = 8"
      #expect(try await bench.rows(listed) == rejects)
      #expect(done.stages.map(\.name).filter { $0 == .parsing }.count == 2)
      #expect(try await bench.leftTables(of: "staging|beside|replace") == [])
      try await bench.undoReplacement(done.id)
      #expect(try await bench.count("t") == 10)
    }
  }

  @Test(
    "is gone on with by the next attempt, as the one before has left it",
    arguments: [
      // Straight; and with numbers, after a fault: the next one does not come upon it again.
      ("", 2, 0), ("8,eight,0\n", 3, 1),
    ] as [(String, Int, Int64)])
  func attempts(more: String, parsings: Int, bad: Int64) async throws {
    try await ImportBench.run(Self.table) { bench in
      let database = try await bench.rows("SELECT quote_ident(current_database())")[0]
      // It holds for all locks, also that of the import's own row, for which a busy machine may wait a while.
      try await bench.connection.execute("ALTER DATABASE \(database) SET lock_timeout = '1s'")
      let id = try await bench.submit(Self.file(7, more), into: "public.t") { $0.mode = .replace }
      try await bench.withWorker { _ in
        try await bench.holding("LOCK TABLE t IN ACCESS SHARE MODE") {
          try await eventually("the import waits for another attempt") {
            let record = try await bench.record(id)
            return record.status == .queued && record.stages.contains { $0.name == .loading }
          }
          let ledger = """
            SELECT attempt, encode(first_key, 'hex'), encode(last_key, 'hex') FROM sluice.chunks
            """
          #expect(try await bench.rows(ledger) == ["1|00000001|0000000\(7 + bad)"])
        }
        // The object says why.
        let reasons = try await bench.record(id).stages.compactMap(\.reason)
        #expect(reasons.map(\.code) == [.database])
        #expect(reasons.first?.message.contains("lock timeout") == true)
        _ = try await bench.pool.query("UPDATE sluice.imports SET available_at = now()")
        let done = try await bench.ended(id)
        try expectDone(done, read: 7 + bad, bad: bad, inserted: 7)
        #expect(done.wasStraight == (bad == 0))
        #expect(done.stages.map(\.name).filter { $0 == .parsing }.count == parsings)
      }
    }
  }

  @Test("is what was staged only as long as the target is as it was")
  func altered() async throws {
    try await ImportBench.run(Self.table) { bench in
      let (request, table) = try await bench.stagedStraight(7)
      let lease = request.lease
      #expect(try await table.isKept(by: lease, on: bench.connection))
      try await bench.connection.execute("ALTER TABLE t ALTER a SET STATISTICS 77")
      await #expect(throws: RowNumbersNeeded.self) {
        try await bench.merger(request, helpedBy: bench.connection).run()
      }
      #expect(try await bench.count("t") == 10)
      // Another attempt looks at the target again, and stages anew.
      let other = try await bench.straightTable(request)
      #expect(try await other.prepare(lease: lease, on: bench.connection) == nil)
      #expect(try await bench.count(table.name) == 0)
      // With numbers, it is another table.
      let numbered = StagingTable(
        importID: lease.importID, layout: StraightReplacementTests.numbers)
      #expect(try await !numbered.isNumbered(on: bench.connection))
      #expect(try await numbered.prepare(lease: lease, on: bench.connection) == nil)
      #expect(try await numbered.isNumbered(on: bench.connection))
      #expect(try await other.prepare(lease: lease, on: bench.connection) == nil)
    }
  }

  fileprivate static let columns = [("id", "integer"), ("a", "text"), ("n", "integer")].map {
    StagingLayout.Column(name: $0.0, sqlType: $0.1)
  }
  fileprivate static let numbers = StagingLayout(columns: columns)

  @Test("has no index but its own: those of an earlier attempt are dropped, of another one noticed")
  func indexes() async throws {
    try await ImportBench.run(Self.table) { bench in
      var (request, table) = try await bench.stagedStraight(7)
      let more = "CREATE INDEX more ON \(table.name) (id)"
      try await bench.connection.execute(
        "\(more); CREATE INDEX \(StandIn.staged(by: table.importID).index(0)) ON \(table.name) (id)"
      )
      let merger = bench.merger(request, helpedBy: bench.connection)
      #expect(try await merger.run().counts.inserted == 7)
      #expect(try await bench.indexes(of: "t") == ["one_a", "t_pkey"])

      // As of a worker that has lost its lease, when the indexes are there and the exchange has not begun.
      _ = try await bench.connection.query("DELETE FROM sluice.imports")
      (request, table) = try await bench.stagedStraight(8)
      let target = request.target
      let model = try await bench.connection.transaction {
        try await TableModel.read(of: target, on: $0)
      }
      let again = bench.merger(request, helpedBy: bench.connection)
      let standIn = StandIn.staged(by: table.importID)
      _ = try await again.makeIndexes(after: model, of: standIn, helpedBy: nil)
      try await bench.connection.execute("CREATE INDEX more ON \(table.name) (id)")
      var counts = request.staged
      counts.inserted = counts.ok
      let filled = StandInBeside(standIn: standIn, model: model, counts: counts, told: nil)
      await #expect(throws: AlteredMeanwhile.self) { try await again.exchange(filled) }
      #expect(try await bench.count("t") == 7)
      try await bench.connection.execute("DROP INDEX sluice.more")
      #expect(try await again.exchange(filled).counts.inserted == 8)
    }
  }

  @Test(
    "is nobody's where the lease passes on or the import is called off: the table is as it was",
    arguments: ["lease_id = gen_random_uuid()", "cancel_requested = true"])
  func fenced(change: String) async throws {
    try await ImportBench.run(Self.table) { bench in
      let before = try bench.dump()
      let (request, _) = try await bench.stagedStraight(7)
      let merger = bench.merger(request, helpedBy: bench.connection) { progress in
        guard progress.isFinalizing else { return }
        _ = try await bench.pool.query("UPDATE sluice.imports SET \(change)")
      }
      await #expect(throws: LeaseLost.self) { try await merger.run() }
      #expect(try await bench.count("t") == 10)
      #expect(try bench.dump() == before)
      #expect(try await bench.count("sluice.undo") == 0)
    }
  }

  @Test("is counted before it takes the place")
  func counted() async throws {
    try await ImportBench.run(Self.table) { bench in
      let (request, table) = try await bench.stagedStraight(7)
      try await bench.connection.execute("DELETE FROM \(table.name) WHERE id = 7")
      let error = await #expect(throws: ImportFailure.self) {
        try await bench.merger(request, helpedBy: bench.connection).run()
      }
      #expect(error?.code == .notConserved)
      #expect(try await bench.count("t") == 10)
    }
  }
}

extension ImportRecord {
  /// Whether its rows went straight into the table that has taken the target's place.
  fileprivate var wasStraight: Bool { plan?.reason.contains("read into a new table") == true }
}

extension StagingTable {
  /// Whether an attempt goes on with what an earlier one has staged.
  fileprivate func isKept(by lease: Lease, on connection: PostgresConnection) async throws -> Bool {
    try await prepare(lease: lease, on: connection) != nil
  }
}

extension ImportBench {
  fileprivate func indexes(of table: String) async throws -> [String] {
    try await rows("SELECT indexname FROM pg_indexes WHERE tablename = '\(table)' ORDER BY 1")
  }

  /// Rows in a table that is to take the place of `public.t`, with their ledger.
  fileprivate func stagedStraight(_ rows: Int) async throws -> (MergeRequest, StagingTable) {
    var request = try await stagedForReplacement(1)
    request.layout = StagingLayout(columns: request.layout.columns, numbersRows: false)
    (request.staged.read, request.staged.ok) = (Int64(rows), Int64(rows))
    let table = try await straightTable(request)
    _ = try await table.prepare(lease: request.lease, on: connection)
    try await connection.execute(
      """
      INSERT INTO \(table.name) SELECT i, 'new ' || i, 1 FROM generate_series(1, \(rows)) i;
      INSERT INTO sluice.chunks (import_id, chunk, first_byte, last_byte, first_row, last_row,
        first_line, last_line, rows_ok, rows_bad, attempt)
      VALUES ('\(table.importID)', 0, 0, 1, 1, \(rows), 2, \(rows + 1), \(rows), 0, 1)
      """)
    return (request, table)
  }

  fileprivate func straightTable(_ request: MergeRequest) async throws -> StagingTable {
    let straight = try await connection.transaction {
      try await StraightReplacement(of: request.target, by: request.lease.importID, on: $0)
    }
    #expect(straight.takes(request.layout))
    return StagingTable(
      importID: request.lease.importID, layout: request.layout,
      standIn: .init(mark: straight.mark, make: { try await straight.make(on: $0) }))
  }
}
