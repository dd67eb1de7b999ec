import ImportModel
import Postgres
import TestSupport
import Testing

@Suite("A merge beside other writers")
struct MergeRaceTests {
  private static let plain = "CREATE TABLE t (id int PRIMARY KEY, a int, b int DEFAULT 0)"
  private static let parted =
    plain + " PARTITION BY RANGE (id);"
    + "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (3);"
    + "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (3) TO (100)"
  private static let trigger = """
    ; CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE TRIGGER pass BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION pass()
    """

  struct Race: Sendable, CustomTestStringConvertible {
    let statement: String
    let inserted: Int64
    let updated: Int64
    let unchanged: Int64
    /// The rows that the undo would bring back, as `key|a`.
    let former: [String]
    var testDescription: String { statement }
  }

  /// The target has (1, 1), (2, 2), (3, 3); the file (1, 1), (2, 20), (3, 30), (4, 40).
  private static let races = [
    Race(
      statement: "INSERT INTO t VALUES (4, 4)", inserted: 0, updated: 3, unchanged: 1,
      former: ["2|2", "3|3", "4|4"]),
    Race(
      statement: "INSERT INTO t VALUES (4, 40)", inserted: 0, updated: 2, unchanged: 2,
      former: ["2|2", "3|3"]),
    Race(
      statement: "UPDATE t SET a = 5, b = 5 WHERE id = 2", inserted: 1, updated: 2, unchanged: 1,
      former: ["2|5", "3|3"]),
    Race(
      statement: "UPDATE t SET a = 20 WHERE id = 2", inserted: 1, updated: 1, unchanged: 2,
      former: ["3|3"]),
    Race(
      statement: "DELETE FROM t WHERE id = 3", inserted: 2, updated: 1, unchanged: 1,
      former: ["2|2"]),
    Race(
      statement: "DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (3, 7)", inserted: 1,
      updated: 2, unchanged: 1, former: ["2|2", "3|7"]),
  ]

  @Test(
    "what somebody else has written when the merge gets to it is what it meets",
    arguments: [plain, parted, plain + trigger, parted + trigger], races)
  func otherFirst(table: String, race: Race) async throws {
    let setUp = table + "; INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)"
    try await ImportBench.run(setUp) { bench in
      let other = try await TestDatabaseSession.begin(bench, race.statement)
      let id = try await bench.submit("id,a\n1,1\n2,20\n3,30\n4,40\n", into: "public.t")
      let done = try await bench.withWorker { _ in
        try await other.commitWhenAwaited()
        return try await bench.ended(id)
      }
      try expectDone(
        done, read: 4, inserted: race.inserted, updated: race.updated, unchanged: race.unchanged)
      #expect(
        try await bench.rows("SELECT id, a FROM t ORDER BY id") == ["1|1", "2|20", "3|30", "4|40"])
      #expect(
        try await bench.rows(
          "SELECT k0, c0 FROM sluice.undo_\(id.digits)_updated ORDER BY k0") == race.former)
      let kept = try await bench.rows(
        "SELECT coalesce(sum(n), 0) FROM sluice.undo_\(id.digits)_inserted",
        orNone: race.inserted == 0)
      #expect(kept == (race.inserted == 0 ? [] : ["\(race.inserted)"]))
    }
  }

  @Test(
    "who comes behind the merge waits for it, and finds its rows",
    arguments: [
      // Of the new row it knew nothing when it began.
      ("UPDATE t SET a = a + 1 WHERE id IN (2, 4)", ["1|1", "2|21", "3|30", "4|40"]),
      ("DELETE FROM t WHERE id = 2", ["1|1", "3|30", "4|40"]),
      (
        "INSERT INTO t VALUES (4, 9) ON CONFLICT (id) DO UPDATE SET a = 9",
        ["1|1", "2|20", "3|30", "4|9"]
      ),
    ])
  func mergeFirst(statement: String, rows: [String]) async throws {
    let setUp =
      Self.plain + """
        ; INSERT INTO t VALUES (1, 1), (2, 2), (3, 3);
        CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
          BEGIN IF current_setting('application_name') LIKE 'sluice import%' THEN
            PERFORM pg_advisory_xact_lock(77); END IF; RETURN NULL; END $$;
        CREATE TRIGGER hold AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION hold()
        """
    try await ImportBench.run(setUp) { bench in
      // The merge has written its rows when it waits for this lock.
      let other = try await TestDatabaseSession.begin(bench, "SELECT pg_advisory_xact_lock(77)")
      let id = try await bench.submit("id,a\n1,1\n2,20\n3,30\n4,40\n", into: "public.t")
      let done = try await bench.withWorker { _ in
        try await bench.waits("advisory")
        let late = Task { try await bench.pool.query(statement) }
        try await bench.waits("transactionid")
        try await other.commit()
        _ = try await late.value
        return try await bench.ended(id)
      }
      try expectDone(done, read: 4, inserted: 1, updated: 2, unchanged: 1)
      #expect(try await bench.rows("SELECT id, a FROM t ORDER BY id") == rows)
    }
  }

  @Test("two rows that are one to the index and two to the type cost only the one")
  func otherOperators() async throws {
    // An operator class that compares numbers by their tens.
    let setUp = """
      CREATE FUNCTION tens_eq(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 10 = $2 / 10';
      CREATE FUNCTION tens_lt(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 10 < $2 / 10';
      CREATE FUNCTION tens_le(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 10 <= $2 / 10';
      CREATE FUNCTION tens_ge(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 10 >= $2 / 10';
      CREATE FUNCTION tens_gt(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 10 > $2 / 10';
      CREATE FUNCTION tens_cmp(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS
        'SELECT btint4cmp($1 / 10, $2 / 10)';
      CREATE OPERATOR ==== (FUNCTION = tens_eq, LEFTARG = int, RIGHTARG = int, COMMUTATOR = ====);
      CREATE OPERATOR <<<< (FUNCTION = tens_lt, LEFTARG = int, RIGHTARG = int);
      CREATE OPERATOR <<== (FUNCTION = tens_le, LEFTARG = int, RIGHTARG = int);
      CREATE OPERATOR >>== (FUNCTION = tens_ge, LEFTARG = int, RIGHTARG = int);
      CREATE OPERATOR >>>> (FUNCTION = tens_gt, LEFTARG = int, RIGHTARG = int);
      CREATE OPERATOR CLASS tens FOR TYPE int USING btree AS
        OPERATOR 1 <<<<, OPERATOR 2 <<==, OPERATOR 3 ====, OPERATOR 4 >>==, OPERATOR 5 >>>>,
        FUNCTION 1 tens_cmp(int, int);
      CREATE TABLE t (k int, a int); CREATE UNIQUE INDEX u ON t (k tens);
      INSERT INTO t VALUES (10, 1), (20, 2)
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("k,a\n11,5\n12,6\n21,2\n31,7\n32,8\n") {
        $0.key = ["k"]
      }
      #expect(done.status == .done, "\(String(describing: done.failure))")
      #expect(
        try await bench.rows("SELECT * FROM t ORDER BY k") == ["10|6", "20|2", "31|8"])
    }
  }
}

extension ImportBench {
  fileprivate func rows(_ sql: String, orNone isNone: Bool) async throws -> [String] {
    isNone ? [] : try await rows(sql)
  }

  fileprivate func waits(_ kind: String) async throws {
    try await eventually("somebody waits: \(kind)", within: .seconds(60)) {
      try await TestDatabaseSession.countWaiting(for: kind, self) > 0
    }
  }
}
