import ImportModel
import Postgres
import Queue
import TestSupport
import Testing

@Suite("An import by batches")
struct BatchedImportTests {
  private static let table = "CREATE TABLE public.t (id integer PRIMARY KEY, v text)"

  @Test(
    "goes in piece by piece, each with its entry, and leaves what one transaction leaves",
    arguments: [
      (ImportOptions.Mode.upsert, ImportOptions.Duplicates.last), (.upsert, .first),
      (.upsert, .reject), (.insert, .last), (.append, .last),
    ])
  func likeAtomic(mode: ImportOptions.Mode, duplicates: ImportOptions.Duplicates) async throws {
    try await ImportBench.run(
      """
      CREATE TABLE public.one (id integer UNIQUE, v text UNIQUE, w integer DEFAULT 7 CHECK (id <> 1300));
      INSERT INTO public.one SELECT n * 4, CASE WHEN n % 2 = 0 THEN 'old ' || n
        ELSE 'value ' || n * 4 || repeat('.', 20 + n * 4 * 37 % 140) END FROM generate_series(1, 100) n;
      CREATE TABLE public.t (LIKE public.one INCLUDING ALL);
      INSERT INTO public.t SELECT * FROM public.one
      """
    ) { bench in
      let text =
        ImportBench.longRows(1...1500) + "x,bad\n" + "17,again\n" + "1499,again 2\n18,again\n"
      let change: @Sendable (inout ImportOptions) -> Void = {
        $0.mode = mode
        $0.duplicates = duplicates
        $0.key = mode == .append ? nil : ["id"]
      }
      let one = try await bench.submit(
        text, into: "public.one", key: mode == .append ? [] : ["id"], change)
      let atomic = try await bench.withWorker { _ in try await bench.ended(one) }
      try #require(atomic.status == .done, "\(String(describing: atomic.failure))")
      let batched = try await bench.finishBatched(try await bench.submitBatched(text, change))
      try #require(batched.status == .done, "\(String(describing: batched.failure))")
      #expect(batched.counts == atomic.counts)
      #expect(try await bench.content() == (try await bench.content("public.one")))
      #expect(try await bench.rejects(of: batched.id) == (try await bench.rejects(of: one)))
      #expect(try await bench.merged(of: batched.id) == batched.counts.shownMerge)
      let ledger = try await bench.batches(of: batched.id)
      #expect(ledger.count > 8)
      #expect(batched.batches?.count == Int64(ledger.count))
      #expect(
        try await bench.count(
          """
          (SELECT first_row - lag(last_row, 1, 0) OVER (ORDER BY batch) AS gap FROM sluice.batches
            WHERE import_id = '\(batched.id)') g WHERE gap <> 1
          """) == 0)
      #expect(try await bench.count("pg_class WHERE relname ~ '^(staging|batch)_'") == 0)
      #expect(batched.history.map(\.name) == atomic.history.map(\.name))
    }
  }

  @Test("may have no row at all, or all of them bad", arguments: ["id,v\n", "id,v\nx,1\ny,2\n"])
  func empty(text: String) async throws {
    try await ImportBench.run(Self.table) { bench in
      let done = try await bench.finishBatched(try await bench.submitBatched(text))
      #expect(done.status == .done)
      #expect(done.counts.isConserved)
      #expect(done.batches == nil)
      #expect(try await bench.count("pg_class WHERE relname ~ '^undo_.{32}_'") == 0)
    }
  }

  @Test(
    "that was stopped goes on behind the batches that are in, and does nothing twice",
    arguments: [ImportOptions.Mode.upsert, .append])
  func stopped(mode: ImportOptions.Mode) async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.submitBatched(ImportBench.longRows(1...2000)) { $0.mode = mode }
      try await bench.stopInside(1200, id)
      let (half, kept) = (try await bench.record(id), try await bench.batches(of: id))
      #expect(half.counts.inserted == Int64(try await bench.count("public.t")))
      #expect((600..<1200).contains(half.counts.inserted))
      #expect(half.batches?.lastRow == half.counts.inserted)
      let done = try await bench.finishBatched(id)
      try expectDone(done, read: 2000, inserted: 2000)
      #expect(Array(try await bench.batches(of: id).prefix(kept.count)) == kept)
      #expect(try await bench.merged(of: id) == "2000|0|0")
      #expect(try await bench.count("(SELECT DISTINCT id FROM public.t) t") == 2000)
      #expect(try await bench.count("public.t") == 2000)
    }
  }

  @Test("whose lease passed on in a batch leaves nothing of that batch")
  func fenced() async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.submitBatched(ImportBench.longRows(1...2000))
      try await bench.whileInside(1200) { other in
        let before = try await bench.batches(of: id)
        // As another worker would, but before this one can.
        let lease = Lease(importID: id, id: "6b1f0c52-6f2b-4c8e-9d0a-5f6f3e0c9a11")
        _ = try await bench.connection.query(
          """
          UPDATE sluice.imports SET lease_id = $1::uuid, attempt = attempt + 1,
                 lease_expires_at = clock_timestamp() + interval '1 hour'
          """, [.text(lease.id)])
        try await other.rollback()
        try await eventually("the former worker has given up", within: .seconds(240)) {
          try await bench.count(
            "pg_stat_activity WHERE application_name LIKE 'sluice import%'"
              + " AND datname = current_database()") == 0
        }
        #expect(try await bench.batches(of: id) == before)
        #expect(try await bench.count("public.t WHERE id >= 1200") == 0)
        try await bench.queue.release(lease, after: .zero, countsAsAttempt: true)
        try expectDone(try await bench.ended(id, within: .seconds(240)), read: 2000, inserted: 2000)
        #expect(Array(try await bench.batches(of: id).prefix(before.count)) == before)
      }
    }
  }

  @Test("that makes headway has attempts as often as it needs them")
  func attempts() async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.submitBatched(ImportBench.longRows(1...2000))
      try await bench.stopInside(1200, id)
      try await bench.connection.execute(
        "UPDATE sluice.imports SET attempt = 50, attempts_excused = 46")
      try expectDone(try await bench.finishBatched(id), read: 2000, inserted: 2000)
      #expect(
        try await bench.rows("SELECT attempt, attempts_excused FROM sluice.imports") == ["51|51"])
    }
  }

  @Test("lets others write what is in while it goes on")
  func others() async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.submitBatched(ImportBench.longRows(1...2000))
      try await bench.whileInside(1200) { other in
        try await bench.connection.execute(
          "SET lock_timeout = '2s'; UPDATE public.t SET v = 'mine' WHERE id = 1")
        #expect(try await bench.record(id).status == .loading)
        try await other.rollback()
        try expectDone(try await bench.ended(id, within: .seconds(240)), read: 2000, inserted: 2000)
      }
      #expect(try await bench.rows("SELECT v FROM public.t WHERE id = 1") == ["mine"])
      // The undo leaves what somebody else has changed since.
      let undone = try await bench.undo(id)
      #expect((undone.status, undone.undo.deleted, undone.undo.left) == (.undone, 1999, 1))
    }
  }

  @Test("that is called off says what is in, and can be taken back")
  func cancelled() async throws {
    try await ImportBench.run(
      Self.table + "; INSERT INTO public.t SELECT n, 'old' FROM generate_series(2, 100) n"
    ) { bench in
      let before = try await bench.content()
      let id = try await bench.submitBatched(ImportBench.longRows(1...2000) + "x,y\n")
      try await bench.whileInside(1200) { other in
        #expect(try await bench.queue.cancel(id) == true)
        _ = try await bench.ended(id, within: .seconds(240))
        try await other.rollback()
      }
      let cancelled = try await bench.record(id)
      #expect(cancelled.status == .cancelled)
      #expect(try await bench.merged(of: id) == cancelled.counts.shownMerge)
      #expect(
        (cancelled.counts.read, cancelled.counts.bad, cancelled.counts.updated) == (2001, 1, 99))
      #expect(try await bench.count("public.t") == Int(cancelled.counts.inserted) + 99)
      #expect(cancelled.undo.available)
      let undone = try await bench.undo(id)
      #expect(undone.status == .undone)
      #expect(undone.undo.left == 0)
      #expect(try await bench.content() == before)
    }
  }

  @Test("is taken back as a whole")
  func undone() async throws {
    try await ImportBench.run(
      Self.table + "; INSERT INTO public.t SELECT n, 'old' FROM generate_series(500, 900) n"
    ) { bench in
      let before = try await bench.content()
      let id = try await bench.submitBatched(ImportBench.longRows(1...1500))
      try expectDone(
        try await bench.finishBatched(id), read: 1500, inserted: 1500 - 401, updated: 401)
      #expect(try await bench.undo(id).status == .undone)
      #expect(try await bench.content() == before)
    }
  }

  @Test("carries a dry run out")
  func dryRun() async throws {
    try await ImportBench.run(Self.table) { bench in
      let text = ImportBench.longRows(1...1500) + "1,other\nx,y\n"
      let id = try await bench.submitBatched(text) { $0.dryRun = true }
      let dry = try await bench.finishBatched(id)
      #expect(dry.status == .done)
      #expect(try await bench.count("public.t") == 0)
      #expect(dry.batches == nil)
      #expect(try await bench.queue.commit(id) == .queued)
      let done = try await bench.finishBatched(id)
      try expectDone(done, read: 1502, bad: 1, skipped: 1, inserted: 1500)
      #expect((done.batches?.count ?? 0) > 8)
      #expect(done.warnings.isEmpty)
    }
  }
}
