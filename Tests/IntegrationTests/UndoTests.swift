import ImportModel
import Postgres
import Queue
import TestSupport
import Testing

@Suite("An undo")
struct UndoTests {
  private static let table = """
    CREATE TABLE public.t (id integer PRIMARY KEY, v text);
    INSERT INTO public.t SELECT n, 'old ' || n FROM generate_series(1, 10) n
    """

  @Test(
    "gives the table back as it was",
    arguments: [
      "INSERT INTO public.t SELECT n, 'new' FROM generate_series(11, 4000) n",
      "UPDATE public.t SET v = NULL WHERE id > 5",
      "UPDATE public.t SET v = 'x' WHERE id < 5; INSERT INTO public.t VALUES (20, 'y'), (21, NULL)",
      "SELECT",
    ])
  func whole(script: String) async throws {
    try await ImportBench.run(Self.table) { bench in
      let before = try await bench.content()
      let id = try await bench.imported(script)
      let changed = Int64(try await bench.content().filter { !before.contains($0) }.count)
      let record = try await bench.undo(id)
      #expect(record.status == .undone, "\(String(describing: record.undo.failure))")
      #expect(try await bench.content() == before)
      #expect((record.undo.deleted ?? -1) + (record.undo.restored ?? -1) == changed)
      #expect(record.undo.left == 0)
      #expect(record.history.map(\.name) == [.queued, .done, .undone])
      #expect(!record.undo.available && !record.undo.isRequested)
      try await eventually("the images are dropped") {
        try await bench.count("pg_class WHERE relname ~ '^undo_[0-9a-f]{32}_'") == 0
      }
    }
  }

  @Test(
    "finds rows by keys that are arrays of texts and bits of some length",
    arguments: [
      ("character(3)[]", "{abc,xyz}"), ("bit(4)[]", "{1010,1111}"), ("varchar(3)[]", "{abc}"),
    ])
  func arrayKeys(type: String, value: String) async throws {
    try await ImportBench.run("CREATE TABLE t (id \(type) PRIMARY KEY, v int)") { bench in
      let done = try await bench.importFile("id,v\n\"\(value)\",1\n")
      try expectDone(done, read: 1, inserted: 1)
      let undone = try await bench.undo(done.id)
      #expect(undone.undo.deleted == 1)
      #expect(try await bench.count("t") == 0)
    }
  }

  @Test("leaves rows that were changed since or are gone, and says which")
  func left() async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.imported(
        "UPDATE public.t SET v = 'x' WHERE id < 4; INSERT INTO public.t VALUES (11, 'a'), (12, 'b'), (13, 'c')"
      )
      try await bench.connection.execute(
        """
        UPDATE public.t SET v = 'mine' WHERE id IN (1, 11);
        UPDATE public.t SET v = v WHERE id IN (3, 13);
        DELETE FROM public.t WHERE id IN (2, 12)
        """)
      let record = try await bench.undo(id)
      #expect(record.status == .undone)
      #expect(
        (record.undo.deleted, record.undo.restored, record.undo.left) == (1, 1, 4))
      #expect(
        try await bench.left(of: id) == [
          #"{"id": "11"}|changed|the row was changed since"#,
          #"{"id": "12"}|gone|the row is not there any more"#,
          #"{"id": "1"}|changed|the row was changed since"#,
          #"{"id": "2"}|gone|the row is not there any more"#,
        ])
      #expect(
        try await bench.rows("SELECT id, v FROM public.t WHERE id < 4 OR id > 10 ORDER BY id")
          == ["1|mine", "3|old 3", "11|mine"])
    }
  }

  @Test(
    "changes no other table, whatever its foreign keys would do",
    arguments: ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"])
  func references(action: String) async throws {
    let tables =
      Self.table + """
        ; CREATE TABLE public.o (n integer, t integer DEFAULT 1
            CONSTRAINT o_t REFERENCES public.t ON DELETE \(action));
        INSERT INTO public.o VALUES (1, 1), (2, NULL)
        """
    try await ImportBench.run(tables) { bench in
      let id = try await bench.imported("INSERT INTO public.t VALUES (11, 'a'), (12, 'b')")
      try await bench.connection.execute("INSERT INTO public.o VALUES (3, 12)")
      let others = try await bench.content("public.o")
      let record = try await bench.undo(id)
      #expect(record.status == .undone)
      #expect((record.undo.deleted, record.undo.left) == (1, 1))
      #expect(
        try await bench.left(of: id)
          == [#"{"id": "12"}|referenced|rows of "o" refer to it (o_t)"#])
      #expect(try await bench.content("public.o") == others)
      #expect(try await bench.count("public.t WHERE id > 10") == 1)
    }
  }

  @Test(
    "goes by what refers to a row within the table: both go, or both stay",
    arguments: ["CASCADE", "NO ACTION", "NO ACTION DEFERRABLE INITIALLY DEFERRED"])
  func ownReferences(action: String) async throws {
    let tables = """
      CREATE TABLE public.t (id integer PRIMARY KEY, v integer REFERENCES public.t ON DELETE \(action));
      INSERT INTO public.t VALUES (1, NULL), (2, 1)
      """
    try await ImportBench.run(tables) { bench in
      // 2 points to a row that goes, and gets its old value back; 10 to 13 are a chain.
      let id = try await bench.imported(
        """
        INSERT INTO public.t VALUES (10, 1), (11, 10), (12, 11), (20, NULL), (21, 20);
        UPDATE public.t SET v = 12 WHERE id = 2
        """)
      try await bench.connection.execute("INSERT INTO public.t VALUES (30, 21)")
      let record = try await bench.undo(id)
      #expect(record.status == .undone, "\(String(describing: record.undo.failure))")
      #expect(try await bench.content() == ["(1,)", "(2,1)", "(20,)", "(21,20)", "(30,21)"])
      #expect((record.undo.deleted, record.undo.restored, record.undo.left) == (3, 1, 2))
      #expect(
        try await bench.rows("SELECT key ->> 'id', reason FROM sluice.undo_left ORDER BY 1")
          == ["20|referenced", "21|referenced"])
    }
  }

  @Test(
    "leaves the rows that Postgres refuses, and no others; what another row makes room for passes")
  func refused() async throws {
    let tables = """
      CREATE TABLE public.t (id integer PRIMARY KEY, v text UNIQUE);
      INSERT INTO public.t SELECT n, 'v' || n FROM generate_series(1, 100) n;
      CREATE FUNCTION public.no() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF OLD.id = 250 THEN RAISE 'row % stays', OLD.id; END IF;
        IF OLD.id = 251 THEN RETURN NULL; END IF;
        RETURN OLD;
      END $$;
      CREATE TRIGGER no BEFORE DELETE ON public.t FOR EACH ROW EXECUTE FUNCTION public.no()
      """
    try await ImportBench.run(tables) { bench in
      // Each row took the value of the one before it, the last one a new one.
      let id = try await bench.imported(
        """
        UPDATE public.t SET v = 'w' WHERE id = 100;
        DO $$ BEGIN FOR n IN REVERSE 99..50 LOOP
          UPDATE public.t SET v = 'v' || n + 1 WHERE id = n; END LOOP; END $$;
        UPDATE public.t SET v = 'z' WHERE id = 7;
        INSERT INTO public.t SELECT n, 'new' || n FROM generate_series(200, 300) n;
        INSERT INTO public.t VALUES (301, 'v50')
        """)
      try await bench.connection.execute("INSERT INTO public.t VALUES (1000, 'v7')")
      let record = try await bench.undo(id)
      #expect(record.status == .undone)
      #expect((record.undo.deleted, record.undo.restored, record.undo.left) == (100, 51, 3))
      let left = try await bench.left(of: id)
      #expect(left.count == 3)
      #expect(left[0] == #"{"id": "250"}|refused|row 250 stays"#)
      #expect(left[1].hasPrefix(#"{"id": "251"}|refused|a trigger"#))
      #expect(left[2].hasPrefix(#"{"id": "7"}|refused|duplicate key value"#))
      #expect(try await bench.count("public.t WHERE v = 'v' || id") == 99)
    }
  }

  @Test("of rows without a key, or with NULLs in it, takes as many as were inserted")
  func bags() async throws {
    let tables = """
      CREATE TABLE public.t (id integer UNIQUE, v text);
      INSERT INTO public.t VALUES (NULL, 'a'), (NULL, 'a'), (1, 'b'), (NULL, NULL)
      """
    for key in [[], ["id"]] {
      try await ImportBench.run(tables) { bench in
        let before = try await bench.content()
        let id = try await bench.imported(
          "INSERT INTO public.t VALUES (NULL, 'a'), (NULL, 'a'), (NULL, 'a'), (NULL, 'c'), (2, 'd')",
          ImagedChange(key: []))
        if !key.isEmpty {
          // The same by a key: the arrays hold what identifies rows.
          try await bench.connection.execute(
            """
            ALTER TABLE sluice."undo_\(id.digits)_inserted" ADD k0 integer[];
            UPDATE sluice.undo SET key_columns = '{id}';
            UPDATE sluice."undo_\(id.digits)_inserted" SET k0 = '{NULL,NULL,NULL,NULL,2}'
            """)
        }
        try await bench.connection.execute("DELETE FROM public.t WHERE v = 'c'")
        let record = try await bench.undo(id)
        #expect(record.status == .undone, "\(String(describing: record.undo.failure))")
        #expect((record.undo.deleted, record.undo.left) == (4, 1))
        #expect(try await bench.content() == before)
        #expect(
          try await bench.rows("SELECT reason, key ->> 'id' FROM sluice.undo_left") == ["gone|∅"])
      }
    }
  }

  @Test("of two imports, the second and then the first, leaves the table as it was before both")
  func chain() async throws {
    try await ImportBench.run(Self.table) { bench in
      let before = try await bench.content()
      let first = try await bench.imported(
        "UPDATE public.t SET v = 'one' WHERE id < 8; INSERT INTO public.t SELECT n, 'one' FROM generate_series(11, 20) n"
      )
      let between = try await bench.content()
      let second = try await bench.imported(
        "UPDATE public.t SET v = 'two' WHERE id % 2 = 0; INSERT INTO public.t VALUES (30, 'two')")
      #expect(try await bench.undo(second).undo.left == 0)
      #expect(try await bench.content() == between)
      #expect(try await bench.undo(first).undo.left == 0)
      #expect(try await bench.content() == before)
    }
  }

  @Test("finds rows in partitions")
  func partitions() async throws {
    let tables = """
      CREATE TABLE public.t (id integer, p integer, v text, PRIMARY KEY (p, id)) PARTITION BY LIST (p);
      CREATE TABLE public.t1 PARTITION OF public.t FOR VALUES IN (1);
      CREATE TABLE public.t2 PARTITION OF public.t FOR VALUES IN (2);
      INSERT INTO public.t SELECT n, 1 + n % 2, 'old' FROM generate_series(1, 20) n
      """
    try await ImportBench.run(tables) { bench in
      let before = try await bench.content()
      let id = try await bench.imported(
        "UPDATE public.t SET v = 'x' WHERE id < 9; INSERT INTO public.t SELECT n, 1 + n % 2, 'y' FROM generate_series(30, 50) n",
        ImagedChange(key: ["p", "id"]))
      let record = try await bench.undo(id)
      #expect((record.undo.deleted, record.undo.restored, record.undo.left) == (21, 8, 0))
      #expect(try await bench.content() == before)
    }
  }

  @Test("writes neither identities nor generated columns, and takes names and types as they come")
  func columns() async throws {
    let tables = """
      CREATE TYPE public.pair AS (a integer, b text);
      CREATE TABLE public."T ""x'" (
        "i d" public.pair, "n'" numeric, a text[], "V" jsonb, i bigint GENERATED ALWAYS AS IDENTITY,
        g numeric GENERATED ALWAYS AS ("n'" * 2) STORED, PRIMARY KEY ("i d", "n'", a));
      INSERT INTO public."T ""x'" VALUES ('(1,x)', 1.0, '{p,"q r"}', '{}'), ('(2,)', 2.50, '{}', '[]')
      """
    try await ImportBench.run(tables) { bench in
      let name = "public.\"T \"\"x'\""
      let before = try await bench.content(name)
      let id = try await bench.imported(
        """
        UPDATE \(name) SET "V" = NULL;
        INSERT INTO \(name) VALUES ('(3,"a b")', 1.00, '{{1,2},{3,4}}', '1')
        """, ImagedChange(table: name, key: ["i d", "n'"], images: ["i", "V"]))
      let record = try await bench.undo(id)
      #expect(record.status == .undone, "\(String(describing: record.undo.failure))")
      #expect((record.undo.deleted, record.undo.restored, record.undo.left) == (1, 2, 0))
      #expect(try await bench.content(name) == before)
    }
  }
}
