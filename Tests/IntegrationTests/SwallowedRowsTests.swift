import ImportModel
import Testing

@Suite("Rows that a trigger swallows")
struct SwallowedRowsTests {
  /// A function for a row trigger before the write.
  private static func trigger(_ body: String, _ events: String = "INSERT OR UPDATE") -> String {
    """
    ; CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN \(body) RETURN NEW; END $$;
    CREATE TRIGGER change BEFORE \(events) ON t FOR EACH ROW EXECUTE FUNCTION change()
    """
  }

  private static let tables = [
    "CREATE TABLE t (id int PRIMARY KEY, a text)",
    """
    CREATE TABLE t (id int PRIMARY KEY, a text) PARTITION BY RANGE (id);
    CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (100)
    """,
  ]

  private static func expectNotConserved(
    _ bench: ImportBench, _ file: String, key: [String] = ["id"]
  ) async throws {
    let before = try await bench.rows("SELECT * FROM t ORDER BY 1, 2")
    let failed = try await bench.importFile(file) { $0.key = key }
    #expect(failed.status == .failed)
    #expect(failed.failure?.code == .notConserved)
    #expect(try await bench.rows("SELECT * FROM t ORDER BY 1, 2") == before)
  }

  @Test("an update that goes nowhere is no unchanged row", arguments: tables)
  func update(table: String) async throws {
    let setUp =
      table + "; INSERT INTO t VALUES (1, 'one'), (2, 'two')"
      + Self.trigger("IF NEW.id = 2 THEN RETURN NULL; END IF;", "UPDATE")
    try await ImportBench.run(setUp) { bench in
      try await Self.expectNotConserved(bench, "id,a\n1,new\n2,new\n3,new\n")
      let done = try await bench.importFile("id,a\n1,newer\n2,two\n3,new\n")
      try expectDone(done, read: 3, inserted: 1, updated: 1, unchanged: 1)
    }
  }

  @Test("what a trigger makes of rows that it lets through is its own affair", arguments: tables)
  func rewriting(table: String) async throws {
    let setUp =
      table + Self.trigger("NEW.a := lower(NEW.a) || to_char(now(), '-YYYY');", "UPDATE")
      + "; INSERT INTO t VALUES (1, 'one'), (2, 'two')"
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a\n1,NEW\n2,two\n3,THREE\n")
      try expectDone(done, read: 3, inserted: 1, updated: 1, unchanged: 1)
      #expect(
        try await bench.rows("SELECT split_part(a, '-', 1) FROM t ORDER BY id")
          == ["new", "two", "THREE"])
    }
  }

  @Test(
    "a trigger that rewrites the key loses no row",
    arguments: ["", "INSERT INTO t VALUES ('b@x', 1)"])
  func rewrittenKey(rows: String) async throws {
    let setUp =
      "CREATE TABLE t (mail text PRIMARY KEY, a int); \(rows)"
      + Self.trigger("NEW.mail := lower(NEW.mail);")
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("mail,a\nA@X,1\nB@X,2\n") { $0.key = ["mail"] }
      try expectDone(
        done, read: 2, inserted: rows.isEmpty ? 2 : 1, updated: rows.isEmpty ? 0 : 1)
      #expect(try await bench.rows("SELECT * FROM t ORDER BY 1") == ["a@x|1", "b@x|2"])
    }
  }

  @Test("a row that is swallowed although the target has it just so is no loss")
  func known() async throws {
    let setUp =
      Self.tables[0] + "; INSERT INTO t VALUES (1, 'one'), (2, 'two')"
      + Self.trigger("IF EXISTS (SELECT FROM t WHERE id = NEW.id) THEN RETURN NULL; END IF;")
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a\n1,one\n3,three\n")
      try expectDone(done, read: 2, inserted: 1, unchanged: 1)
      try await Self.expectNotConserved(bench, "id,a\n2,new\n4,four\n")
    }
  }

  @Test(
    "a row with a NULL in its key can only be inserted",
    arguments: ["k text UNIQUE, a text", "k text, a text, UNIQUE (k, a)"])
  func nullKey(columns: String) async throws {
    let setUp =
      "CREATE TABLE t (\(columns)); INSERT INTO t VALUES ('x', 'old')"
      + Self.trigger("IF NEW.a = 'lost' THEN RETURN NULL; END IF;")
    let key = columns.hasSuffix(")") ? ["k", "a"] : ["k"]
    try await ImportBench.run(setUp) { bench in
      try await Self.expectNotConserved(bench, "k,a\n,one\n,lost\ny,two\nx,old\n", key: key)
      let done = try await bench.importFile("k,a\n,one\ny,two\nx,old\n") { $0.key = key }
      try expectDone(done, read: 3, inserted: 2, unchanged: 1)
    }
  }

  @Test("NULLs that the key holds for equal are found again")
  func equalNulls() async throws {
    let setUp =
      "CREATE TABLE t (k text UNIQUE NULLS NOT DISTINCT, a text); INSERT INTO t VALUES (NULL, 'old')"
      + Self.trigger("IF EXISTS (SELECT FROM t WHERE a = NEW.a) THEN RETURN NULL; END IF;")
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("k,a\n,old\ny,two\n") { $0.key = ["k"] }
      try expectDone(done, read: 2, inserted: 1, unchanged: 1)
    }
  }

  @Test(
    "rows are told apart although slices are refused and tried again",
    arguments: ["", "RETURN NULL;"])
  func refusedBeside(end: String) async throws {
    let setUp =
      """
      CREATE TABLE t (id int PRIMARY KEY, a int UNIQUE DEFERRABLE INITIALLY DEFERRED);
      INSERT INTO t SELECT n, n FROM generate_series(1, 5000) n
      """
      + Self.trigger(
        """
        IF NEW.id % 1000 = 7 THEN RAISE 'not %', NEW.id; END IF;
        IF NEW.id = 4321 AND TG_OP = 'UPDATE' THEN \(end) END IF;
        """)
    let text = (1...6000).reduce(into: "id,a\n") {
      $0 += "\($1),\($1 % 3 == 0 && $1 <= 5000 ? $1 : $1 + 9000)\n"
    }
    try await ImportBench.run(setUp) { bench in
      guard end.isEmpty else { return try await Self.expectNotConserved(bench, text) }
      let done = try await bench.importFile(text)
      // Bad are 7, 1007, … 5007.
      try expectDone(done, read: 6000, bad: 6, inserted: 999, updated: 3330, unchanged: 1665)
    }
  }
}
