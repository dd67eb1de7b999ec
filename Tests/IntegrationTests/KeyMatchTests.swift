import ImportModel
import Testing

@Suite("Keys are compared as their index compares them")
struct KeyMatchTests {
  /// `citext` where no search path finds it: there it is compared as `text`.
  private static func table(_ columns: String, _ more: String = "") -> String {
    """
    CREATE SCHEMA apart; CREATE EXTENSION citext SCHEMA apart;
    CREATE TABLE t (k apart.citext PRIMARY KEY, \(columns)) \(more)
    """
  }

  private static let tables = [
    table("a int"),
    table("a int", "PARTITION BY HASH (k)") + """
      ; CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)
      """,
    // A trigger that lets nothing pass which is there already.
    table("a int") + """
      ; CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql SET search_path = public, apart AS $$
        BEGIN IF EXISTS (SELECT FROM t WHERE k = NEW.k AND a = NEW.a) THEN RETURN NULL; END IF;
        RETURN NEW; END $$;
      CREATE TRIGGER skip BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION skip()
      """,
  ]

  @Test("rows are counted and found in tables of all kinds", arguments: tables)
  func counted(table: String) async throws {
    let setUp = table + "; INSERT INTO t VALUES ('Ann', 1), ('Bob', 2)"
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("k,a\nann,5\nBOB,2\ncarl,3\n") { $0.key = ["k"] }
      try expectDone(done, read: 3, inserted: 1, updated: 1, unchanged: 1)
      #expect(
        try await bench.rows("SELECT k, a FROM t ORDER BY k") == ["Ann|5", "Bob|2", "carl|3"])
    }
  }

  @Test("what the file does not have comes from the row that is there")
  func completed() async throws {
    let setUp =
      Self.table("a int, b int DEFAULT 3, CHECK (a < b)") + "; INSERT INTO t VALUES ('Ann', 1, 100)"
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("k,a\nann,5\nbob,2\n") { $0.key = ["k"] }
      try expectDone(done, read: 2, inserted: 1, updated: 1)
    }
  }

  @Test("a row does not collide with itself")
  func ownRow() async throws {
    let setUp = Self.table("u int UNIQUE") + "; INSERT INTO t VALUES ('Ann', 1), ('Bob', 2)"
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("k,u\nann,1\ncarl,2\n") { $0.key = ["k"] }
      try expectDone(done, read: 2, bad: 1, unchanged: 1)
      #expect(try await bench.rejectedRows(of: done.id) == ["2"])
    }
  }
}
