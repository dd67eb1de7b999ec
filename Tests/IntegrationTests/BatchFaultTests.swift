import ImportModel
import Postgres
import TestSupport
import Testing

/// What goes wrong on the way, and what is lost and read again.
@Suite("Batches and faults")
struct BatchFaultTests {
  private static let table = "CREATE TABLE public.t (id integer PRIMARY KEY, v text)"

  /// Refuses rows only when they are written: no set can tell.
  private static func refusing(_ condition: String) -> String {
    """
    ;CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF \(condition) THEN RAISE 'not %', NEW.id; END IF; RETURN NEW; END $$;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION refuse();
    """
  }

  @Test("rows that only the writing refuses cost no other row of their batch")
  func late() async throws {
    try await ImportBench.run(Self.table + Self.refusing("NEW.id IN (1, 777, 778, 1999)")) {
      bench in
      let id = try await bench.submitBatched(ImportBench.longRows(1...2000))
      try expectDone(try await bench.finishBatched(id), read: 2000, bad: 4, inserted: 1996)
      #expect(try await bench.rejectedRows(of: id) == ["1", "777", "778", "1999"])
      #expect(
        try await bench.rows("SELECT sum(rows_bad) FROM sluice.batches") == ["4"])
    }
  }

  @Test("with more late rejects than may be, it fails, says what is in, and can be taken back")
  func tooMany() async throws {
    try await ImportBench.run(Self.table + Self.refusing("NEW.id > 1500 OR NEW.id = 5")) { bench in
      let id = try await bench.submitBatched(ImportBench.longRows(1...2000)) { $0.maxRejects = 3 }
      let failed = try await bench.finishBatched(id)
      #expect(failed.status == .failed)
      #expect(failed.failure?.code == .tooManyRejects)
      #expect(failed.counts.bad == 4)
      #expect(try await bench.rejectedRows(of: id).count == 4)
      #expect((1000..<1500).contains(failed.counts.inserted))
      #expect(try await bench.count("public.t") == Int(failed.counts.inserted))
      #expect(failed.undo.available)
      #expect(try await bench.undo(id).status == .undone)
      #expect(try await bench.count("public.t") == 0)
    }
  }

  @Test("a failure before the first batch leaves nothing to take back")
  func tooManyAtOnce() async throws {
    try await ImportBench.run(Self.table + Self.refusing("NEW.id < 10")) { bench in
      let id = try await bench.submitBatched(ImportBench.longRows(1...2000)) { $0.maxRejects = 3 }
      let failed = try await bench.finishBatched(id)
      #expect(failed.status == .failed)
      #expect(!failed.undo.available)
      #expect(failed.batches == nil)
      #expect(try await bench.count("pg_class WHERE relname ~ '^undo_.{32}_'") == 0)
    }
  }

  private static let tree = """
    CREATE TABLE public.t (id integer PRIMARY KEY, v text, p integer REFERENCES public.t)
    """

  /// Five of 2,000 rows refer to the last one.
  private static let rowsOfTree = (1...2000).reduce(into: "id,v,p\n") {
    $0 += "\($1),\(String(repeating: ".", count: 90)),\($1 % 400 == 1 ? "2000" : "")\n"
  }

  @Test("rows that refer to later ones wait for them, across batches and across workers")
  func waiting() async throws {
    try await ImportBench.run(Self.tree) { bench in
      let id = try await bench.submitBatched(Self.rowsOfTree + "2001,x,1\n")
      try await bench.stopInside(1450, id)
      #expect(
        try await bench.rows(
          "SELECT waiting FROM sluice.batches ORDER BY batch DESC LIMIT 1") == ["{1,401,801,1201}"])
      let done = try await bench.finishBatched(id)
      try expectDone(done, read: 2001, inserted: 2001)
      #expect(try await bench.count("public.t WHERE p = 2000") == 5)
      #expect(try await bench.merged(of: id) == "2001|0|0")
      #expect(done.batches?.count == Int64(try await bench.batches(of: id).count))
    }
  }

  @Test(
    "what Postgres loses in a crash is staged again, and rows that are in are not merged again",
    arguments: [
      (ImportOptions.Mode.upsert, ImportOptions.Duplicates.last), (.upsert, .first),
      (.upsert, .reject), (.append, .last),
    ])
  func crashed(mode: ImportOptions.Mode, duplicates: ImportOptions.Duplicates) async throws {
    let tables = """
      CREATE TABLE public.r (id integer PRIMARY KEY); INSERT INTO public.r SELECT generate_series(1, 3000);
      DELETE FROM public.r WHERE id IN (300, 1700);
      CREATE TABLE public.t (id integer PRIMARY KEY REFERENCES public.r, v text);
      CREATE TABLE public.one (id integer PRIMARY KEY REFERENCES public.r, v text);
      """
    try await ImportBench.run(
      tables + Self.refusing("NEW.id IN (301, 1701)")
        + "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON one FOR EACH ROW"
        + " EXECUTE FUNCTION refuse();"
    ) { bench in
      let text =
        "id,v\nx,first\n3,early\n" + String(ImportBench.longRows(1...2000).dropFirst(5))
        + "7,late\n1999,late\nx,last\n"
      let change: @Sendable (inout ImportOptions) -> Void = {
        $0.mode = mode
        $0.duplicates = duplicates
      }
      let one = try await bench.submit(
        text, into: "public.one", key: mode == .append ? [] : ["id"], change)
      let atomic = try await bench.withWorker { _ in try await bench.ended(one) }
      try #require(atomic.status == .done, "\(String(describing: atomic.failure))")
      let id = try await bench.submitBatched(text, change)
      try await bench.stopInside(1200, id)
      let (ledger, listed) = (try await bench.batches(of: id), try await Self.settled(bench, id))
      #expect(listed.count >= 3)
      // What was rejected stays rejected, although it would pass now.
      try await bench.connection.execute("INSERT INTO public.r VALUES (300)")
      try await bench.loseUnlogged(of: id)
      let done = try await bench.finishBatched(id)
      try #require(done.status == .done, "\(String(describing: done.failure))")
      #expect(done.counts == atomic.counts)
      #expect(try await bench.content() == (try await bench.content("public.one")))
      #expect(try await bench.rejects(of: id) == (try await bench.rejects(of: one)))
      #expect(Array(try await bench.batches(of: id).prefix(ledger.count)) == ledger)
      #expect(try await Self.settled(bench, id).starts(with: listed))
      #expect(
        try await bench.rows(
          """
          SELECT rows_listed - (SELECT count(DISTINCT row) FROM sluice.rejects r
                                 WHERE r.import_id = l.import_id), rows_omitted
            FROM sluice.reject_lists l WHERE import_id = '\(id)'
          """) == ["0|0"])
    }
  }

  /// The rejects of rows that batches have settled, as they were written.
  private static func settled(_ bench: ImportBench, _ id: ImportID) async throws -> [String] {
    try await bench.rows(
      """
      SELECT row, xmin FROM sluice.rejects WHERE import_id = $1::uuid AND row <= (
        SELECT max(last_row) FROM sluice.batches WHERE import_id = $1::uuid AND last_row < 1300)
       ORDER BY row, ordinal
      """, [.text(id.description)])
  }

  @Test("a crash while rows wait loses none of them")
  func crashedWaiting() async throws {
    try await ImportBench.run(Self.tree) { bench in
      let id = try await bench.submitBatched(Self.rowsOfTree)
      try await bench.stopInside(1450, id)
      try await bench.loseUnlogged(of: id)
      // It dies once more, with nothing more than staging made anew.
      try await bench.stopInside(1450, id)
      let done = try await bench.finishBatched(id)
      try expectDone(done, read: 2000, inserted: 2000)
      #expect(try await bench.count("public.t WHERE p = 2000") == 5)
    }
  }

  @Test("a batch that misses a lock is tried again in the same attempt")
  func locked() async throws {
    try await ImportBench.run(Self.table) { bench in
      let name = try await bench.rows("SELECT quote_ident(current_database())").joined()
      try await bench.connection.execute("ALTER DATABASE \(name) SET lock_timeout = 300")
      let id = try await bench.submitBatched(ImportBench.longRows(1...2000))
      let done = try await bench.withWorker(batches: ImportBench.smallBatches) { _ in
        try await bench.withBlocker(1200) {
          try await eventually("a batch has missed its lock", within: .seconds(240)) {
            try await bench.count(
              """
              sluice.progress WHERE jsonb_path_exists(
                profile, '$.steps[*] ? (@.name == "rest" && @.seconds > 0.4)')
              """) > 0
          }
        }
        return try await bench.ended(id, within: .seconds(240))
      }
      try expectDone(done, read: 2000, inserted: 2000)
      #expect(done.history.filter { $0.name == .parsing }.count == 1)
    }
  }

  @Test(
    "a target that is altered between two batches ends the import; what is in can be taken back",
    arguments: [
      "ALTER TABLE t ADD w integer",
      "ALTER TABLE t RENAME TO u; CREATE TABLE t (LIKE u INCLUDING ALL)",
    ])
  func altered(change: String) async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.submitBatched(ImportBench.longRows(1...2000))
      try await bench.stopInside(1200, id)
      let inserted = try await bench.record(id).counts.inserted
      try await bench.connection.execute(change)
      let failed = try await bench.finishBatched(id)
      #expect(failed.status == .failed)
      #expect(failed.failure?.code == .targetChanged)
      #expect(failed.counts.inserted == inserted)
      #expect(failed.undo.available)
      if change.contains("ADD") {
        #expect(try await bench.undo(id).status == .undone)
        #expect(try await bench.count("public.t") == 0)
      }
    }
  }

  @Test("staging that does not lie in the order of the file is put into it")
  func disorder() async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.submitBatched(ImportBench.longRows(1...2000))
      // Stopped before the merge has begun, with all of it staged.
      let lock = try await TestDatabaseSession.begin(
        bench, "LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE")
      try await bench.withWorker(batches: ImportBench.smallBatches) { _ in
        try await eventually("it waits for the target", within: .seconds(240)) {
          try await bench.record(id).status == .loading
        }
      }
      try await lock.rollback()
      let staging = "sluice.\"staging_\(id.digits)\""
      try await bench.connection.execute(
        """
        CREATE TEMP TABLE s AS SELECT * FROM \(staging); TRUNCATE \(staging);
        INSERT INTO \(staging) SELECT * FROM s ORDER BY id DESC
        """)
      let done = try await bench.finishBatched(id)
      try expectDone(done, read: 2000, inserted: 2000)
      #expect(
        try await bench.count(
          "(SELECT first_row > last_row AS odd FROM sluice.batches) b WHERE odd") == 0)
      #expect(try await bench.batches(of: id).count > 8)
    }
  }
}

extension ImportBench {
  /// Keeps a row from being inserted until the body has ended.
  fileprivate func withBlocker(
    _ row: Int, _ body: @Sendable () async throws -> Void
  ) async throws {
    let other = try await TestDatabaseSession.begin(
      self, "INSERT INTO public.t (id) VALUES (\(row))")
    try await body()
    try await other.rollback()
  }
}
