import ImportModel
import Postgres
import Testing

@Suite("An undo and what holds on to its rows")
struct UndoReferencesTests {
  @Test(
    "rows that others refer to by what they hold now keep it, unless those follow",
    arguments: [
      ("SET NULL", "new", 1), ("SET DEFAULT", "new", 1), ("NO ACTION", "new", 1),
      ("RESTRICT", "new", 1), ("CASCADE", "old", 0),
    ])
  func heldByOthers(action: String, value: String, left: Int64) async throws {
    let tables = """
      CREATE TABLE public.t (id integer PRIMARY KEY, v text UNIQUE);
      INSERT INTO public.t VALUES (1, 'old'), (2, 'other');
      CREATE TABLE public.o (n integer, v text
        CONSTRAINT o_v REFERENCES public.t (v) ON UPDATE \(action))
      """
    try await ImportBench.run(tables) { bench in
      let id = try await bench.imported(
        "UPDATE public.t SET v = 'new' WHERE id = 1; UPDATE public.t SET v = 'newer' WHERE id = 2")
      try await bench.connection.execute("INSERT INTO public.o VALUES (1, 'new'), (2, NULL)")
      let record = try await bench.undo(id)
      #expect(record.status == .undone, "\(String(describing: record.undo.failure))")
      #expect((record.undo.restored, record.undo.left) == (2 - left, left))
      #expect(
        try await bench.rows("SELECT id, v FROM public.t ORDER BY id") == ["1|\(value)", "2|other"])
      #expect(try await bench.content("public.o") == ["(1,\(value))", "(2,)"])
      let expected = left == 0 ? [] : [#"{"id": "1"}|referenced|rows of "o" refer to it (o_v)"#]
      #expect(try await bench.left(of: id) == expected)
    }
  }

  @Test(
    "a row of the table that cannot be restored keeps the new row that it refers to",
    arguments: ["CASCADE", "SET NULL", "SET DEFAULT", "NO ACTION"])
  func heldByRefused(action: String) async throws {
    let tables = """
      CREATE TABLE public.t (id integer PRIMARY KEY, code text UNIQUE,
        v integer CONSTRAINT t_v REFERENCES public.t ON DELETE \(action));
      INSERT INTO public.t VALUES (1, 'a', NULL), (2, 'b', 1)
      """
    try await ImportBench.run(tables) { bench in
      let id = try await bench.imported(
        """
        INSERT INTO public.t VALUES (10, NULL, NULL), (11, NULL, 10);
        UPDATE public.t SET code = 'c', v = 10 WHERE id = 2
        """, ImagedChange(images: ["code", "v"]))
      // What row 2 had before is taken.
      try await bench.connection.execute("INSERT INTO public.t VALUES (3, 'b', NULL)")
      let record = try await bench.undo(id)
      #expect(record.status == .undone, "\(String(describing: record.undo.failure))")
      #expect((record.undo.deleted, record.undo.restored, record.undo.left) == (1, 0, 2))
      #expect(try await bench.content() == ["(1,a,)", "(10,,)", "(2,c,10)", "(3,b,)"])
      let left = try await bench.left(of: id)
      try #require(left.count == 2)
      #expect(left[0].hasPrefix(#"{"id": "10"}|referenced|"#) && left[0].contains("t_v"))
      #expect(left[1].hasPrefix(#"{"id": "2"}|refused|duplicate key value"#))
    }
  }

  @Test("a new row that has what the row had before that refers to it goes together with that")
  func bothAtOnce() async throws {
    let tables = """
      CREATE TABLE public.t (id integer PRIMARY KEY, code text UNIQUE, v integer REFERENCES public.t);
      INSERT INTO public.t VALUES (1, 'a', NULL), (2, 'b', 1)
      """
    try await ImportBench.run(tables) { bench in
      let before = try await bench.content()
      // Neither can go first: row 2 needs its code, row 10 is referred to.
      let id = try await bench.imported(
        """
        UPDATE public.t SET code = 'c' WHERE id = 2;
        INSERT INTO public.t VALUES (10, 'b', NULL); UPDATE public.t SET v = 10 WHERE id = 2
        """, ImagedChange(images: ["code", "v"]))
      let record = try await bench.undo(id)
      #expect(record.status == .undone, "\(String(describing: record.undo.failure))")
      #expect((record.undo.deleted, record.undo.restored, record.undo.left) == (1, 1, 0))
      #expect(try await bench.content() == before)
    }
  }

  @Test("rows whose key holds NULLs for equal get their values back")
  func equalNulls() async throws {
    let tables = """
      CREATE TABLE public.t (a integer, b text, v text, UNIQUE NULLS NOT DISTINCT (a, b));
      INSERT INTO public.t VALUES (1, NULL, 'x'), (NULL, NULL, 'y'), (1, 'b', 'z'), (2, NULL, 'w')
      """
    try await ImportBench.run(tables) { bench in
      let before = try await bench.content()
      let id = try await bench.imported(
        "UPDATE public.t SET v = 'new'; INSERT INTO public.t VALUES (NULL, 'b', 'new')",
        ImagedChange(key: ["a", "b"]))
      let record = try await bench.undo(id)
      #expect(record.status == .undone, "\(String(describing: record.undo.failure))")
      #expect((record.undo.deleted, record.undo.restored, record.undo.left) == (1, 4, 0))
      #expect(try await bench.content() == before)
    }
  }

  @Test("what a constraint refuses that waits for the end is left, and nothing else")
  func deferred() async throws {
    let tables = """
      CREATE TABLE public.t (id integer PRIMARY KEY,
        v text CONSTRAINT t_v UNIQUE DEFERRABLE INITIALLY DEFERRED);
      INSERT INTO public.t VALUES (1, 'a'), (2, 'b'), (4, 'd')
      """
    try await ImportBench.run(tables) { bench in
      // 1 and 2 have changed their values, which one statement can take back.
      let id = try await bench.imported(
        """
        BEGIN; UPDATE public.t SET v = CASE id WHEN 1 THEN 'b' WHEN 2 THEN 'a' ELSE 'new' END; COMMIT;
        INSERT INTO public.t VALUES (10, 'x')
        """)
      try await bench.connection.execute("INSERT INTO public.t VALUES (5, 'd')")
      let record = try await bench.undo(id)
      #expect(record.status == .undone, "\(String(describing: record.undo.failure))")
      #expect(record.undo.deleted == 1)
      let left = try await bench.left(of: id)
      #expect(left.contains { $0.hasPrefix(#"{"id": "4"}|refused|"#) && $0.contains("t_v") })
      #expect(record.undo.left == Int64(left.count))
      #expect(
        try await bench.rows("SELECT id, v FROM public.t WHERE id > 2 ORDER BY id")
          == ["4|new", "5|d"])
    }
  }

  @Test("of rows at the same place in two partitions, only the one that is referred to is left")
  func partitions() async throws {
    let tables = """
      CREATE TABLE public.t (id integer PRIMARY KEY, v text) PARTITION BY LIST (id);
      CREATE TABLE public.t1 PARTITION OF public.t FOR VALUES IN (1);
      CREATE TABLE public.t2 PARTITION OF public.t FOR VALUES IN (2);
      CREATE TABLE public.o (t integer CONSTRAINT o_t REFERENCES public.t)
      """
    try await ImportBench.run(tables) { bench in
      let id = try await bench.imported("INSERT INTO public.t VALUES (1, 'a'), (2, 'b')")
      try await bench.connection.execute("INSERT INTO public.o VALUES (2)")
      let record = try await bench.undo(id)
      #expect((record.undo.deleted, record.undo.left) == (1, 1))
      #expect(
        try await bench.left(of: id)
          == [#"{"id": "2"}|referenced|rows of "o" refer to it (o_t)"#])
      #expect(try await bench.content() == ["(2,b)"])
    }
  }
}
