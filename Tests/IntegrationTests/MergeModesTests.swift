import ImportModel
import Postgres
import Testing

@Suite("Modes of merging")
struct MergeModesTests {
  private static let table = "CREATE TABLE t (id int PRIMARY KEY, a text, n int DEFAULT 7)"
  private static let rows = "; INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2)"

  private static let tables = [
    table,
    table + " PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (2);"
      + "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (2) TO (100)",
    // With a trigger, another plan is taken.
    table + """
      ; CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
      CREATE TRIGGER pass BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION pass()
      """,
  ]

  @Test("insert leaves rows as they are whose key is there", arguments: tables)
  func insert(table: String) async throws {
    try await ImportBench.run(table + Self.rows) { bench in
      let place = "SELECT ctid, xmin, * FROM t WHERE id < 3 ORDER BY id"
      let before = try await bench.rows(place)
      let done = try await bench.importFile("id,a\n1,new\n2,two\n3,three\n3,drei\n") {
        $0.mode = .insert
      }
      try expectDone(done, read: 4, skipped: 1, inserted: 1, unchanged: 2)
      #expect(try await bench.rows(place) == before)
      #expect(try await bench.rows("SELECT * FROM t WHERE id = 3") == ["3|drei|7"])
    }
  }

  @Test("insert into an empty table", arguments: tables)
  func insertIntoEmpty(table: String) async throws {
    try await ImportBench.run(table) { bench in
      let done = try await bench.importFile("id,a\n1,one\n1,two\n") {
        $0.mode = .insert
        $0.duplicates = .first
      }
      try expectDone(done, read: 2, skipped: 1, inserted: 1)
      #expect(try await bench.rows("SELECT * FROM t") == ["1|one|7"])
    }
  }

  @Test(
    "insert does not hold rows against rules whose key is there",
    arguments: ["PRIMARY KEY", "UNIQUE NULLS NOT DISTINCT"])
  func rulesOfNewRows(key: String) async throws {
    let setUp =
      "CREATE TABLE t (id int \(key), a int CHECK (a > 0), u text UNIQUE);"
      + "INSERT INTO t VALUES (1, 1, 'x'), (2, 2, 'y')"
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a,u\n1,-1,y\n2,2,y\n3,0,z\n4,1,x\n5,1,w\n") {
        $0.mode = .insert
        $0.key = ["id"]
      }
      try expectDone(done, read: 5, bad: 2, inserted: 1, unchanged: 2)
      #expect(try await bench.rejectedRows(of: done.id) == ["3", "4"])
    }
  }

  @Test("append adds all rows, whatever is there", arguments: [true, false])
  func append(intoEmpty: Bool) async throws {
    let setUp =
      "CREATE TABLE t (a text, n int DEFAULT 7)"
      + (intoEmpty ? "" : "; INSERT INTO t VALUES ('x', 7)")
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("a\nx\ny\nx\n") { $0.mode = .append }
      try expectDone(done, read: 3, inserted: 3)
      #expect(try await bench.record(done.id).plan?.name == (intoEmpty ? "empty" : "append"))
      #expect(
        try await bench.rows("SELECT * FROM t ORDER BY a")
          == (intoEmpty ? [] : ["x|7"]) + ["x|7", "x|7", "y|7"])
    }
  }

  @Test("to append, unique keys are rules like any other", arguments: [true, false])
  func appendWithKeys(intoEmpty: Bool) async throws {
    try await ImportBench.run(Self.table + (intoEmpty ? "" : Self.rows)) { bench in
      let done = try await bench.importFile("id,a\n2,x\n3,y\n3,z\n") { $0.mode = .append }
      try expectDone(done, read: 3, bad: intoEmpty ? 1 : 2, inserted: intoEmpty ? 2 : 1)
      #expect(
        try await bench.rejects(of: done.id)
          == (intoEmpty ? [] : ["1|2|id|unique|2,x"]) + ["3|4|id|unique|3,z"])
    }
  }

  @Test("rows that a trigger raises on, or swallows, are noticed in appending too")
  func appendWithTrigger() async throws {
    let setUp =
      "CREATE TABLE t (id int); INSERT INTO t VALUES (0);" + """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.id = 2 THEN RAISE 'not two'; END IF;
          IF NEW.id = 9 THEN RETURN NULL; END IF; RETURN NEW; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION refuse()
        """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id\n1\n2\n3\n") { $0.mode = .append }
      try expectDone(done, read: 3, bad: 1, inserted: 2)
      let failed = try await bench.importFile("id\n1\n9\n") { $0.mode = .append }
      #expect(failed.failure?.code == .notConserved)
      #expect(try await bench.count("t") == 3)
    }
  }

  @Test("the plan is told: few rows for a large table are looked up in its index")
  func plans() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a text);
      INSERT INTO t SELECT n, 'x' FROM generate_series(1, 20000) n; ANALYZE t
      """
    try await ImportBench.run(setUp) { bench in
      var done = try await bench.importFile("id,a\n1,x\n2,y\n30000,z\n")
      try expectDone(done, read: 3, inserted: 1, updated: 1, unchanged: 1)
      let plan = try #require(try await bench.record(done.id).plan)
      #expect(plan.name == "join_by_index")
      #expect((plan.targetRows, plan.stagedRows) == (20_000, 3))
      #expect(plan.settings["enable_seqscan"] == "off")
      #expect(plan.knownShare == 1)
      let text = (15_001...40_000).reduce(into: "id,a\n") { $0 += "\($1),x\n" }
      done = try await bench.importFile(text)
      try expectDone(done, read: 25_000, inserted: 19_999, updated: 1, unchanged: 5000)
      #expect(try await bench.record(done.id).plan?.name == "join_by_scan")
    }
  }

  @Test("rows of tables that inherit from the target are none of its own")
  func inheritance() async throws {
    let setUp =
      Self.table + "; CREATE TABLE child () INHERITS (t); INSERT INTO child VALUES (1, 'x')"
    try await ImportBench.run(setUp + Self.rows.replacing("(1, 'one', 1), ", with: "")) { bench in
      let done = try await bench.importFile("id,a\n1,new\n2,new\n")
      try expectDone(done, read: 2, inserted: 1, updated: 1)
      #expect(try await bench.rows("SELECT a FROM child") == ["x"])
    }
  }
}
