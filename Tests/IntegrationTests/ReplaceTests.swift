import ImportModel
import Merging
import Postgres
import TestSupport
import Testing

@Suite("Replacing a table as a whole")
struct ReplaceTests {
  @Test(
    "a table with everything that a table can have is as before, with the file's rows, and goes back"
  )
  func everything() async throws {
    try await ImportBench.run(EverythingTable.setUp) { bench in
      let before = try bench.dump()
      let content = "SELECT * FROM shop.items ORDER BY id"
      let old = try await bench.rows(content)
      let done = try await bench.replace(EverythingTable.file, into: EverythingTable.name)
      #expect(done.failure == nil)
      try expectDone(done, read: 4, inserted: 4)
      #expect(done.plan?.name == "replace")
      #expect(
        try await bench.rows(
          "SELECT id, code, name, price, maker, parent, span_from, note, loud FROM shop.items ORDER BY id"
        )
          == [
            "1|A-1|Anvil|12.50|1|∅|10|new|A-1", "2|A-2|Bolt|0.10|1|1|20|∅|A-2",
            "3|B-1|Crate, large|7.00|2|1|30|new|B-1", "7|B-2|Drill|99.99|∅|2|40|kept id|B-2",
          ])
      let after = try bench.dump()
      #expect(after.difference(from: before).isEmpty, "\(after.difference(from: before))")
      #expect(try await bench.count("shop.log") == 2)
      #expect(try await bench.count("shop.dear") == 3)
      #expect(try await bench.count("shop.dearest") == 3)
      let next = "INSERT INTO shop.items (code) VALUES ('N') RETURNING id, serial_no, ticket"
      #expect(try await bench.rows(next) == ["11|10|109"])
      _ = try await bench.connection.query("DELETE FROM shop.items WHERE code = 'N'")
      #expect(try await bench.leftTables().filter { $0.hasSuffix("_table") }.count == 1)
      let undone = try await bench.undoReplacement(done.id)
      #expect(undone.deleted == 4 && undone.restored == 5)
      #expect(try await bench.rows(content) == old)
      let back = try bench.dump()
      #expect(back.difference(from: before).isEmpty, "\(back.difference(from: before))")
      #expect(try await bench.leftTables() == [])
    }
  }

  @Test("rows that break a rule are named, rows of the old table are in nobody's way")
  func rejects() async throws {
    let setUp = """
      CREATE TABLE kinds (id int PRIMARY KEY);
      INSERT INTO kinds VALUES (1), (2);
      CREATE TABLE t (
        id int PRIMARY KEY, code text CONSTRAINT one_code UNIQUE, n int NOT NULL CHECK (n > 0),
        kind int CONSTRAINT of_kind REFERENCES kinds, up int CONSTRAINT above REFERENCES t);
      INSERT INTO t VALUES (1, 'a', 1, 1, NULL), (2, 'b', 1, 1, 1);
      """
    let file = """
      id,code,n,kind,up
      1,b,1,1,
      2,c,0,1,
      3,d,1,9,
      4,e,1,,2
      5,b,1,,
      6,f,1,2,1
      7,g,,,
      1,a,5,1,6

      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.replace(file)
      #expect(done.failure == nil)
      try expectDone(done, read: 8, bad: 4, skipped: 1, inserted: 3)
      #expect(
        try await bench.rejects(of: done.id) == [
          "2|3|n|check|2,c,0,1,", "3|4|kind|foreign_key|3,d,1,9,", "4|5|up|foreign_key|4,e,1,,2",
          "7|8|n|required|7,g,,,",
        ])
      #expect(
        try await bench.rows("SELECT * FROM t ORDER BY id") == [
          "1|a|5|1|6", "5|b|1|∅|∅", "6|f|1|2|1",
        ])
      #expect(try await bench.count("sluice.rejects WHERE message LIKE '%replace%'") == 0)
    }
  }

  @Test("triggers that shape rows are asked, and the rows that they refuse are named")
  func shapingTriggers() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, name text CONSTRAINT one_name UNIQUE, n int CHECK (n < 9));
      CREATE FUNCTION shape() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.n < 0 THEN RAISE 'no debts'; END IF;
        NEW.name = lower(NEW.name); RETURN NEW; END $$;
      CREATE TRIGGER shape BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION shape();
      INSERT INTO t VALUES (1, 'old', 1);
      """
    try await ImportBench.run(setUp) { bench in
      let before = try bench.dump()
      let done = try await bench.replace("id,name,n\n1,A,1\n2,a,2\n3,B,-1\n4,C,9\n5,D,5\n")
      #expect(done.failure == nil)
      try expectDone(done, read: 5, bad: 3, inserted: 2)
      #expect(try await bench.rows("SELECT * FROM t ORDER BY id") == ["1|a|1", "5|d|5"])
      let messages = try await bench.rows("SELECT code, message FROM sluice.rejects ORDER BY row")
      #expect(messages.count == 3)
      #expect(messages.first?.contains("\"one_name\"") == true, "\(messages)")
      #expect(!messages.contains { $0.contains("replace_") }, "\(messages)")
      #expect(try bench.dump() == before)
    }
  }

  @Test("a table without a key takes all rows, and identities go on where they stood")
  func withoutKey() async throws {
    let setUp = """
      CREATE TABLE t (n int GENERATED ALWAYS AS IDENTITY, a text);
      INSERT INTO t (a) VALUES ('x'), ('y');
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.replace("a\nsame\nsame\n")
      #expect(done.failure == nil)
      try expectDone(done, read: 2, inserted: 2)
      #expect(try await bench.rows("SELECT * FROM t ORDER BY n") == ["3|same", "4|same"])
      _ = try await bench.connection.query("INSERT INTO t (a) VALUES ('z')")
      #expect(try await bench.rows("SELECT max(n) FROM t") == ["5"])
    }
  }

  @Test("rows of other tables that would refer to nothing keep the table as it is")
  func dangling() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY);
      INSERT INTO t VALUES (1), (2), (3);
      CREATE TABLE others (t int CONSTRAINT points REFERENCES t);
      INSERT INTO others VALUES (1), (2), (2), (NULL);
      """
    try await ImportBench.run(setUp) { bench in
      let before = try bench.dump()
      let failed = try await bench.replace("id\n1\n4\n")
      #expect(failed.status == .failed && failed.failure?.code == .constraint)
      let message = failed.failure?.message ?? ""
      #expect(
        message.hasPrefix("2 rows of public.others") && message.contains("\"points\""), "\(message)"
      )
      #expect(try await bench.rows("SELECT * FROM t ORDER BY id") == ["1", "2", "3"])
      #expect(try bench.dump() == before)
      #expect(try await bench.leftTables() == [])
      #expect(try await bench.count("sluice.undo") == 0)
    }
  }

  @Test("more rejects than may be keep the table as it is, and are in the report")
  func tooManyRejects() async throws {
    let setUp =
      "CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n > 0)); INSERT INTO t VALUES (1, 1)"
    try await ImportBench.run(setUp) { bench in
      let failed = try await bench.replace("id,n\n1,5\n2,0\n") { $0.onError = .abort }
      #expect(failed.failure?.code == .tooManyRejects)
      #expect(try await bench.rejects(of: failed.id) == ["2|3|n|check|2,0"])
      #expect(try await bench.rows("SELECT * FROM t") == ["1|1"])
      #expect(try await bench.leftTables() == [])
    }
  }

  @Test("a partition gives its place to another one, and takes it back")
  func partition() async throws {
    let setUp = """
      CREATE TABLE whole (id int, part int, name text, PRIMARY KEY (id, part),
        CONSTRAINT named CHECK (name <> '')) PARTITION BY RANGE (part);
      CREATE INDEX whole_name ON whole (name);
      CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER seen AFTER UPDATE ON whole FOR EACH ROW EXECUTE FUNCTION nothing();
      CREATE TABLE t PARTITION OF whole FOR VALUES FROM (0) TO (10);
      CREATE TABLE rest PARTITION OF whole DEFAULT;
      ALTER TABLE t DISABLE TRIGGER seen;
      CREATE INDEX own ON t (part);
      INSERT INTO whole VALUES (1, 1, 'old'), (2, 50, 'elsewhere');
      """
    try await ImportBench.run(setUp) { bench in
      let before = try bench.dump()
      let done = try await bench.replace("id,part,name\n5,2,new\n6,70,not here\n7,3,\"\"\n") {
        $0.key = ["id", "part"]
      }
      #expect(done.failure == nil)
      try expectDone(done, read: 3, bad: 2, inserted: 1)
      let content = "SELECT * FROM whole ORDER BY id"
      #expect(try await bench.rows(content) == ["2|50|elsewhere", "5|2|new"])
      let after = try bench.dump()
      #expect(after.difference(from: before).isEmpty, "\(after.difference(from: before))")
      try await bench.undoReplacement(done.id)
      #expect(try await bench.rows(content) == ["1|1|old", "2|50|elsewhere"])
      let back = try bench.dump()
      #expect(back.difference(from: before).isEmpty, "\(back.difference(from: before))")
    }
  }

  @Test("who reads meanwhile sees the old rows or the new ones, and never none")
  func readers() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY, a text);
      INSERT INTO t SELECT i, 'old' FROM generate_series(1, 500) i;
      CREATE VIEW seen AS SELECT a FROM t;
      """
    let file = "id,a\n" + (1...20_000).map { "\($0),new\n" }.joined()
    try await ImportBench.run(setUp) { bench in
      let id = try await bench.submit(file, into: "public.t") { $0.mode = .replace }
      let reading = Task {
        let connection = try await TestDatabase.connect(bench.database)
        var seen: Set<String> = []
        while !Task.isCancelled {
          for sql in [
            "SELECT a, count(*) AS n FROM t GROUP BY a",
            "SELECT a, count(*) AS n FROM seen GROUP BY a",
          ] {
            let rows = try await connection.query(sql).rows
            seen.insert(rows.map { "\($0["a"] ?? "") \($0["n"] ?? "")" }.joined(separator: ", "))
          }
        }
        await connection.close()
        return seen
      }
      let done = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(done.failure == nil)
      try await eventually("the reader has come by") {
        try await bench.count("t") == 20_000
      }
      reading.cancel()
      let seen = await reading.result
      // The last query may be cancelled itself.
      if case .success(let seen) = seen {
        #expect(seen.isSubset(of: ["old 500", "new 20000"]), "\(seen)")
        #expect(seen.contains("old 500"))
      }
    }
  }
}
