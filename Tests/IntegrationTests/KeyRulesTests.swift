import ImportModel
import Postgres
import Testing
import Validation

@Suite("Rules over several rows")
struct KeyRulesTests {
  // MARK: Foreign keys

  @Test(
    "a foreign key of several columns, and what NULL means in it",
    arguments: [("SIMPLE", ["5"]), ("FULL", ["3", "4", "5"])])
  func compositeReference(match: String, rejected: [String]) async throws {
    let setUp = """
      CREATE TABLE r (a int, b text, PRIMARY KEY (b, a));
      INSERT INTO r VALUES (1, 'x');
      CREATE TABLE t (id int PRIMARY KEY, a bigint, b varchar(9),
        CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES r (a, b) MATCH \(match))
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a,b\n1,1,x\n2,,\n3,1,\n4,,x\n5,1,y\n")
      #expect(try await bench.rejectedRows(of: done.id) == rejected)
      #expect(done.status == .done)
      let faults = try await bench.faults(of: done.id)
      #expect(
        faults.last?.contains(#""fk": Key (a, b)=(1, y) is not present in table "r"|1, y"#) == true)
      #expect(faults.count == 1 || faults[0].contains("MATCH FULL does not allow"))
    }
  }

  @Test("a referenced table in partitions, or a deferred constraint, is a reference like any other")
  func otherReferences() async throws {
    let setUp = """
      CREATE TABLE r (id int PRIMARY KEY) PARTITION BY RANGE (id);
      CREATE TABLE r1 PARTITION OF r FOR VALUES FROM (0) TO (10);
      CREATE TABLE r2 PARTITION OF r FOR VALUES FROM (10) TO (20);
      INSERT INTO r VALUES (1), (11);
      CREATE TABLE t (id int PRIMARY KEY, r int CONSTRAINT fk REFERENCES r
        DEFERRABLE INITIALLY DEFERRED)
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,r\n1,1\n2,11\n3,2\n4,25\n")
      try expectDone(done, read: 4, bad: 2, inserted: 2)
      #expect(
        try await bench.rejects(of: done.id)
          == ["3|4|r|foreign_key|3,2", "4|5|r|foreign_key|4,25"])
      let table = try #require(
        try await TargetCatalog().table(named: "public.t", on: bench.connection))
      let details = try await TargetCatalog().details(of: table, on: bench.connection)
      #expect(details.references.map(\.name) == ["fk"])
    }
  }

  @Test(
    "rows may refer to each other in any order, but not to rejected ones",
    arguments: ["", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"], [true, false])
  func ownReference(kind: String, intoEmpty: Bool) async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, parent int CONSTRAINT fk REFERENCES t \(kind));
      \(intoEmpty ? "" : "INSERT INTO t VALUES (50, NULL);")
      """
    try await ImportBench.run(setUp) { bench in
      var text = "id,parent\n1,2\n2,3\n3,\n4,5\n5,99\n6,4\n"
      if !intoEmpty { text += "7,50\n" }
      // A reference that points far ahead.
      text += "8,40000\n" + (10_001...40_000).map { "\($0),\n" }.joined()
      let done = try await bench.importFile(text)
      #expect(done.status == .done, "\(String(describing: done.failure))")
      #expect(try await bench.rejectedRows(of: done.id) == ["4", "5", "6"])
      #expect(
        try await bench.rows("SELECT parent FROM t WHERE id IN (1, 2, 8) ORDER BY id")
          == ["2", "3", "40000"])
    }
  }

  @Test("a deferred reference to a row that a trigger adds is none to nothing")
  func addedByTrigger() async throws {
    let setUp = """
      CREATE TABLE r (id int PRIMARY KEY);
      CREATE TABLE t (id int PRIMARY KEY, r int REFERENCES r DEFERRABLE INITIALLY DEFERRED);
      CREATE FUNCTION add() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO r VALUES (NEW.r); RETURN NULL; END $$;
      CREATE TRIGGER z_add AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION add()
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,r\n1,1\n2,2\n")
      try expectDone(done, read: 2, inserted: 2)
    }
  }

  @Test("a table that the role may not read is left to Postgres, row by row")
  func unreadable() async throws {
    try await RoleBench.run(
      """
      CREATE TABLE r (id int PRIMARY KEY);
      INSERT INTO r SELECT generate_series(1, 10);
      CREATE TABLE t (id int PRIMARY KEY, r int CONSTRAINT fk REFERENCES r)
      """, grants: "GRANT ALL ON t TO %"
    ) { bench in
      let done = try await bench.importFile("id,r\n1,1\n2,11\n3,2\n")
      try expectDone(done, read: 3, bad: 1, inserted: 2)
      #expect(try await bench.rejects(of: done.id) == ["2|3|r|foreign_key|2,11"])
    }
  }

  // MARK: Unique keys

  @Test("a row may keep its own key, take one that is freed, but not one that is kept")
  func updates() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT u UNIQUE, n int);
      INSERT INTO t VALUES (1, 'a', 0), (2, 'b', 0), (3, 'c', 0), (4, 'd', 0)
      """
    try await ImportBench.run(setUp) { bench in
      // 5 takes what 4 gives up; 6 wants what 3 keeps; 7 what 1 keeps, which is in the file behind it.
      let done = try await bench.importFile("id,a,n\n2,b,1\n5,d,1\n4,e,1\n6,c,1\n7,a,1\n1,a,2\n")
      try expectDone(done, read: 6, bad: 2, inserted: 1, updated: 3)
      #expect(
        try await bench.rejects(of: done.id) == ["4|5|a|unique|6,c,1", "5|6|a|unique|7,a,1"])
      #expect(
        try await bench.rows("SELECT id, a FROM t ORDER BY id")
          == ["1|a", "2|b", "3|c", "4|e", "5|d"])
    }
  }

  @Test("the later of two rows with one key loses, unless the earlier breaks another rule")
  func laterLoses() async throws {
    let setUp =
      "CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT u UNIQUE, n int CHECK (n > 0))"
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a,n\n1,x,1\n2,x,1\n3,y,0\n4,y,1\n5,y,1\n")
      try expectDone(done, read: 5, bad: 3, inserted: 2)
      #expect(
        try await bench.faults(of: done.id).map {
          $0.split(separator: "|")[..<4].joined(separator: "|")
        }
          == ["2|3|a|unique", "3|4|n|check", "3|4|a|unique", "5|6|a|unique"])
    }
  }

  @Test(
    "keys of all kinds",
    arguments: [
      ("CREATE UNIQUE INDEX u ON t (a)", ["2", "5", "6"]),
      ("CREATE UNIQUE INDEX u ON t (a) NULLS NOT DISTINCT", ["2", "5", "6", "8"]),
      ("CREATE UNIQUE INDEX u ON t (a) WHERE n = 1", ["6"]),
      ("CREATE UNIQUE INDEX u ON t (lower(a))", ["2", "3", "4", "5", "6"]),
      ("CREATE UNIQUE INDEX u ON t (a, n)", ["2", "6"]),
      ("ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) DEFERRABLE INITIALLY DEFERRED", ["2", "5", "6"]),
      ("CREATE UNIQUE INDEX u ON t (a COLLATE ci)", ["2", "3", "4", "5", "6"]),
    ])
  func kinds(index: String, rejected: [String]) async throws {
    let setUp = """
      CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE TABLE t (id int PRIMARY KEY, a text, n int);
      INSERT INTO t VALUES (100, 'x', 0);
      \(index)
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile(
        "id,a,n\n1,a,1\n2,x,0\n3,X,1\n4,A,2\n5,a,3\n6,a,1\n7,,1\n8,,1\n")
      #expect(done.status == .done, "\(String(describing: done.failure))")
      #expect(try await bench.rejectedRows(of: done.id) == rejected)
      #expect(
        try await bench.count(
          "sluice.rejects WHERE code = 'unique' AND message LIKE '%unique constraint \"u\"%'")
          == rejected.count)
    }
  }

  @Test("a key whose column the file does not have is met by the default or by what is there")
  func missingKeyColumn() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a text, b text DEFAULT 'std', UNIQUE (a, b));
      INSERT INTO t VALUES (1, 'x', 'one'), (2, 'y', 'std')
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a\n1,y\n3,y\n4,z\n5,z\n")
      try expectDone(done, read: 4, bad: 2, inserted: 1, updated: 1)
      #expect(try await bench.rejectedRows(of: done.id) == ["2", "4"])
      #expect(
        try await bench.rows("SELECT * FROM t ORDER BY id") == ["1|y|one", "2|y|std", "4|z|std"])
    }
  }

  @Test("an exclusion constraint, against the table and within the file")
  func exclusion() async throws {
    let setUp = """
      CREATE EXTENSION btree_gist;
      CREATE TABLE t (id int PRIMARY KEY, room int, during int4range,
        CONSTRAINT x EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0)
          DEFERRABLE INITIALLY DEFERRED);
      INSERT INTO t VALUES (1, 1, '[1,5)'), (2, 1, '[5,9)')
      """
    try await ImportBench.run(setUp) { bench in
      // 2 moves away, so 3 may take its place.
      let done = try await bench.importFile(
        """
        id,room,during
        2,2,"[5,9)"
        3,1,"[6,7)"
        4,1,"[4,5)"
        5,1,"[6,8)"
        6,0,"[6,8)"
        7,0,"[6,8)"
        8,1,

        """)
      try expectDone(done, read: 7, bad: 2, inserted: 4, updated: 1)
      #expect(
        try await bench.faults(of: done.id).map {
          $0.split(separator: "|")[..<4].joined(separator: "|")
        }
          == ["3|4|room, during|unique", "4|5|room, during|unique"])
    }
  }
}
