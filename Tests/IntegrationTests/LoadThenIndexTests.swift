import ImportModel
import Postgres
import Testing

@testable import Merging

@Suite("Indexes of an empty table")
struct LoadThenIndexTests {
  private static let table = """
    CREATE TABLE t (
      id int, code text NOT NULL, n int,
      CONSTRAINT t_pk PRIMARY KEY (id) INCLUDE (n) WITH (fillfactor = 80),
      CONSTRAINT "only once" UNIQUE (code) DEFERRABLE INITIALLY DEFERRED,
      CONSTRAINT pair UNIQUE NULLS NOT DISTINCT (n, code) INCLUDE (id),
      CONSTRAINT apart EXCLUDE USING btree (n WITH =) WHERE (n > 0));
    CREATE INDEX "T, expr" ON t ((n * 2), lower(code) DESC NULLS LAST) WITH (fillfactor = 60);
    ALTER INDEX "T, expr" ALTER COLUMN 1 SET STATISTICS 700;
    CREATE UNIQUE INDEX t_code ON t (code) WHERE n IS NOT NULL;
    CREATE UNIQUE INDEX t_same ON t (id);
    ALTER TABLE t CLUSTER ON "T, expr";
    ALTER TABLE t REPLICA IDENTITY USING INDEX t_same;
    COMMENT ON INDEX t_code IS 'it''s partial';
    COMMENT ON CONSTRAINT t_pk ON t IS 'the key';
    COMMENT ON INDEX t_pk IS 'its index'
    """

  private static let rows = Int(IndexesAside.leastRows)

  /// Rows `1, code-1, 1` and so on, and others behind them.
  private static func file(_ more: String = "") -> String {
    (1...rows).reduce(into: "id,code,n\n") { $0 += "\($1),code-\($1),\($1)\n" } + more
  }

  private static func model(_ bench: ImportBench) async throws -> TableModel {
    let oid = try await bench.connection.query("SELECT 't'::regclass::oid::bigint AS oid").rows[0]
      .int64("oid")
    return try await bench.connection.transaction { connection in
      try await connection.naming { try await TableModel.read(UInt32(oid), on: $0) }
    }
  }

  private static func plan(_ bench: ImportBench, of done: ImportRecord) async throws -> String? {
    try await bench.record(done.id).plan?.name
  }

  /// What finds each row by each index, as the planner would.
  private static let found = """
    SELECT count(*) AS n FROM t a JOIN t b ON a.id = b.id JOIN t c ON c.code = b.code AND c.n = a.n
    """

  @Test("are built over all rows, and are just as they were")
  func built() async throws {
    try await ImportBench.run(Self.table) { bench in
      let before = try await Self.model(bench)
      let done = try await bench.importFile(Self.file())
      try expectDone(done, read: Int64(Self.rows), inserted: Int64(Self.rows))
      #expect(try await Self.plan(bench, of: done) == "load_then_index")
      #expect(try await Self.model(bench) == before)
      #expect(try await bench.rows(Self.found) == ["\(Self.rows)"])
      await #expect(throws: PostgresError.self) {
        try await bench.connection.execute("INSERT INTO t VALUES (0, 'code-7', NULL)")
      }
    }
  }

  @Test(
    "come back as they were, one by one or the keys of a small table at once",
    arguments: [1, IndexesAside.leastPagesForWorker])
  func putBack(pages: Int64) async throws {
    try await ImportBench.run(Self.table) { bench in
      let before = try await Self.model(bench)
      let request = try await bench.stagedForMerge(
        into: "public.t", columns: [("id", "integer")], rows: "SELECT 1, 1", count: 1)
      try await bench.connection.transaction { connection in
        try await connection.naming { connection in
          let aside = try #require(
            try await IndexesAside.take(
              request, rows: IndexesAside.leastRows, pages: pages, on: connection))
          try await aside.putBack(on: connection)
        }
      }
      #expect(try await Self.model(bench) == before)
      let made = try await bench.rows(
        """
        SELECT relname FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid
         WHERE indrelid = 'public.t'::regclass ORDER BY pg_class.oid
        """)
      let names = before.indexes.map(\.name)
      let keys = ["only once", "pair"]
      let inOrder = pages == 1 ? keys + names.filter { !keys.contains($0) } : names
      #expect(made == inOrder)
    }
  }

  @Test("an import that was so fast can be taken back all the same")
  func undone() async throws {
    try await ImportBench.run(Self.table) { bench in
      let before = try await Self.model(bench)
      let done = try await bench.importFile(Self.file())
      try await bench.connection.execute("UPDATE t SET code = 'mine' WHERE id = 5")
      let undone = try await bench.undo(done.id)
      #expect((undone.undo.deleted, undone.undo.left) == (Int64(Self.rows - 1), 1))
      #expect(try await bench.rows("SELECT id, code FROM t") == ["5|mine"])
      #expect(try await Self.model(bench) == before)
    }
  }

  @Test("stay where a row breaks one of them: it is rejected, and the others go in")
  func broken() async throws {
    try await ImportBench.run(Self.table) { bench in
      let before = try await Self.model(bench)
      let done = try await bench.importFile(Self.file("50001,code-9,50001\n"))
      try expectDone(done, read: Int64(Self.rows + 1), bad: 1, inserted: Int64(Self.rows))
      let rejected = try await bench.rows("SELECT DISTINCT row, code FROM sluice.rejects")
      #expect(rejected == ["\(Self.rows + 1)|unique"])
      #expect(try await Self.model(bench) == before)
    }
  }

  @Test("are built over the rows that count, where a key is in the file twice")
  func repeated() async throws {
    try await ImportBench.run(Self.table) { bench in
      // The first try leaves as many dead rows, and a vacuum of them would use the table at the second.
      try await bench.connection.execute("ALTER TABLE t SET (autovacuum_enabled = false)")
      let done = try await bench.importFile(Self.file("3,code-x,90000\n"))
      try expectDone(
        done, read: Int64(Self.rows + 1), skipped: 1, inserted: Int64(Self.rows))
      #expect(try await Self.plan(bench, of: done) == "load_then_index")
      #expect(try await bench.rows("SELECT code FROM t WHERE id = 3") == ["code-x"])
    }
  }

  @Test("are built where rows were once")
  func emptied() async throws {
    try await ImportBench.run(Self.table) { bench in
      try await bench.connection.execute("INSERT INTO t VALUES (1, 'a', 1); DELETE FROM t")
      let before = try await Self.model(bench)
      let done = try await bench.importFile(Self.file())
      try expectDone(done, read: Int64(Self.rows), inserted: Int64(Self.rows))
      #expect(try await Self.plan(bench, of: done) == "load_then_index")
      #expect(try await Self.model(bench) == before)
    }
  }

  @Test("stay where somebody writes a row before the table is locked")
  func written() async throws {
    try await ImportBench.run("CREATE TABLE t (id int PRIMARY KEY)") { bench in
      let request = try await bench.stagedForMerge(
        into: "public.t", columns: [("id", "integer")], rows: "SELECT 1, 1", count: 1)
      let other = try await TestDatabaseSession.begin(bench, "INSERT INTO public.t VALUES (2)")
      let taking = Task {
        try await bench.connection.transaction { connection in
          try await connection.naming {
            try await IndexesAside.take(
              request, rows: IndexesAside.leastRows, pages: 1, on: $0) != nil
          }
        }
      }
      try await other.commitWhenAwaited()
      #expect(try await !taking.value)
      let left = "SELECT count(*) FROM pg_index WHERE indrelid = 'public.t'::regclass"
      #expect(try await bench.rows(left) == ["1"])
    }
  }

  @Test("are not looked for where there were some once")
  func formerly() async throws {
    try await ImportBench.run("CREATE TABLE t (id int CONSTRAINT t_pk PRIMARY KEY)") { bench in
      try await bench.connection.execute("ALTER TABLE t DROP CONSTRAINT t_pk")
      #expect(try await bench.rows("SELECT relhasindex FROM pg_class WHERE relname = 't'") == ["t"])
      let file = (1...Self.rows).reduce(into: "id\n") { $0 += "\($1)\n" }
      let done = try await bench.importFile(file) { $0.mode = .append }
      try expectDone(done, read: Int64(Self.rows), inserted: Int64(Self.rows))
      #expect(try await Self.plan(bench, of: done) == "empty")
    }
  }

  @Test(
    "stay where something else needs them, or somebody might notice",
    arguments: [
      "CREATE TABLE other (id int REFERENCES t)",
      "CREATE VIEW v AS SELECT id, code FROM t GROUP BY id",
      "ALTER TABLE t ADD CONSTRAINT own FOREIGN KEY (n) REFERENCES t",
      """
      CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER pass AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION pass()
      """,
      """
      CREATE FUNCTION noticed() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE 'a command was noticed: %', tg_tag; END $$;
      CREATE EVENT TRIGGER noticed ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
        EXECUTE FUNCTION noticed()
      """,
    ])
  func needed(by other: String) async throws {
    try await ImportBench.run("\(Self.table); \(other)") { bench in
      let places = "SELECT relfilenode FROM pg_class WHERE relname LIKE 't\\_%' ORDER BY relname"
      let before = try await bench.rows(places)
      let done = try await bench.importFile(Self.file())
      try expectDone(done, read: Int64(Self.rows), inserted: Int64(Self.rows))
      #expect(try await Self.plan(bench, of: done) == "empty")
      #expect(try await bench.rows(places) == before)
    }
  }

  @Test("stay while somebody uses the table, and nobody waits")
  func used() async throws {
    try await ImportBench.run(Self.table) { bench in
      let done = try await bench.connection.transaction { connection in
        _ = try await connection.query("SELECT FROM t")
        return try await bench.importFile(Self.file())
      }
      try expectDone(done, read: Int64(Self.rows), inserted: Int64(Self.rows))
      #expect(try await Self.plan(bench, of: done) == "empty")
    }
  }

  @Test("stay where the role that imports does not own the table")
  func foreign() async throws {
    try await RoleBench.run(Self.table, grants: "GRANT ALL ON t TO %") { bench in
      let done = try await bench.importFile(Self.file())
      try expectDone(done, read: Int64(Self.rows), inserted: Int64(Self.rows))
      #expect(try await Self.plan(bench, of: done) == "empty")
    }
  }

  @Test("stay for a few rows")
  func few() async throws {
    try await ImportBench.run(Self.table) { bench in
      let done = try await bench.importFile("id,code,n\n1,a,1\n")
      try expectDone(done, read: 1, inserted: 1)
      #expect(try await Self.plan(bench, of: done) == "empty")
    }
  }
}
