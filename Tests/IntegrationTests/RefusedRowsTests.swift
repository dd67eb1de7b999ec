import ImportModel
import Postgres
import Testing

@testable import Merging

@Suite("Rows that Postgres refuses in the merge")
struct RefusedRowsTests {
  private static func trigger(_ condition: String, _ kind: String = "TRIGGER refuse BEFORE INSERT")
    -> String
  {
    """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF \(condition) THEN RAISE 'not %', NEW.id; END IF; RETURN NEW; END $$;
    CREATE \(kind) ON t \(kind.hasPrefix("CONSTRAINT") ? "DEFERRABLE INITIALLY DEFERRED" : "")
      FOR EACH ROW EXECUTE FUNCTION refuse();
    """
  }

  private static func file(_ rows: Int) -> String {
    (1...rows).reduce(into: "id,a\n") { $0 += "\($1),\($1)\n" }
  }

  @Test(
    "a trigger that raises on some of 5,000 rows costs those rows",
    arguments: [
      "TRIGGER refuse BEFORE INSERT", "TRIGGER refuse AFTER INSERT",
      "CONSTRAINT TRIGGER refuse AFTER INSERT",
    ], [true, false])
  func raising(kind: String, intoEmpty: Bool) async throws {
    let setUp =
      "CREATE TABLE t (id int PRIMARY KEY, a int);"
      + (intoEmpty ? "" : "INSERT INTO t VALUES (5000, 0), (6000, 0);")
      + Self.trigger("NEW.id IN (1, 2, 1234, 4999)", kind)
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile(Self.file(5000))
      try expectDone(
        done, read: 5000, bad: 4, inserted: intoEmpty ? 4996 : 4995, updated: intoEmpty ? 0 : 1)
      #expect(
        try await bench.faults(of: done.id)
          == [1, 2, 1234, 4999].map { "\($0)|\($0 + 1)|∅|database|not \($0) (SQLSTATE P0001)|∅" })
      #expect(try await bench.count("t WHERE id <= 5000") == 4996)
    }
  }

  @Test("what a trigger mends is no breach, and what it spoils is one")
  func rewriting() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a int CONSTRAINT c CHECK (a > 0), b text UNIQUE);
      CREATE FUNCTION mend() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.a := CASE NEW.a WHEN 0 THEN 1 WHEN 7 THEN -7 ELSE NEW.a END; RETURN NEW; END $$;
      CREATE TRIGGER mend BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION mend()
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a,b\n1,0,x\n2,7,y\n3,-1,z\n4,1,x\n5,1,w\n")
      try expectDone(done, read: 5, bad: 3, inserted: 2)
      #expect(
        try await bench.rejects(of: done.id)
          == ["2|3|a|check|2,7,y", "3|4|a|check|3,-1,z", "4|5|b|unique|4,1,x"])
    }
  }

  @Test("a deferred trigger that looks at several rows sees them all")
  func balanced() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, entry int, amount int);
      CREATE FUNCTION balance() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF (SELECT sum(amount) FROM t WHERE entry = NEW.entry) <> 0 THEN
          RAISE 'entry % is not balanced', NEW.entry; END IF; RETURN NULL; END $$;
      CREATE INDEX ON t (entry);
      CREATE CONSTRAINT TRIGGER balance AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION balance()
      """
    try await ImportBench.run(setUp) { bench in
      var text = "id,entry,amount\n"
      for row in 1...15_000 { text += "\(row),\(row),5\n" }
      for row in 1...15_000 { text += "\(row + 15_000),\(row),-5\n" }
      let done = try await bench.importFile(text)
      try expectDone(done, read: 30_000, inserted: 30_000)
    }
  }

  @Test("rows that make room for each other go in, whatever their order")
  func makingRoom() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a int UNIQUE);
      INSERT INTO t SELECT n, n FROM generate_series(1, 10) n;
      """ + Self.trigger("NEW.id = 5")
    try await ImportBench.run(setUp) { bench in
      let text = "id,a\n" + (1...10).map { "\($0),\($0 + 1)\n" }.joined()
      let done = try await bench.importFile(text)
      // 5 stays where it is, so 4 cannot move there, nor 3 where 4 is.
      try expectDone(done, read: 10, bad: 5, updated: 5)
      #expect(
        try await bench.rows("SELECT a FROM t ORDER BY id")
          == ["1", "2", "3", "4", "5", "7", "8", "9", "10", "11"])
    }
  }

  @Test("a partition that is not there costs the row")
  func noPartition() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a int) PARTITION BY RANGE (id);
      CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);
      ALTER TABLE t1 ADD CONSTRAINT own CHECK (a < 5)
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a\n1,1\n10,1\n2,2\n3,7\n")
      try expectDone(done, read: 4, bad: 2, inserted: 2)
      let faults = try await bench.faults(of: done.id)
      #expect(faults[0].hasPrefix("2|3|∅|check|no partition of relation \"t\" found for row"))
      #expect(faults[1].contains("\"own\""))
    }
  }

  @Test("row-level security refuses rows, not the import")
  func rowSecurity() async throws {
    try await RoleBench.run(
      """
      CREATE TABLE t (id int PRIMARY KEY, owner text, a int);
      INSERT INTO t VALUES (1, 'me', 1), (2, 'you', 1);
      ALTER TABLE t ENABLE ROW LEVEL SECURITY;
      CREATE POLICY mine ON t USING (owner = 'me') WITH CHECK (owner = 'me' AND a < 10)
      """, grants: "GRANT ALL ON t TO %"
    ) { bench in
      let done = try await bench.importFile(
        "id,owner,a\n1,me,2\n2,me,2\n3,you,1\n4,me,11\n5,me,1\n")
      try expectDone(done, read: 5, bad: 3, inserted: 1, updated: 1)
      let faults = try await bench.faults(of: done.id)
      #expect(try await bench.rejectedRows(of: done.id) == ["2", "3", "4"])
      #expect(faults.allSatisfy { $0.contains("row-level security") && $0.contains("42501") })
      #expect(
        try await bench.rows("SELECT id, owner, a FROM t ORDER BY id")
          == ["1|me|2", "2|you|1", "5|me|1"])
    }
  }

  @Test("a right that is missing is no fault of rows")
  func missingRight() async throws {
    try await RoleBench.run(
      "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1)",
      grants: "GRANT SELECT, INSERT ON t TO %"
    ) { bench in
      let failed = try await bench.importFile("id,a\n1,2\n2,2\n")
      #expect(failed.status == .failed)
      #expect(failed.failure?.code == .unknownTarget)
      #expect(
        failed.failure?.hint == "the role needs the right to select, insert and update on public.t")
      #expect(try await bench.count("sluice.rejects") == 0)
    }
  }

  @Test("a trigger that refuses the statement itself fails the import")
  func statementTrigger() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a int);
      CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE 'closed for the night'; END $$;
      CREATE TRIGGER closed BEFORE INSERT ON t EXECUTE FUNCTION closed()
      """
    try await ImportBench.run(setUp) { bench in
      let failed = try await bench.importFile(Self.file(100))
      #expect(failed.status == .failed)
      #expect(failed.failure?.message.contains("closed for the night") == true)
      #expect(try await bench.count("sluice.rejects") == 0)
    }
  }

  @Test("over the limit nothing goes in, and the report has the rows that were found")
  func limits() async throws {
    let setUp =
      "CREATE TABLE t (id int PRIMARY KEY, a int CHECK (a <> 7));"
      + "INSERT INTO t VALUES (10, 0);" + Self.trigger("NEW.id % 100 = 0", "TRIGGER r AFTER INSERT")
    try await ImportBench.run(setUp) { bench in
      let failed = try await bench.importFile(Self.file(5000)) { $0.maxRejects = 3 }
      #expect(failed.status == .failed)
      #expect(failed.failure?.code == .tooManyRejects)
      #expect(failed.counts.bad == 4)
      #expect(try await bench.rejectedRows(of: failed.id) == ["7", "100", "200", "300"])
      #expect(try await bench.rows("SELECT * FROM t") == ["10|0"])
      #expect(try await bench.count("sluice.chunks") == 0)
      let aborted = try await bench.importFile("id,a\n1,1\n100,1\n200,1\n") { $0.onError = .abort }
      #expect(aborted.failure?.code == .tooManyRejects)
      #expect(try await bench.rejectedRows(of: aborted.id) == ["2"])
      let done = try await bench.importFile(Self.file(5000)) { $0.maxRejects = 51 }
      try expectDone(done, read: 5000, bad: 51, inserted: 4948, updated: 1)
    }
  }

  @Test("a parent that goes away between the check and the merge costs its rows")
  func race() async throws {
    let setUp = """
      CREATE TABLE r (id int PRIMARY KEY);
      INSERT INTO r VALUES (1), (2);
      CREATE TABLE t (id int PRIMARY KEY, r int CONSTRAINT fk REFERENCES r)
      """
    try await ImportBench.run(setUp) { bench in
      let other = try await TestDatabaseSession.begin(bench, "DELETE FROM r WHERE id = 2")
      let id = try await bench.submit("id,r\n1,1\n2,2\n3,1\n", into: "public.t")
      let done = try await bench.withWorker { _ in
        try await other.commitWhenAwaited()
        return try await bench.ended(id)
      }
      try expectDone(done, read: 3, bad: 1, inserted: 2)
      #expect(try await bench.rejects(of: done.id) == ["2|3|r|foreign_key|2,2"])
    }
  }

  @Test("a walk tries each thing until it is decided, in about 2 log n tries for a bad one")
  func walk() {
    var generator = SystemRandomNumberGenerator()
    for round in 0..<200 {
      let count = Int64.random(in: 1...2000, using: &generator)
      let bad = Set((0..<round % 8).map { _ in Int64.random(in: 0..<count, using: &generator) })
      var walk = SliceWalk(count: count, limit: Int64.random(in: 1...500, using: &generator))
      var accepted: Set<Int64> = []
      var refused: Set<Int64> = []
      var tries = 0
      while let range = walk.next {
        tries += 1
        if bad.isDisjoint(with: range) {
          #expect(accepted.isDisjoint(with: range))
          accepted.formUnion(range)
          walk.accept()
        } else if walk.refuse() {
          refused.formUnion(range)
        }
      }
      #expect(refused == bad)
      #expect(accepted.count + refused.count == Int(count))
      #expect(tries <= Int(count / walk.limit) + 1 + bad.count * 24)
    }
  }

  @Test("a walk learns how far apart bad things are: among one bad of 100, each costs few tries")
  func pace() {
    let count: Int64 = 50_000
    let bad = Set((0..<count).filter { (($0 &* 2_654_435_761) >> 7) % 100 == 0 })
    var walk = SliceWalk(count: count, limit: 20_000)
    var refused: Set<Int64> = []
    var tries = 0
    while let range = walk.next {
      tries += 1
      if bad.isDisjoint(with: range) {
        walk.accept()
      } else if walk.refuse() {
        refused.formUnion(range)
      }
    }
    #expect(refused == bad)
    #expect(tries < bad.count * 10)
  }

  @Test("a walk with a grain passes by so few as may hold a bad one, and learns from another walk")
  func grain() {
    var walk = SliceWalk(count: 100, limit: 64, grain: 16)
    var passedBy: [Range<Int64>] = []
    while let range = walk.next {
      if !range.contains(70) {
        walk.accept()
      } else if walk.refuse() {
        passedBy.append(range)
      }
    }
    #expect(passedBy.count == 1)
    #expect(passedBy[0].contains(70) && passedBy[0].count <= 16)
    #expect(SliceWalk(count: 100, limit: 64, gap: 20).next == 0..<14)
  }
}
