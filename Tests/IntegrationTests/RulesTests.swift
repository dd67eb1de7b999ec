import ImportModel
import Postgres
import Testing

@Suite("Rules of the database")
struct RulesTests {
  @Test("each kind of rule, broken once: the report names row, line, column and constraint")
  func everyRule() async throws {
    let setUp = """
      CREATE EXTENSION btree_gist;
      CREATE TYPE mood AS ENUM ('sad', 'ok');
      CREATE DOMAIN percentage AS int CONSTRAINT in_percent CHECK (VALUE BETWEEN 0 AND 100);
      CREATE TABLE customers (id int PRIMARY KEY);
      INSERT INTO customers VALUES (1), (2);
      CREATE TABLE t (
        id int PRIMARY KEY,
        name varchar(5) NOT NULL,
        price numeric(5,2) CONSTRAINT t_price_check CHECK (price > 0),
        feeling mood, share percentage,
        customer int CONSTRAINT t_customer_fkey REFERENCES customers,
        parent int CONSTRAINT t_parent_fkey REFERENCES t,
        email text CONSTRAINT t_email_key UNIQUE,
        code text,
        room int, during int4range,
        lo int, hi int,
        twice int GENERATED ALWAYS AS (nullif(price, 9) * 2) STORED NOT NULL,
        CONSTRAINT t_no_overlap EXCLUDE USING gist (room WITH =, during WITH &&),
        CONSTRAINT t_order CHECK (lo < hi));
      CREATE UNIQUE INDEX t_code ON t (lower(code)) WHERE code <> '';
      INSERT INTO t VALUES (100, 'old', 1, 'ok', 1, 1, NULL, 'old@x', 'OLD', 1, '[1,5)');
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.id = 19 THEN RAISE 'nineteen is not wanted'; END IF; RETURN NULL; END $$;
      CREATE TRIGGER refuse AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION refuse()
      """
    let file = """
      id,name,price,feeling,share,customer,parent,email,code,room,during,lo,hi
      1,a,1,ok,1,1,1,a@x,A,1,"[5,6)",1,2
      2,,1,ok,1,1,1,b@x,B,2,"[5,6)",1,2
      3,toolong,1,ok,1,1,1,c@x,C,3,"[5,6)",1,2
      4,d,1000,ok,1,1,1,d@x,D,4,"[5,6)",1,2
      5,e,0,ok,1,1,1,e@x,E,5,"[5,6)",1,2
      6,f,1,glad,1,1,1,f@x,F,6,"[5,6)",1,2
      7,g,1,ok,101,1,1,g@x,G,7,"[5,6)",1,2
      8,h,1,ok,1,7,1,h@x,H,8,"[5,6)",1,2
      9,i,1,ok,1,1,99,i@x,I,9,"[5,6)",1,2
      10,j,1,ok,1,1,1,old@x,J,10,"[5,6)",1,2
      11,k,1,ok,1,1,1,a@x,K,11,"[5,6)",1,2
      12,l,1,ok,1,1,1,l@x,old,12,"[5,6)",1,2
      13,m,1,ok,1,1,1,m@x,a,13,"[5,6)",1,2
      14,n,1,ok,1,1,1,n@x,N,1,"[4,5)",1,2
      15,o,1,ok,1,1,1,o@x,O,1,"[5,9)",1,2
      16,p,1,ok,1,1,1,p@x,P,16,"[5,6)",2,1
      17,q,9,ok,1,1,1,q@x,Q,17,"[5,6)",1,2
      18,r,-1,ok,1,8,1,r@x,R,18,"[5,6)",1,2
      19,s,1,ok,1,1,1,s@x,S,19,"[5,6)",1,2
      20,t,1,ok,1,2,19,t@x,T,20,"[5,6)",1,2
      21,u,1,ok,1,2,1,u@x,U,21,"[5,6)",1,2

      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile(file)
      let expected = [
        "2|3|name|required", "3|4|name|too_long", "4|5|price|out_of_range", "5|6|price|check",
        "6|7|feeling|type", "7|8|share|check", "8|9|customer|foreign_key",
        "9|10|parent|foreign_key", "10|11|email|unique", "11|12|email|unique",
        "12|13|code|unique", "13|14|code|unique", "14|15|room, during|unique",
        "15|16|room, during|unique",
        "16|17|lo, hi|check", "17|18|twice|required", "18|19|price|check",
        "18|19|customer|foreign_key",
        "19|20|∅|database", "20|21|parent|foreign_key",
      ]
      let found = try await bench.faults(of: done.id)
      #expect(found.map { $0.split(separator: "|")[..<4].joined(separator: "|") } == expected)
      try expectDone(done, read: 21, bad: 19, inserted: 2)
      #expect(try await bench.rows("SELECT id FROM t ORDER BY id") == ["1", "21", "100"])
      for words in [
        #"violates check constraint "t_price_check"|0"#,
        #"constraint "t_customer_fkey": Key (customer)=(7) is not present in table "customers"|7"#,
        #"constraint "t_parent_fkey": Key (parent)=(99) is not present in table "t"|99"#,
        #"unique constraint "t_email_key": Key (email)=(old@x) already exists|old@x"#,
        #"unique constraint "t_email_key": Key (email)=(a@x) is in another row of the file|a@x"#,
        #"unique constraint "t_code": Key (lower(code))=(old) already exists|old"#,
        #"unique constraint "t_code": Key (lower(code))=(a) is in another row of the file|a"#,
        #"constraint "t_no_overlap": Key (room, during)=(1, [4,5)) conflicts with an existing row"#,
        #"constraint "t_no_overlap": Key (room, during)=(1, [5,9)) conflicts with another row of"#,
        #"violates check constraint "t_order"|2, 1"#,
        #"null value in column "twice" of relation "t" violates not-null constraint"#,
        "nineteen is not wanted (SQLSTATE P0001)",
      ] { #expect(found.contains { $0.contains(words) }, "\(words)\n\(found)") }
    }
  }

  @Test("a CHECK sees defaults in new rows and what is there in known ones")
  func checkOfMissingColumns() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a int, b int DEFAULT 5, note text,
        CONSTRAINT below CHECK (a < b));
      INSERT INTO t VALUES (1, 1, 99), (2, 1, 3), (3, 1, NULL)
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a\n1,50\n2,4\n3,50\n4,4\n5,50\n6,\n")
      try expectDone(done, read: 6, bad: 2, inserted: 2, updated: 2)
      #expect(
        try await bench.rejects(of: done.id) == ["2|3|a, b|check|2,4", "5|6|a, b|check|5,50"])
      #expect(
        try await bench.rows("SELECT id, a, b FROM t ORDER BY id")
          == ["1|50|99", "2|1|3", "3|50|∅", "4|4|5", "6|∅|5"])
    }
  }

  @Test("a CHECK that fails by itself on a row costs that row")
  func failingCheck() async throws {
    let setUp = "CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT c CHECK (10 / a > 1))"
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a\n1,2\n2,0\n3,20\n4,1\n")
      try expectDone(done, read: 4, bad: 2, inserted: 2)
      #expect(
        try await bench.faults(of: done.id) == [
          "2|3|∅|database|division by zero (SQLSTATE 22012)|∅",
          "3|4|a|check|new row for relation \"t\" violates check constraint \"c\"|20",
        ])
    }
  }

  @Test("a row that breaks several rules has a reject for each, and its text once")
  func severalRules() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a int CONSTRAINT one CHECK (a > 0),
        b int CONSTRAINT two CHECK (b > 0), c text CONSTRAINT three UNIQUE);
      INSERT INTO t VALUES (9, 1, 1, 'x')
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a,b,c\n1,1,1,y\n2,0,0,x\n")
      try expectDone(done, read: 2, bad: 1, inserted: 1)
      #expect(
        try await bench.rejects(of: done.id)
          == ["2|3|a|check|2,0,0,x", "2|3|b|check|∅", "2|3|c|unique|∅"])
    }
  }

  @Test("rows that another row of the file stands for are skipped before rules are looked at")
  func duplicatesFirst() async throws {
    let setUp = "CREATE TABLE t (id int PRIMARY KEY, a text UNIQUE, n int CHECK (n > 0))"
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a,n\n1,x,0\n1,x,1\n2,y,1\n")
      try expectDone(done, read: 3, skipped: 1, inserted: 2)
    }
  }

  @Test("rules are looked at in staged text as in any type")
  func stagedText() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a aclitem[], n int CHECK (n > 0),
        CONSTRAINT few CHECK (cardinality(a) < 2))
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile(
        "id,a,n\n1,{=r/postgres},1\n2,\"{=r/postgres,=w/postgres}\",1\n")
      try expectDone(done, read: 2, bad: 1, inserted: 1)
      #expect(try await bench.rejectedRows(of: done.id) == ["2"])
    }
  }

  @Test("names that need quotes are quoted in rules as well")
  func oddNames() async throws {
    let setUp = #"""
      CREATE TABLE "r x" ("I d" int PRIMARY KEY);
      CREATE TABLE "T ""q""" ("I d" int PRIMARY KEY, "a""b" int CONSTRAINT "c ""k" CHECK ("a""b" > 0),
        "ref" int CONSTRAINT "f k" REFERENCES "r x", s int, t int, sluice_number int UNIQUE,
        CONSTRAINT "u q" UNIQUE (s, t));
      INSERT INTO "T ""q""" VALUES (9, 1, NULL, 1, 1, 9)
      """#
    try await ImportBench.run(setUp) { bench in
      let target = #"public."T ""q""""#
      let done = try await bench.importFile(
        "I d,\"a\"\"b\",ref,s,t\n1,0,,1,2\n2,1,5,1,3\n3,1,,1,1\n4,1,,1,4\n", into: target
      )
      try expectDone(done, read: 4, bad: 3, inserted: 1)
      #expect(
        try await bench.rejects(of: done.id).map {
          $0.split(separator: "|")[..<4].joined(separator: "|")
        }
          == ["1|2|a\"b|check", "2|3|ref|foreign_key", "3|4|s, t|unique"])
    }
  }

  @Test("rows that were mended go in the second time")
  func mended() async throws {
    let setUp = """
      CREATE TABLE r (id int PRIMARY KEY);
      CREATE TABLE t (id int PRIMARY KEY, r int REFERENCES r, a text UNIQUE)
      """
    try await ImportBench.run(setUp) { bench in
      var done = try await bench.importFile("id,r,a\n1,,x\n2,5,y\n3,,x\n")
      try expectDone(done, read: 3, bad: 2, inserted: 1)
      try await bench.connection.execute("INSERT INTO r VALUES (5)")
      done = try await bench.importFile("id,r,a,_errors\n2,5,y,none\n3,,z,none\n")
      try expectDone(done, read: 2, inserted: 2)
    }
  }

  @Test("more broken rules than allowed: nothing goes in, and the report has them all")
  func limits() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a int CHECK (a > 0));
      INSERT INTO t VALUES (1, 1)
      """
    try await ImportBench.run(setUp) { bench in
      for limit in ["abort", "max", "ratio"] {
        let failed = try await bench.importFile("id,a\n1,2\n2,0\n3,0\n3,4\n4,0\n") {
          switch limit {
          case "abort": $0.onError = .abort
          case "max": $0.maxRejects = 1
          default: $0.maxRejectRatio = 0.3
          }
        }
        #expect(failed.status == .failed)
        #expect(failed.failure?.code == .tooManyRejects)
        #expect(failed.counts.bad == 2)
        #expect(try await bench.rejectedRows(of: failed.id) == ["2", "5"])
        #expect(try await bench.rows("SELECT * FROM t") == ["1|1"])
      }
      #expect(try await bench.count("sluice.chunks") == 0)
      #expect(try await bench.count("pg_class WHERE relname LIKE 'staging%'") == 0)
      let done = try await bench.importFile("id,a\n1,2\n2,0\n3,0\n") { $0.maxRejects = 2 }
      try expectDone(done, read: 3, bad: 2, updated: 1)
    }
  }

  @Test("thousands of broken rows in a large file are each found")
  func many() async throws {
    let setUp = "CREATE TABLE t (id int PRIMARY KEY, a int CONSTRAINT c CHECK (a <> 0))"
    try await ImportBench.run(setUp) { bench in
      let text = (1...20_000).reduce(into: "id,a\n") { $0 += "\($1),\($1 % 5)\n" }
      let done = try await bench.importFile(text)
      try expectDone(done, read: 20_000, bad: 4_000, inserted: 16_000)
      #expect(
        try await bench.count(
          "sluice.rejects WHERE line = row + 1 AND raw = convert_to(row || ',0', 'UTF8')") == 4_000)
    }
  }
}
