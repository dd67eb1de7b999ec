import ImportModel
import Postgres
import Queue
import TestSupport
import Testing

@Suite("Imports that keep to a scope")
struct ScopeTests {
  private static let table = """
    CREATE TABLE t (store int, id int, a int, code text UNIQUE, PRIMARY KEY (store, id));
    INSERT INTO t VALUES (1, 1, 0, '11'), (2, 1, 0, '21')
    """
  private static let one = ImportScope(column: "store", value: "1")
  private static let two = ImportScope(column: "store", value: "2")
  private static let three = ImportScope(column: "store", value: "3")

  /// Holds an import back in its merge, which changes the first row of store 1.
  private static func hold(_ bench: ImportBench) async throws -> TestDatabaseSession {
    try await .begin(bench, "SELECT FROM t WHERE store = 1 FOR UPDATE")
  }

  private static func rows(_ bench: ImportBench) async throws -> [String] {
    try await bench.rows("SELECT store, id, a FROM t ORDER BY store, id")
  }

  /// Lets an import that is held back merge its rows, and not end: it has its locks for as long as its lease holds.
  private static func end(
    _ id: ImportID, of bench: ImportBench, releasing held: TestDatabaseSession
  ) async throws -> TestDatabaseSession {
    let ending = try await TestDatabaseSession.begin(
      bench, "SELECT FROM sluice.imports WHERE id = '\(id)' FOR UPDATE")
    try await held.commit()
    return ending
  }

  // MARK: Side by side

  @Test(
    "one ends while another one is in its merge",
    arguments: [ImportOptions.Commit.atomic, .batched], [ImportOptions.Mode.upsert, .append])
  func sideBySide(commit: ImportOptions.Commit, mode: ImportOptions.Mode) async throws {
    try await ImportBench.run(Self.table) { bench in
      let held = try await Self.hold(bench)
      let first = try await bench.submit("store,id,a\n1,1,5\n1,2,5\n", scope: Self.one) {
        $0.commit = commit
      }
      let second = try await bench.submit("store,id,a\n2,3,6\n2,4,6\n", scope: Self.two) {
        ($0.commit, $0.mode) = (commit, mode)
      }
      let (one, two) = try await bench.withWorker(concurrency: 2) { _ in
        try await bench.loadWaits()
        let ending = try await Self.end(first, of: bench, releasing: held)
        let two = try await bench.ended(second)
        let states = try await bench.record(first).history.map(\.name)
        #expect(states == [.queued, .parsing, .validated, .loading])
        try await ending.commit()
        return (try await bench.ended(first), two)
      }
      try expectDone(one, read: 2, inserted: 1, updated: 1)
      try expectDone(two, read: 2, inserted: 2)
      #expect(two.history.compactMap(\.reason) == [])
      #expect(one.scope == Self.one)
      #expect(try await Self.rows(bench) == ["1|1|5", "1|2|5", "2|1|0", "2|3|6", "2|4|6"])
    }
  }

  @Test("a dry run is carried out while another scope is in its merge")
  func dryRun() async throws {
    try await ImportBench.run(Self.table) { bench in
      let second = try await bench.submit("store,id,a\n2,1,6\n2,2,6\n1,9,9\n", scope: Self.two) {
        $0.dryRun = true
      }
      try await bench.withWorker(concurrency: 2) { _ in
        let dry = try await bench.ended(second)
        try expectDone(dry, read: 3, bad: 1, inserted: 1, updated: 1)
        let held = try await Self.hold(bench)
        let first = try await bench.submit("store,id,a\n1,1,5\n", scope: Self.one)
        try await bench.loadWaits()
        #expect(try await bench.queue.commit(second) == .queued)
        try await eventually("it is carried out", within: .seconds(60)) {
          let record = try await bench.record(second)
          return record.status == .done && !record.isDryRun
        }
        #expect(!(try await bench.record(first).status.isTerminal))
        try await held.commit()
        try expectDone(try await bench.ended(first), read: 1, updated: 1)
      }
      try expectDone(try await bench.record(second), read: 3, bad: 1, inserted: 1, updated: 1)
      #expect(try await bench.rejects(of: second) == ["3|4|store|scope|1,9,9"])
      #expect(try await Self.rows(bench) == ["1|1|5", "2|1|6", "2|2|6"])
    }
  }

  @Test(
    "others wait: the same scope, all of the target, and whoever has all of it",
    arguments: [("store=1", "store=1"), ("store=1", "all"), ("all", "store=2")] as [(Part, Part)])
  func apart(one: Part, other: Part) async throws {
    try await ImportBench.run(Self.table + "; CREATE TABLE u (id int PRIMARY KEY)") { bench in
      let held = try await Self.hold(bench)
      let first = try await bench.submit("store,id,a\n1,1,5\n", scope: one.scope)
      let store = other.scope?.value ?? "1"
      let (done, last) = try await bench.withWorker(concurrency: 3) { _ in
        try await bench.loadWaits()
        let second = try await bench.submit("store,id,a\n\(store),2,6\n", scope: other.scope)
        // Who has done this one has looked at the one before.
        _ = try await bench.ended(try await bench.submit("id\n1\n", into: "public.u"))
        #expect(try await bench.record(second).status == .queued)
        try await held.commit()
        return (try await bench.ended(first), try await bench.ended(second))
      }
      try expectDone(done, read: 1, updated: 1)
      try expectDone(last, read: 1, inserted: 1)
    }
  }

  @Test(
    "the merge itself shares the target, and has its scope alone",
    arguments: [
      ("pg_advisory_xact_lock_shared((x'51C1'::bigint << 32) | 't'::regclass::oid::bigint)", true),
      ("pg_advisory_xact_lock((x'51C1'::bigint << 32) | 't'::regclass::oid::bigint)", false),
      ("pg_advisory_xact_lock(x'51C1'::int, hashtext('t'::regclass::oid || ' store 2'))", true),
      ("pg_advisory_xact_lock(x'51C1'::int, hashtext('t'::regclass::oid || ' store 1'))", false),
    ])
  func locks(statement: String, passes: Bool) async throws {
    try await ImportBench.run(Self.table) { bench in
      let held = try await TestDatabaseSession.begin(bench, "SELECT \(statement)")
      let id = try await bench.submit("store,id,a\n1,1,5\n", scope: Self.one)
      let done = try await bench.withWorker { _ in
        if !passes { try await bench.loadWaits() }
        if passes { _ = try await bench.ended(id) }
        try await held.commit()
        return try await bench.ended(id)
      }
      try expectDone(done, read: 1, updated: 1)
    }
  }

  @Test("into an empty table, nobody takes it for himself", arguments: [true, false])
  func empty(isScoped: Bool) async throws {
    try await ImportBench.run("CREATE TABLE t (store int, id int, PRIMARY KEY (store, id))") {
      bench in
      let text = "store,id\n" + (0..<20_000).map { "1,\($0)\n" }.joined()
      let id = try await bench.submit(text, scope: isScoped ? Self.one : nil)
      let done = try await bench.withWorker { _ in try await bench.ended(id) }
      try expectDone(done, read: 20_000, inserted: 20_000)
      #expect(done.plan?.name == (isScoped ? "empty" : "load_then_index"))
    }
  }

  // MARK: Rows of others

  private static let mixed = "store,id,a\n1,1,5\n2,1,7\n01,2,5\n3,9,x\n2,2,7\n"

  @Test(
    "rows of other scopes are rejects, in any mode",
    arguments: [ImportOptions.Mode.upsert, .insert, .append],
    [ImportOptions.Commit.atomic, .batched])
  func rejects(mode: ImportOptions.Mode, commit: ImportOptions.Commit) async throws {
    try await ImportBench.run("CREATE TABLE t (store int, id int, a int, UNIQUE (store, id))") {
      bench in
      let id = try await bench.submit(Self.mixed + ",3,7\n", scope: Self.one) {
        ($0.mode, $0.commit) = (mode, commit)
        if mode != .append { $0.key = ["store", "id"] }
      }
      let done = try await bench.withWorker { _ in try await bench.ended(id) }
      try expectDone(done, read: 6, bad: 4, inserted: 2)
      #expect(
        try await bench.rejects(of: id) == [
          "2|3|store|scope|2,1,7", "4|5|a|type|3,9,x", "5|6|store|scope|2,2,7",
          "6|7|store|scope|,3,7",
        ])
      #expect(
        try await bench.rows(
          "SELECT value, message FROM sluice.rejects WHERE code = 'scope' ORDER BY row") == [
            #"2|"store" is '2', and the import keeps to '1'"#,
            #"2|"store" is '2', and the import keeps to '1'"#,
            #"|"store" is NULL, and the import keeps to '1'"#,
          ])
      #expect(try await Self.rows(bench) == ["1|1|5", "1|2|5"])
      try await bench.connection.execute("DROP TABLE t")
    }
  }

  @Test(
    "they count: more than may be, and nothing goes in",
    arguments: [
      { $0.onError = .abort }, { $0.maxRejects = 2 }, { $0.maxRejectRatio = 0.5 },
    ] as [@Sendable (inout ImportOptions) -> Void])
  func tooMany(_ change: @Sendable (inout ImportOptions) -> Void) async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.submit(
        "store,id,a\n1,1,5\n2,1,7\n2,2,7\n2,3,7\n", scope: Self.one, change)
      let failed = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(failed.failure?.code == .tooManyRejects)
      #expect(failed.counts.bad == 3)
      #expect(try await bench.rejects(of: id).count == 3)
      #expect(try await Self.rows(bench) == ["1|1|0", "2|1|0"])
    }
  }

  @Test("the report is bounded, the counts are not")
  func bounded() async throws {
    try await ImportBench.run(Self.table) { bench in
      let rows = (0..<30_000).map { "\(1 + $0 % 2),\($0),1\n" }.joined()
      let id = try await bench.submit("store,id,a\n" + rows, scope: Self.one)
      try await bench.connection.execute(
        """
        INSERT INTO sluice.reject_lists (import_id, row_limit, byte_limit)
        VALUES ('\(id)', 12000, 100000000)
        """)
      let done = try await bench.withWorker { _ in try await bench.ended(id) }
      try expectDone(done, read: 30_000, bad: 15_000, inserted: 15_000)
      let list = try await bench.rows(
        "SELECT rows_listed + rows_omitted FROM sluice.reject_lists WHERE import_id = '\(id)'")
      #expect(list == ["15000"])
    }
  }

  // MARK: Beside others

  @Test("an import is taken back, and what other scopes have brought stays")
  func undo() async throws {
    try await ImportBench.run(Self.table) { bench in
      try await bench.withWorker { _ in
        let first = try await bench.submit("store,id,a\n1,1,5\n1,2,5\n", scope: Self.one)
        let second = try await bench.submit("store,id,a\n2,1,6\n2,2,6\n", scope: Self.two)
        try expectDone(try await bench.ended(first), read: 2, inserted: 1, updated: 1)
        try expectDone(try await bench.ended(second), read: 2, inserted: 1, updated: 1)
        #expect(try await bench.queue.requestUndo(first) == .requested)
        try await eventually("it is taken back", within: .seconds(60)) {
          try await bench.record(first).status == .undone
        }
      }
      #expect(try await Self.rows(bench) == ["1|1|0", "2|1|6", "2|2|6"])
    }
  }

  @Test("a value that another scope has taken meanwhile is a reject, as one of any writer")
  func collision() async throws {
    try await ImportBench.run(Self.table) { bench in
      let held = try await Self.hold(bench)
      let first = try await bench.submit("store,id,a,code\n1,1,5,11\n1,2,5,x\n", scope: Self.one)
      try await bench.withWorker(concurrency: 2) { _ in
        try await bench.loadWaits()
        // It cannot end, but gets as far as that.
        let ending = try await Self.end(first, of: bench, releasing: held)
        try await eventually("the row is inserted", within: .seconds(60)) {
          try await bench.count(
            """
            pg_stat_activity WHERE datname = current_database() AND state = 'active'
               AND wait_event_type = 'Lock' AND query LIKE '%UPDATE sluice.imports%'
            """) > 0
        }
        let second = try await bench.submit(
          "store,id,a,code\n2,1,6,21\n2,2,6,x\n2,3,6,y\n", scope: Self.two)
        try await bench.loadWaits()
        try await ending.commit()
        try expectDone(try await bench.ended(first), read: 2, inserted: 1, updated: 1)
        try expectDone(try await bench.ended(second), read: 3, bad: 1, inserted: 1, updated: 1)
        #expect(try await bench.rejects(of: second) == ["2|3|code|unique|2,2,6,x"])
      }
    }
  }

  @Test("two scopes that wait for each other: one is tried again, and finds what the other has")
  func deadlock() async throws {
    let gate = """
      ; TRUNCATE t;
      CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.id = 2 THEN PERFORM pg_advisory_xact_lock_shared(7); END IF; RETURN NEW; END $$;
      CREATE TRIGGER pass BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION pass()
      """
    try await ImportBench.run(Self.table + gate) { bench in
      let held = try await TestDatabaseSession.begin(bench, "SELECT pg_advisory_xact_lock(7)")
      let ids = [
        try await bench.submit("store,id,a,code\n1,1,5,x\n1,2,5,y\n", scope: Self.one),
        try await bench.submit("store,id,a,code\n2,1,6,y\n2,2,6,x\n", scope: Self.two),
      ]
      try await bench.withWorker(concurrency: 2) { _ in
        try await eventually("both wait", within: .seconds(60)) {
          try await TestDatabaseSession.countWaiting(for: "advisory", bench) == 2
        }
        try await held.commit()
        var records: [ImportRecord] = []
        for id in ids { records.append(try await bench.ended(id)) }
        #expect(records.map(\.status) == [.done, .done])
        #expect(records.map(\.counts.inserted).sorted() == [0, 2])
        #expect(records.map(\.counts.bad).sorted() == [0, 2])
        try await eventually("Postgres has counted it", within: .seconds(30)) {
          try await bench.count(
            "pg_stat_database WHERE datname = current_database() AND deadlocks > 0") == 1
        }
        #expect(records.map(\.attempt) == [1, 1])
        let loser = try #require(records.first { $0.counts.bad == 2 })
        #expect(
          try await bench.rejects(of: loser.id).map { $0.split(separator: "|")[3] } == [
            "unique", "unique",
          ])
      }
    }
  }
}
