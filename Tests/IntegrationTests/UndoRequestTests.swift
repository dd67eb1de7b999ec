import ImportModel
import Merging
import Postgres
import Queue
import Telemetry
import TestSupport
import Testing
import Worker

@Suite("Asking for an undo")
struct UndoRequestTests {
  private static let table = """
    CREATE TABLE public.t (id integer PRIMARY KEY, v text);
    INSERT INTO public.t VALUES (1, 'old')
    """
  private static let change = "UPDATE public.t SET v = 'x'; INSERT INTO public.t VALUES (2, 'y')"
  private static let images = "pg_class WHERE relname ~ '^undo_[0-9a-f]{32}_'"

  @Test("many times at once makes one undo, and asking again changes nothing")
  func once() async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.imported(Self.change)
      let answers = try await withThrowingTaskGroup(of: ImportQueue.UndoAnswer.self) { group in
        for _ in 0..<6 { group.addTask { try await bench.queue.requestUndo(id) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers == Array(repeating: .requested, count: 6))
      #expect(try await bench.record(id).undo.isRequested)
      #expect(try await bench.record(id).undo.available == false)
      let record = try await bench.withWorker { _ in try await bench.undoEnded(id) }
      #expect(record.history.filter { $0.name == .undone }.count == 1)
      #expect(try await bench.queue.requestUndo(id) == .undone)
      var again = try await bench.record(id)
      again.asOf = record.asOf
      #expect(again == record)
      #expect(try await bench.queue.claim(worker: "w", leaseSeconds: 30) == nil)
    }
  }

  @Test(
    "is refused, with the reason, where there is nothing to take back",
    arguments: [
      ("status = 'queued', finished_at = NULL", "not ended"),
      (
        """
        status = 'loading', finished_at = NULL, lease_id = gen_random_uuid(),
        lease_expires_at = now() + interval '1 hour'
        """, "not ended"
      ),
      ("options = options || '{\"dry_run\": true}'", "dry run"),
      ("status = 'failed'", "failed"), ("status = 'cancelled'", "cancelled"),
      ("worker = 'a'", "no row"),
      ("rows_read = 1, rows_inserted = 1", "no images"),
    ])
  func unavailable(change: String, reason: String) async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.imported("SELECT")
      try await bench.connection.execute(
        "DELETE FROM sluice.undo; UPDATE sluice.imports SET \(change)")
      guard case .unavailable(let found, let hint) = try await bench.queue.requestUndo(id) else {
        throw ImportBenchError("it is not refused")
      }
      #expect(found.contains(reason) && !hint.isEmpty)
      #expect(try await bench.count("sluice.imports WHERE undo_requested") == 0)
      #expect(try await bench.queue.requestUndo(ImportID()) == .unknown)
    }
  }

  @Test(
    "waits its turn: one piece of work a target, by priority and age, and no state changes before")
  func turns() async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.imported(Self.change)
      let running = try await bench.submit("id,v\n5,a\n", into: "public.t")
      let first = try await bench.claim()
      #expect(first.lease.importID == running)
      #expect(try await bench.queue.requestUndo(id) == .requested)
      #expect(try await bench.queue.claim(worker: "w", leaseSeconds: 30) == nil)
      try await bench.queue.end(
        first.lease, as: .failed, failure: nil, counts: RowCounts(), bytes: 0)
      _ = try await bench.submit("id,v\n6,a\n", into: "public.t")
      let claimed = try await bench.claim()
      #expect(claimed.lease.importID == id)
      guard case .undoing = claimed.work else { throw ImportBenchError("it is no undo") }
      #expect(claimed.attempt == 1)
      let record = try await bench.record(id)
      #expect((record.status, record.attempt) == (.done, 0))
      #expect(record.history.map(\.name) == [.queued, .done])
      #expect(try await bench.queue.cancel(id) == false)
      #expect(try await bench.queue.claim(worker: "w", leaseSeconds: 30) == nil)
      // Another worker takes over when the lease has expired; the first one can write nothing more.
      try await bench.connection.execute(
        "UPDATE sluice.imports SET lease_expires_at = now() WHERE id = '\(id)'")
      let next = try await bench.claim()
      #expect(next.lease.importID == id && next.attempt == 2)
      await #expect(throws: LeaseLost.self) {
        try await bench.queue.failUndo(claimed.lease, because: ImportFailure(.database, "no"))
      }
      try await bench.queue.releaseUndo(claimed.lease, after: .zero, countsAsAttempt: true)
      #expect(try await bench.queue.heartbeat(next.lease, seconds: 30) == .held)
      try await bench.queue.releaseUndo(next.lease, after: .seconds(3600), countsAsAttempt: false)
      #expect(try await bench.count("sluice.imports WHERE id = '\(id)' AND undo_attempt = 1") == 1)
      #expect(try await bench.record(id).undo.isRequested)
      #expect(try await bench.claim().lease.importID != id)
    }
  }

  @Test("a cancelled import of which something is in can be taken back as well")
  func cancelled() async throws {
    try await ImportBench.run(Self.table) { bench in
      let before = try await bench.content()
      let id = try await bench.imported(Self.change)
      try await bench.connection.execute(
        "UPDATE sluice.imports SET status = 'cancelled', cancel_requested = true")
      #expect(try await bench.undo(id).status == .undone)
      #expect(try await bench.content() == before)
    }
  }

  @Test(
    "fails where the target is not what it was, changes nothing, and can be asked for again",
    arguments: [
      ("ALTER TABLE public.t DROP COLUMN v", "has no column v"),
      ("ALTER TABLE public.t ALTER v TYPE bytea USING v::bytea", "column v"),
      ("ALTER TABLE public.t ALTER id TYPE bigint", "column id"),
      ("DROP TABLE public.t", "not there"),
      ("ALTER TABLE public.t RENAME TO u; CREATE TABLE public.t (LIKE public.u)", "another table"),
    ])
  func targetChanged(script: String, message: String) async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.imported(Self.change)
      try await bench.connection.execute(script)
      let record = try await bench.undo(id)
      #expect(record.status == .done)
      #expect(record.undo.failure?.code == .targetChanged)
      #expect(record.undo.failure?.message.contains(message) == true)
      #expect(record.undo.available)
      #expect(try await bench.queue.requestUndo(id) == .requested)
      #expect(try await bench.record(id).undo.failure == nil)
    }
  }

  @Test("goes by digests where the target was restored from a dump, and columns were added")
  func restored() async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.imported(Self.change)
      try await bench.connection.execute(
        """
        CREATE TABLE public.s AS TABLE public.t; DROP TABLE public.t; ALTER TABLE public.s RENAME TO t;
        ALTER TABLE public.t ADD PRIMARY KEY (id), ADD w integer DEFAULT 5;
        INSERT INTO public.t VALUES (3, 'z', 7)
        """)
      try await bench.connection.execute("VACUUM FULL public.t")
      let other = try await bench.imported("INSERT INTO public.t VALUES (4, 'x', 8)")
      try await bench.connection.execute(
        "ALTER TABLE public.t ADD x bigserial, ADD y text; UPDATE public.t SET y = 'mine' WHERE id = 4"
      )
      #expect(try await bench.undo(id).undo.left == 0)
      #expect(try await bench.content() == ["(1,old,5,1,)", "(3,z,7,3,)", "(4,x,8,4,mine)"])
      #expect(try await bench.undo(other).undo.left == 1)
      #expect(
        try await bench.left(of: other) == [#"{"id": "4"}|changed|the row was changed since"#])
    }
  }

  @Test(
    "a statement that fails without rows fails the undo: a right that is missing",
    arguments: ["DELETE", "UPDATE"])
  func rights(missing: String) async throws {
    let others = ["SELECT", "INSERT", "UPDATE", "DELETE"].filter { $0 != missing }
    try await RoleBench.run(
      Self.table, grants: "GRANT \(others.joined(separator: ", ")) ON public.t TO %"
    ) { bench in
      let id = try await bench.imported(Self.change)
      try await bench.connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA sluice TO PUBLIC")
      let before = try await bench.content()
      let record = try await bench.undo(id)
      #expect(record.status == .done)
      #expect(record.undo.failure?.message.contains("permission denied") == true)
      #expect(try await bench.content() == before)
    }
  }

  @Test(
    "what is changed while the undo waits for it is left, and so is what begins to be referred to")
  func meanwhile() async throws {
    let tables =
      Self.table + "; CREATE TABLE public.o (t integer REFERENCES public.t ON DELETE CASCADE)"
    for script in [
      "UPDATE public.t SET v = 'mine' WHERE id = 2", "INSERT INTO public.o VALUES (2)",
    ] {
      try await ImportBench.run(tables) { bench in
        let id = try await bench.imported(Self.change)
        let other = try await TestDatabaseSession.begin(bench, script)
        #expect(try await bench.queue.requestUndo(id) == .requested)
        let record = try await bench.withWorker { _ in
          try await other.commitWhenAwaited()
          return try await bench.undoEnded(id)
        }
        #expect((record.undo.deleted, record.undo.restored, record.undo.left) == (0, 1, 1))
        #expect(try await bench.count("public.t WHERE id = 2") == 1)
        #expect(try await bench.count("public.o") == (script.hasPrefix("INSERT") ? 1 : 0))
      }
    }
  }

  @Test("a worker that lost its lease takes nothing back, and another one does")
  func lateUndo() async throws {
    try await ImportBench.run(Self.table) { bench in
      let before = try await bench.content()
      let id = try await bench.imported(Self.change)
      let after = try await bench.content()
      let blocker = try await TestDatabase.connect(bench.database)
      try await blocker.execute("BEGIN; LOCK TABLE public.t IN EXCLUSIVE MODE")
      #expect(try await bench.queue.requestUndo(id) == .requested)
      try await bench.withWorker { _ in
        try await eventually("it waits for the lock") {
          try await bench.count("pg_locks WHERE NOT granted AND relation = 'public.t'::regclass")
            > 0
        }
        // As if another worker had claimed it, and not begun yet.
        try await bench.connection.execute("UPDATE sluice.imports SET lease_id = gen_random_uuid()")
        try await blocker.execute("ROLLBACK")
        try await eventually("the undo has ended") {
          try await bench.count(
            """
            pg_stat_activity WHERE application_name LIKE 'sluice import%'
               AND datname = current_database()
            """) == 0
        }
      }
      await blocker.close()
      #expect(try await bench.content() == after)
      #expect(try await bench.record(id).status == .done)
      try await bench.connection.execute(
        "UPDATE sluice.imports SET lease_expires_at = now() - interval '1 s'")
      let record = try await bench.withWorker { _ in try await bench.undoEnded(id) }
      #expect(record.status == .undone)
      #expect(try await bench.content() == before)
    }
  }

  @Test(
    "waits for locks end by themselves: it is handed back, and done later",
    arguments: [
      // A limit of the database, and the usual one.
      ("LOCK TABLE public.t IN EXCLUSIVE MODE", "100"),
      (
        "SELECT pg_advisory_xact_lock((x'51C1'::bigint << 32) | 'public.t'::regclass::oid::bigint)",
        "0"
      ),
    ])
  func lockTimeout(lock: String, limit: String) async throws {
    try await ImportBench.run(Self.table) { bench in
      try await bench.connection.execute(
        """
        DO $$ BEGIN
          EXECUTE format('ALTER DATABASE %I SET lock_timeout = \(limit)', current_database());
        END $$
        """)
      let id = try await bench.imported(Self.change)
      let blocker = try await TestDatabase.connect(bench.database)
      try await blocker.execute("BEGIN; \(lock)")
      #expect(try await bench.queue.requestUndo(id) == .requested)
      let record = try await bench.withWorker { _ in
        try await eventually("it is handed back", within: .seconds(60)) {
          try await bench.record(id).undo.failure?.message.contains("55P03") == true
        }
        #expect(try await bench.record(id).undo.isRequested)
        try await blocker.execute("ROLLBACK")
        try await bench.connection.execute("UPDATE sluice.imports SET available_at = now()")
        return try await bench.undoEnded(id)
      }
      await blocker.close()
      #expect(record.status == .undone && record.undo.failure == nil)
    }
  }

  @Test("one whose workers died again and again is given up, and the import stays done")
  func exhausted() async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.imported(Self.change)
      #expect(try await bench.queue.requestUndo(id) == .requested)
      try await bench.connection.execute("UPDATE sluice.imports SET undo_attempt = 5")
      let record = try await bench.withWorker { _ in try await bench.undoEnded(id) }
      #expect(record.status == .done)
      #expect(record.undo.failure?.code == .attemptsExhausted)
    }
  }

  // MARK: The janitor

  @Test("is over when its time is: images go, unless an undo is on its way")
  func expiry() async throws {
    try await ImportBench.run(Self.table) { bench in
      let young = try await bench.imported("INSERT INTO public.t VALUES (5, 'a')")
      let old = try await bench.imported("INSERT INTO public.t VALUES (6, 'a')")
      let asked = try await bench.imported("INSERT INTO public.t VALUES (7, 'a')")
      #expect(try await bench.queue.requestUndo(asked) == .requested)
      try await bench.connection.execute(
        "UPDATE sluice.undo SET expires_at = now() WHERE import_id <> '\(young)'")
      guard case .unavailable(let reason, _) = try await bench.queue.requestUndo(old) else {
        throw ImportBenchError("it is not over")
      }
      #expect(reason.contains("is over"))
      #expect(try await bench.record(old).undo.available == false)
      try await bench.janitor().sweep()
      #expect(
        try await bench.rows("SELECT import_id FROM sluice.undo ORDER BY 1")
          == [young.description, asked.description])
      #expect(try await bench.count(Self.images) == 4)
      let record = try await bench.withWorker { _ in try await bench.undoEnded(asked) }
      #expect(record.status == .undone)
      try await bench.janitor().sweep()
      // What came of it is told as long as the import is known.
      #expect(try await bench.record(asked).undo.deleted == 1)
    }
  }

  @Test("leaves no tables behind when its import goes")
  func retention() async throws {
    try await ImportBench.run(Self.table) { bench in
      let gone = try await bench.imported("INSERT INTO public.t VALUES (5, 'a')")
      let kept = try await bench.imported("INSERT INTO public.t VALUES (6, 'a')")
      #expect(try await bench.queue.requestUndo(kept) == .requested)
      try await bench.connection.execute(
        "UPDATE sluice.imports SET finished_at = now() - interval '2 days'")
      try await bench.janitor().sweep()
      #expect(try await bench.rows("SELECT id FROM sluice.imports") == [kept.description])
      #expect(try await bench.count("\(Self.images) AND relname LIKE '%\(gone.digits)%'") == 0)
      #expect(try await bench.count(Self.images) == 2)
    }
  }
}
