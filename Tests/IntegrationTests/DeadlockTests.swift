import ImportModel
import Postgres
import TestSupport
import Testing

@Suite("Deadlocks with an application")
struct DeadlockTests {
  @Test("a merge is done again at once, and locks its rows in the order of the key")
  func again() async throws {
    // The rows lie, and come, against the order of the key.
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a int);
      INSERT INTO t VALUES (3, 3), (2, 2), (1, 1);
      ANALYZE t;
      DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''3s''', current_database());
      END $$
      """
    try await ImportBench.run(setUp) { bench in
      let other = try await TestDatabase.connect(bench.database)
      try await other.execute(
        "SET deadlock_timeout = '60s'; BEGIN; UPDATE t SET a = 0 WHERE id = 1")
      let id = try await bench.submit("id,a\n3,30\n2,20\n1,10\n", into: "public.t")
      let done = try await bench.withWorker { _ in
        try await bench.loadWaits()
        // Whoever has waited longer looks first, and ends.
        try await other.execute("SAVEPOINT s; UPDATE t SET a = 0 WHERE id = 3; ROLLBACK TO s")
        try await bench.loadWaits()
        #expect(
          try await bench.rows("SELECT id FROM t WHERE id > 1 FOR UPDATE NOWAIT") == ["3", "2"])
        try await other.execute("COMMIT")
        return try await bench.ended(id)
      }
      await other.close()
      try expectDone(done, read: 3, updated: 3)
      #expect(done.attempt == 1)
      #expect(
        done.history.map(\.name) == [.queued, .parsing, .validated, .loading, .finalizing, .done])
      #expect(try await bench.rows("SELECT id, a FROM t ORDER BY id") == ["1|10", "2|20", "3|30"])
    }
  }

  @Test("where it ends so again and again, the import is given back, and tried later")
  func givenBack() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a int);
      CREATE SEQUENCE tries;
      CREATE FUNCTION clash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('tries') <= 5 THEN RAISE EXCEPTION 'as if' USING ERRCODE = '40P01'; END IF;
        RETURN NULL; END $$;
      CREATE TRIGGER clash AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION clash()
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a\n1,1\n")
      try expectDone(done, read: 1, inserted: 1)
      #expect(done.attempt == 2)
      #expect(done.history.compactMap(\.reason).count == 1)
      #expect(try await bench.rows("SELECT last_value FROM tries") == ["6"])
    }
  }
}
