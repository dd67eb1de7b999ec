import ImportModel
import Merging
import Postgres
import TestSupport
import Testing

@Suite("Taking back the replacement of a table")
struct ReplaceUndoTests {
  static let table = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'old')"

  private func failure(_ body: () async throws -> Void) async throws -> ImportFailure? {
    do {
      try await body()
      return nil
    } catch let failure as ImportFailure {
      return failure
    }
  }

  @Test("rows that were changed since keep the new table, until they are as they were")
  func changed() async throws {
    try await ImportBench.run(Self.table) { bench in
      let done = try await bench.replace("id,a\n1,new\n2,new\n")
      let change = { (sql: String) in _ = try await bench.connection.query(sql) }
      for (there, back) in [
        ("UPDATE t SET a = 'mine' WHERE id = 1", "UPDATE t SET a = 'new'"),
        ("INSERT INTO t VALUES (9, 'mine')", "DELETE FROM t WHERE id = 9"),
        ("DELETE FROM t WHERE id = 2", "INSERT INTO t VALUES (2, 'new')"),
        ("ALTER TABLE t ADD COLUMN b int", "ALTER TABLE t DROP COLUMN b"),
      ] {
        try await change(there)
        let failure = try await failure { try await bench.undoReplacement(done.id) }
        #expect(
          failure?.message.contains("since") == true, "\(there): \(failure?.message ?? "none")")
        try await change(back)
      }
      try await bench.undoReplacement(done.id)
      #expect(try await bench.rows("SELECT * FROM t") == ["1|old"])
    }
  }

  @Test("the second replacement is taken back before the first")
  func twice() async throws {
    try await ImportBench.run(Self.table) { bench in
      let before = try bench.dump()
      let first = try await bench.replace("id,a\n1,one\n")
      let second = try await bench.replace("id,a\n1,two\n2,two\n")
      let refused = try await failure { try await bench.undoReplacement(first.id) }
      #expect(refused != nil)
      try await bench.undoReplacement(second.id)
      #expect(try await bench.rows("SELECT * FROM t") == ["1|one"])
      try await bench.undoReplacement(first.id)
      #expect(try await bench.rows("SELECT * FROM t") == ["1|old"])
      #expect(try bench.dump() == before)
      #expect(try await bench.leftTables() == [])
    }
  }

  @Test("what was granted and made for the new table since is kept")
  func dressed() async throws {
    try await ImportBench.run(Self.table) { bench in
      let done = try await bench.replace("id,a\n1,new\n")
      try await bench.connection.execute(
        "GRANT SELECT ON t TO PUBLIC; CREATE VIEW v AS SELECT a FROM t; COMMENT ON COLUMN t.a IS 'x'"
      )
      let before = try bench.dump()
      try await bench.undoReplacement(done.id)
      #expect(try await bench.rows("SELECT * FROM v") == ["old"])
      #expect(try bench.dump() == before)
    }
  }

  @Test("the kept table holds on to nothing that others want to remove")
  func letsGo() async throws {
    let setUp = """
      CREATE TABLE kinds (id int PRIMARY KEY);
      INSERT INTO kinds VALUES (1), (2);
      CREATE FUNCTION three() RETURNS int LANGUAGE sql AS 'SELECT 3';
      CREATE TABLE t (id serial PRIMARY KEY, kind int REFERENCES kinds, n int DEFAULT three());
      INSERT INTO t (kind) VALUES (1);
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.replace("id,kind\n1,2\n")
      #expect(done.failure == nil)
      _ = try await bench.connection.query("DELETE FROM kinds WHERE id = 1")
      let refused = try await failure { try await bench.undoReplacement(done.id) }
      #expect(refused?.code == .constraint)
      #expect(try await bench.rows("SELECT * FROM t") == ["1|2|3"])
      try await bench.connection.execute("DROP TABLE t; DROP FUNCTION three()")
      #expect(try await bench.count("pg_class WHERE relkind = 'S' AND relname = 't_id_seq'") == 0)
    }
  }

  @Test("a kept table goes when its time is over, a stand-in when its import has ended")
  func sweeping() async throws {
    try await ImportBench.run(Self.table) { bench in
      let done = try await bench.replace("id,a\n1,new\n")
      let other = ImportID()
      try await bench.connection.execute(
        "CREATE TABLE sluice.replace_\(other.digits) (); CREATE TABLE sluice.replace_it ()")
      #expect(try await KeptTable.leftovers(on: bench.connection) == [other])
      _ = try await bench.connection.query(
        "UPDATE sluice.undo SET expires_at = clock_timestamp() - interval '1 second'")
      let left = try await KeptTable.leftovers(on: bench.connection)
      #expect(Set(left) == [other, done.id])
      for id in left { try await KeptTable.sweep(id, on: bench.connection) }
      #expect(try await bench.leftTables() == [])
      #expect(try await bench.count("sluice.replace_it") == 0)
      let failure = try await failure { try await bench.undoReplacement(done.id) }
      #expect(failure != nil)
      #expect(try await bench.rows("SELECT * FROM t") == ["1|new"])
    }
  }
}
