import ImportModel
import Testing

@Suite("Identity columns that no update can write")
struct FixedIdentityTests {
  private static let table = """
    CREATE TABLE t (n int GENERATED ALWAYS AS IDENTITY, id int PRIMARY KEY, a text);
    INSERT INTO t (id, a) VALUES (1, 'one'), (2, 'two'), (3, 'three')
    """
  private static let trigger = """
    ; CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE TRIGGER pass BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION pass()
    """

  @Test("a row that would change one is rejected in Postgres's words", arguments: ["", trigger])
  func rejected(more: String) async throws {
    try await ImportBench.run(Self.table + more) { bench in
      let done = try await bench.importFile("id,a,n\n1,new,9\n2,two,2\n3,three,8\n4,four,40\n")
      try expectDone(done, read: 4, bad: 2, inserted: 1, unchanged: 1)
      let message = "column \"n\" can only be updated to DEFAULT (SQLSTATE 428C9)"
      #expect(
        try await bench.faults(of: done.id)
          == ["1|2|n|database|\(message)|9", "3|4|n|database|\(message)|8"])
      #expect(
        try await bench.rows("SELECT id, a, n FROM t ORDER BY id")
          == ["1|one|1", "2|two|2", "3|three|3", "4|four|40"])
    }
  }

  @Test("one in a key with NULLs that are equal")
  func equalNulls() async throws {
    let setUp = """
      CREATE TABLE t (n int GENERATED ALWAYS AS IDENTITY, k int UNIQUE NULLS NOT DISTINCT, a text);
      INSERT INTO t (k, a) VALUES (NULL, 'none'), (2, 'two')
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("k,a,n\n,new,9\n2,new,2\n") { $0.key = ["k"] }
      try expectDone(done, read: 2, bad: 1, updated: 1)
      #expect(try await bench.rejectedRows(of: done.id) == ["1"])
    }
  }
}
