import ImportModel
import Postgres
import Spool
import Testing

@Suite("Merging tables of all kinds")
struct MergePlansTests {
  static let table = "CREATE TABLE t (id int PRIMARY KEY, a text, n numeric(10,2))"

  @Test("an empty target gets all rows")
  func empty() async throws {
    try await ImportBench.run(Self.table) { bench in
      let done = try await bench.importFile("id,a,n\n1,x,1.50\n2,,\n3,\"\",3\n")
      try expectDone(done, read: 3, inserted: 3)
      #expect(
        done.history.map(\.name) == [.queued, .parsing, .validated, .loading, .finalizing, .done])
      #expect(done.bytesDone == done.source.bytes)
      #expect(
        try await bench.rows("SELECT * FROM t ORDER BY id") == ["1|x|1.50", "2|∅|∅", "3||3.00"])
      #expect(try await bench.count("pg_class WHERE relname LIKE 'staging%'") == 0)
      #expect(try await bench.count("sluice.chunks") == 0)
      #expect(!bench.spool.exists(id: done.id.description))
    }
  }

  @Test("new, changed and unchanged rows are told apart, and unchanged ones are not written")
  func upsert() async throws {
    let setUp = Self.table + "; INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2), (3, NULL, NULL)"
    try await ImportBench.run(setUp) { bench in
      let place = "SELECT xmin, ctid FROM t WHERE id IN (1, 3) ORDER BY id"
      let before = try await bench.rows(place)
      let done = try await bench.importFile("id,a,n\n1,x,1.00\n2,new,2\n3,,\n4,z,4\n")
      try expectDone(done, read: 4, inserted: 1, updated: 1, unchanged: 2)
      #expect(try await bench.rows(place) == before)
      #expect(
        try await bench.rows("SELECT id, a FROM t ORDER BY id") == ["1|x", "2|new", "3|∅", "4|z"])
    }
  }

  @Test("the last or the first of several rows with one key counts", arguments: ["last", "first"])
  func duplicates(choice: String) async throws {
    for rows in ["", "; INSERT INTO t VALUES (1, 'old', 0)"] {
      try await ImportBench.run(Self.table + rows) { bench in
        let done = try await bench.importFile(
          "id,a,n\n1,one,1\n2,b,2\n1,two,1\n1,three,1\n"
        ) { $0.duplicates = choice == "last" ? .last : .first }
        try expectDone(
          done, read: 4, skipped: 2, inserted: rows.isEmpty ? 2 : 1, updated: rows.isEmpty ? 0 : 1)
        #expect(
          try await bench.rows("SELECT a FROM t ORDER BY id")
            == [choice == "last" ? "three" : "one", "b"])
      }
    }
  }

  @Test("all rows with one key are rejected where duplicates are, with the rows as they stood")
  func rejectedDuplicates() async throws {
    try await ImportBench.run(Self.table) { bench in
      let done = try await bench.importFile(
        "id,a,n\r\n1,\"multi\r\nline\",1\r\n2,b,2\r\n1,two,1\r\nx,bad,1\r\n01,three,1\r\n"
      ) { $0.duplicates = .reject }
      try expectDone(done, read: 5, bad: 4, inserted: 1)
      #expect(
        try await bench.rejects(of: done.id) == [
          "1|2|id|duplicate_key|1,\"multi\r\nline\",1", "3|5|id|duplicate_key|1,two,1",
          "4|6|id|type|x,bad,1", "5|7|id|duplicate_key|01,three,1",
        ])
      #expect(try await bench.rows("SELECT id, a FROM t") == ["2|b"])
    }
  }

  @Test("rejected duplicates count against the limits, and the report still has them")
  func limitedDuplicates() async throws {
    try await ImportBench.run(Self.table) { bench in
      let failed = try await bench.importFile("id,a,n\n1,x,1\n2,y,2\n1,z,3\n") {
        $0.duplicates = .reject
        $0.onError = .abort
      }
      #expect(failed.status == .failed)
      #expect(failed.failure?.code == .tooManyRejects)
      #expect(failed.counts.bad == 2)
      #expect(try await bench.count("t") == 0)
      #expect(
        try await bench.rejects(of: failed.id) == [
          "1|2|id|duplicate_key|1,x,1", "3|4|id|duplicate_key|1,z,3",
        ])
    }
  }

  @Test("another unique key that is violated costs the row and names the constraint")
  func secondKey() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT only_once UNIQUE);
      INSERT INTO t VALUES (1, 'x')
      """
    try await ImportBench.run(setUp) { bench in
      var done = try await bench.importFile("id,a\n2,y\n3,x\n")
      try expectDone(done, read: 2, bad: 1, inserted: 1)
      done = try await bench.importFile("id,a\n4,same\n5,same\n")
      try expectDone(done, read: 2, bad: 1, inserted: 1)
      #expect(try await bench.rejects(of: done.id) == ["2|3|a|unique|5,same"])
      #expect(
        try await bench.count("sluice.rejects WHERE message LIKE '%\"only_once\"%'") == 2)
      #expect(try await bench.rows("SELECT * FROM t ORDER BY id") == ["1|x", "2|y", "4|same"])
      #expect(try await bench.count("pg_class WHERE relname LIKE 'staging%'") == 0)
    }
  }

  @Test("a composite key is met as a whole")
  func compositeKey() async throws {
    let setUp = """
      CREATE TABLE t (shop int, item text, day date, sold int, PRIMARY KEY (item, shop, day));
      INSERT INTO t VALUES (1, 'a', '2026-01-01', 5), (2, 'a', '2026-01-01', 5)
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile(
        """
        day,shop,item,sold
        2026-01-01,1,a,6
        2026-01-01,2,a,5
        2026-01-02,1,a,7
        2026-01-02,1,a,8

        """)
      try expectDone(done, read: 4, skipped: 1, inserted: 1, updated: 1, unchanged: 1)
      #expect(
        try await bench.rows("SELECT shop, day, sold FROM t ORDER BY day, shop")
          == ["1|2026-01-01|6", "2|2026-01-01|5", "1|2026-01-02|8"])
    }
  }

  @Test(
    "NULLs in a key are equal to nothing, unless the index says so",
    arguments: [("", 0, 3), ("NULLS NOT DISTINCT", 1, 1)])
  func nullKeys(clause: String, skipped: Int64, inserted: Int64) async throws {
    let setUp = """
      CREATE TABLE t (k text, a text, UNIQUE \(clause) (k));
      INSERT INTO t VALUES ('x', 'old'), (NULL, 'old')
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("k,a\n,1\nx,2\n,3\ny,4\n") { $0.key = ["k"] }
      try expectDone(
        done, read: 4, skipped: skipped, inserted: inserted, updated: skipped + 1)
      let expected =
        clause.isEmpty ? ["x|2", "y|4", "∅|1", "∅|3", "∅|old"] : ["x|2", "y|4", "∅|3"]
      #expect(try await bench.rows("SELECT k, a FROM t ORDER BY k, a") == expected)
    }
  }

  @Test("identity columns take the file's values", arguments: ["ALWAYS", "BY DEFAULT"])
  func identity(kind: String) async throws {
    let setUp = """
      CREATE TABLE t (id int GENERATED \(kind) AS IDENTITY PRIMARY KEY, a text);
      INSERT INTO t (a) VALUES ('one')
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a\n1,new\n7,seven\n")
      try expectDone(done, read: 2, inserted: 1, updated: 1)
      #expect(try await bench.rows("SELECT * FROM t ORDER BY id") == ["1|new", "7|seven"])
    }
  }

  @Test("an identity column that is not the key", arguments: ["ALWAYS", "BY DEFAULT"])
  func otherIdentity(kind: String) async throws {
    let setUp = """
      CREATE TABLE t (n int GENERATED \(kind) AS IDENTITY, id int PRIMARY KEY, a text);
      INSERT INTO t (id, a) VALUES (1, 'one'), (2, 'two')
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a,n\n1,new,1\n2,two,2\n3,three,30\n")
      try expectDone(done, read: 3, inserted: 1, updated: 1, unchanged: 1)
      #expect(
        try await bench.rows("SELECT id, a, n FROM t ORDER BY id")
          == ["1|new|1", "2|two|2", "3|three|30"])
    }
  }

  @Test("generated columns and defaults are left to Postgres; absent columns of known rows stay")
  func defaults() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a int, b int DEFAULT 5, c text NOT NULL DEFAULT 'c',
        twice int GENERATED ALWAYS AS (a * 2) STORED);
      INSERT INTO t (id, a, b, c) VALUES (1, 1, 99, 'kept')
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a\n1,10\n2,20\n")
      try expectDone(done, read: 2, inserted: 1, updated: 1)
      #expect(
        try await bench.rows("SELECT * FROM t ORDER BY id") == ["1|10|99|kept|20", "2|20|5|c|40"])
    }
  }

  @Test("json is compared by its text, jsonb by its value")
  func json() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, j json, b jsonb);
      INSERT INTO t VALUES (1, '{"a":1}', '{"a":1}'), (2, '{"a":1}', '{"a":1}')
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile(
        """
        id,j,b
        1,"{""a"":1}","{ ""a"" : 1 }"
        2,"{""a"":2}","{""a"":1}"
        3,[],null

        """)
      try expectDone(done, read: 3, inserted: 1, updated: 1, unchanged: 1)
    }
  }

  @Test("a partitioned target is merged and counted like any other")
  func partitioned() async throws {
    let setUp = """
      CREATE TABLE t (id int, day date, a text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
      CREATE TABLE t_old PARTITION OF t FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
      CREATE TABLE t_new PARTITION OF t FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)
      """
    try await ImportBench.run(setUp) { bench in
      var done = try await bench.importFile("id,day,a\n1,2025-12-31,x\n1,2026-01-01,y\n")
      try expectDone(done, read: 2, inserted: 2)
      done = try await bench.importFile(
        "id,day,a\n1,2025-12-31,x\n1,2026-01-01,new\n2,2026-01-01,z\n")
      try expectDone(done, read: 3, inserted: 1, updated: 1, unchanged: 1)
      #expect(try await bench.rows("SELECT id, a FROM t_new ORDER BY id") == ["1|new", "2|z"])
    }
  }

  @Test("names that need quotes are quoted")
  func oddNames() async throws {
    let setUp = #"""
      CREATE SCHEMA "My.Schema";
      CREATE TABLE "My.Schema"."say ""hi""" (
        "Select" int, "a""b" text, "ö" text, sluice_row int, "excluded" int, t int,
        PRIMARY KEY ("Select", "ö"));
      INSERT INTO "My.Schema"."say ""hi""" VALUES (1, 'x', 'k', 1, 1, 1)
      """#
    try await ImportBench.run(setUp) { bench in
      let target = "\"My.Schema\".\"say \"\"hi\"\"\""
      let done = try await bench.importFile(
        "Select,\"a\"\"b\",ö,sluice_row,excluded,t\n1,new,k,1,1,1\n2,y,k,2,2,2\n2,z,k,3,3,3\n",
        into: target)
      try expectDone(done, read: 3, skipped: 1, inserted: 1, updated: 1)
      #expect(
        try await bench.rows("SELECT * FROM \(target) ORDER BY 1")
          == ["1|new|k|1|1|1", "2|z|k|3|3|3"])
    }
  }

  @Test("rows of a key and nothing else")
  func onlyKey() async throws {
    try await ImportBench.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)") {
      bench in
      let done = try await bench.importFile("id\n1\n2\n2\n")
      try expectDone(done, read: 3, skipped: 1, inserted: 1, unchanged: 1)
    }
  }

  @Test("rows that vanish on their way are noticed, and nothing goes in", arguments: [true, false])
  func notConserved(intoEmpty: Bool) async throws {
    let setUp =
      Self.table + """
        ; CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.id = 2 THEN RETURN NULL; END IF; RETURN NEW; END $$;
        """ + (intoEmpty ? "" : "INSERT INTO t VALUES (9, 'kept', 9);")
      + "CREATE TRIGGER swallow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION swallow()"
    try await ImportBench.run(setUp) { bench in
      let before = try await bench.rows("SELECT * FROM t")
      let failed = try await bench.importFile("id,a,n\n1,x,1\n2,y,2\n3,z,3\n9,kept,9\n")
      #expect(failed.status == .failed)
      #expect(failed.failure?.code == .notConserved)
      #expect(try await bench.rows("SELECT * FROM t") == before)
    }
  }

  @Test("a trigger that changes rows on their way is no loss of rows")
  func changingTrigger() async throws {
    let setUp =
      Self.table + """
        ; CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.a := upper(NEW.a); RETURN NEW; END $$;
        CREATE TRIGGER tidy BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tidy();
        INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2)
        """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a,n\n1,x,1\n2,new,2\n3,z,3\n")
      try expectDone(done, read: 3, inserted: 1, updated: 1, unchanged: 1)
      #expect(try await bench.rows("SELECT a FROM t ORDER BY id") == ["X", "NEW", "Z"])
    }
  }
}

/// Checks that an import is done, and what became of its rows.
func expectDone(
  _ record: ImportRecord, read: Int64, bad: Int64 = 0, skipped: Int64 = 0, inserted: Int64 = 0,
  updated: Int64 = 0, unchanged: Int64 = 0, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  try #require(
    record.status == .done, "\(String(describing: record.failure))", sourceLocation: sourceLocation)
  var expected = RowCounts()
  expected.read = read
  expected.ok = read - bad
  expected.bad = bad
  expected.skipped = skipped
  expected.inserted = inserted
  expected.updated = updated
  expected.unchanged = unchanged
  #expect(record.counts == expected, sourceLocation: sourceLocation)
  #expect(record.rowsTotal == read, sourceLocation: sourceLocation)
}
