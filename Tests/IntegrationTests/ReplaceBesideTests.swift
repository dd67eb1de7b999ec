import ImportModel
import Postgres
import TestSupport
import Testing

@testable import Merging

@Suite("A stand-in that two sessions fill")
struct ReplaceBesideTests {
  static let table = """
    CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT one_a UNIQUE, n int CHECK (n > 0));
    INSERT INTO t SELECT i, 'old ' || i, i FROM generate_series(1, 10) i
    """
  static let rows = Int(Merger.leastRowsForHelp)

  private static func file(_ more: String = "") -> String {
    (1...rows).reduce(into: "id,a,n\n") { $0 += "\($1),new \($1),1\n" } + more
  }

  @Test(
    "takes the place of a table with everything that a table can have, which is as before, and goes back"
  )
  func everything() async throws {
    try await ImportBench.run(EverythingTable.setUp) { bench in
      try await bench.replaceEverything(Self.rows + 4) { bench, file in
        let done = try await bench.replaceBeside(file, into: EverythingTable.name)
        #expect(try await bench.wasFilledBeside(EverythingTable.name))
        return done
      }
    }
  }

  @Test(
    "is known again by an undo, whoever tells what its columns hold that the file does not have",
    arguments: [
      ("int DEFAULT 7", true), ("text DEFAULT lower('X')", true), ("int", true),
      ("int GENERATED ALWAYS AS (id + 1) STORED", true),
      ("timestamptz DEFAULT now()", false), ("timestamptz DEFAULT CURRENT_TIMESTAMP", false),
      ("timestamp DEFAULT 'now'::text::timestamp", false), ("serial", false),
      ("bigint GENERATED ALWAYS AS IDENTITY", false), ("float DEFAULT random()", false),
    ] as [(String, Bool)])
  func defaults(column: String, isToldByStaging: Bool) async throws {
    try await ImportBench.run("\(Self.table); ALTER TABLE t ADD b \(column)") { bench in
      let old = try await bench.content()
      let done = try await bench.replaceBeside(Self.file())
      try expectDone(done, read: Int64(Self.rows), inserted: Int64(Self.rows))
      #expect(try await bench.wasFilledBeside())
      try await bench.undoReplacement(done.id)
      #expect(try await bench.content() == old)
      let request = try await bench.stagedForReplacement(1)
      let digest = StagedDigest(
        request, try await RowDigest.read(request.target.oid, on: bench.connection),
        rules: try await RuleCatalog.read(request.target, on: bench.connection))
      #expect((digest != nil) == isToldByStaging)
    }
  }

  @Test("gets its indexes from both sessions at once")
  func indexes() async throws {
    // Of two indexes, none is done before the other is begun.
    let setUp = """
      CREATE SEQUENCE met;
      CREATE FUNCTION meet(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
        IF $1 = 777 THEN
          PERFORM nextval('met');
          FOR i IN 1..1000 LOOP
            EXIT WHEN (SELECT last_value FROM met) > 1;
            PERFORM pg_sleep(0.01);
          END LOOP;
        END IF;
        RETURN $1; END $$;
      CREATE TABLE t (id int);
      CREATE UNIQUE INDEX one ON t (meet(id));
      CREATE UNIQUE INDEX two ON t (meet(id), id) WHERE id > 0;
      """
    try await ImportBench.run(setUp) { bench in
      let file = (1...Self.rows).reduce(into: "id\n") { $0 += "\($1)\n" }
      let done = try await bench.replaceBeside(file)
      try expectDone(done, read: Int64(Self.rows), inserted: Int64(Self.rows))
      let made = """
        SELECT count(*), count(DISTINCT xmin::text) FROM pg_index WHERE indrelid = 't'::regclass
        """
      #expect(try await bench.rows(made) == ["2|2"])
    }
  }

  @Test("comes to nothing where rows are at fault: they are dealt with as by one session")
  func faults() async throws {
    try await ImportBench.run(Self.table) { bench in
      let all = Int64(Self.rows)
      // One is found while rows are loaded, one by an index.
      for (more, bad, skipped) in [("0,zero,0\n", 1, 0), ("7,again,2\n", 0, 1)]
        as [(String, Int64, Int64)]
      {
        let done = try await bench.replace(Self.file(more))
        try expectDone(done, read: all + 1, bad: bad, skipped: skipped, inserted: all)
        #expect(try await bench.leftTables(of: "staging|beside|replace") == [])
        #expect(try await !bench.wasFilledBeside())
        #expect(
          try await bench.rows("SELECT a FROM t WHERE id = 7") == [skipped == 0 ? "new 7" : "again"]
        )
        try await bench.undoReplacement(done.id)
        _ = try await bench.connection.query("DELETE FROM sluice.undo")
      }
      let rejects = try await bench.rows("SELECT row, column_name, code FROM sluice.rejects")
      #expect(rejects == ["\(all + 1)|n|check"])
    }
  }

  @Test("has what is left once rows that share their key were rejected")
  func rejectedBefore() async throws {
    try await ImportBench.run(Self.table) { bench in
      let done = try await bench.replaceBeside(Self.file("7,again,2\n0,zero,1\n-1,one,1\n"))
      try expectDone(
        done, read: Int64(Self.rows + 3), bad: 2, inserted: Int64(Self.rows + 1))
      #expect(try await bench.wasFilledBeside())
      try await bench.undoReplacement(done.id)
      #expect(try await bench.count("t") == 10)
    }
  }

  @Test("is left to one session where triggers shape rows, or the other one is lost")
  func oneSession() async throws {
    try await ImportBench.run(Self.table) { bench in
      let request = try await bench.stagedForReplacement(Self.rows)
      let helper = try await TestDatabase.connect(bench.database)
      await helper.close()
      let outcome = try await bench.merger(request, helpedBy: helper).run()
      #expect(outcome.counts.inserted == Int64(Self.rows))
      #expect(try await !bench.wasFilledBeside())
      _ = try await bench.connection.query("DELETE FROM sluice.undo")
      try await bench.connection.execute(
        """
        CREATE FUNCTION shape() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN NEW.n = 5; RETURN NEW; END';
        CREATE TRIGGER shape BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION shape()
        """)
      let done = try await bench.replace(Self.file())
      try expectDone(done, read: Int64(Self.rows), inserted: Int64(Self.rows))
      #expect(try await bench.count("t WHERE n = 5") == Self.rows)
      #expect(try await !bench.wasFilledBeside())
    }
  }
}

extension ImportBench {
  /// Whether the rows of a table were committed before the transaction that put it into its place.
  func wasFilledBeside(_ table: String = "t") async throws -> Bool {
    try await rows(
      """
      SELECT bool_and(t.xmin::text::bigint < u.xmin::text::bigint) FROM \(table) t, sluice.undo u
      """) == ["t"]
  }

  /// Replaces a table by a file that is staged with the numbers of its rows.
  func replaceBeside(_ text: String, into target: String = "public.t") async throws -> ImportRecord
  {
    try await replace(text, into: target) { $0.duplicates = .reject }
  }

  /// Runs the body while another session has a transaction open in which it has said something.
  func holding(_ sql: String, _ body: () async throws -> Void) async throws {
    let other = try await TestDatabase.connect(database)
    try await other.execute("BEGIN; \(sql)")
    try await body()
    try await other.execute("ROLLBACK")
    await other.close()
  }

  /// Rows in staging, and what is needed to replace `public.t` by them.
  func stagedForReplacement(_ rows: Int) async throws -> MergeRequest {
    var request = try await stagedForMerge(
      into: "public.t", columns: [("id", "integer"), ("a", "text"), ("n", "integer")],
      rows: "SELECT i, i, 'new ' || i, 1 FROM generate_series(1, \(rows)) i", count: Int64(rows))
    request.mode = .replace
    return request
  }

  func merger(
    _ request: MergeRequest, helpedBy helper: PostgresConnection,
    watch: @escaping Merger.Watch = { _ in }
  ) -> Merger {
    Merger(
      request, on: connection, helpedBy: helper, watch: watch, reject: { _, _ in },
      checkRejects: { _ in })
  }
}
