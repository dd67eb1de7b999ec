import ImportModel
import Postgres
import TestSupport
import Testing

@testable import Merging

@Suite("What a second session finds a slice ahead")
struct ChangesAheadTests {
  /// How the rows of the target lie; those that are staged are in the order of the key.
  enum Order: Sendable, CaseIterable {
    /// Seven slices, of 8,000, 20,000, five times 40,000 and what is left of 210,000 rows.
    case ofKey
    /// Three slices, of 40,000, 100,000 and 70,000 rows.
    case other

    var slices: Int { self == .ofKey ? 7 : 3 }
    /// Rows that are behind when the last slice is about to be merged.
    var rowsBeforeTheLast: Int64 { self == .ofKey ? 180_000 : 135_000 }

    /// Of the staged rows, a third is new, a third has changed and a third is the same.
    var table: String {
      """
      CREATE TABLE t (id int PRIMARY KEY, a int, b text UNIQUE);
      INSERT INTO t SELECT n, CASE n % 3 WHEN 1 THEN -n ELSE n END, 'b' || n
        FROM generate_series(1, \(rows)) n WHERE n % 3 > 0
       ORDER BY \(self == .ofKey ? "1" : "hashint4(n)");
      ANALYZE t
      """
    }
  }

  private static let rows: Int64 = 210_000

  /// Merges, and calls the body when the last slice was looked at but not merged.
  private static func merge(
    _ bench: ImportBench, _ request: MergeRequest, _ order: Order,
    beforeTheLast body: (@Sendable () async throws -> Void)? = nil
  ) async throws -> MergeOutcome {
    let helper = try await TestDatabase.connect(bench.database)
    let places = BesideTables.name("places\(order.slices - 1)", of: request.lease)
    let merger = Merger(
      request, on: bench.connection, helpedBy: helper,
      watch: { progress in
        guard let body, progress.counts.merged > order.rowsBeforeTheLast,
          progress.counts.merged < rows,
          !progress.isFinalizing
        else { return }
        try await eventually("the last slice was looked at") {
          try await bench.pool.query("SELECT to_regclass($1) IS NOT NULL AS there", [.text(places)])
            .rows[0].bool("there")
        }
        try await body()
      }, reject: { _, _ in }, checkRejects: { _ in })
    let outcome = try await merger.run()
    await helper.close()
    #expect(outcome.plan == .joinByScan)
    // Where a row is at fault, nobody looks ahead in the end.
    let followsKey = order == .ofKey && outcome.counts.bad == 0
    #expect(outcome.report.reason.hasSuffix(", in the order of the key") == followsKey)
    return outcome
  }

  private static func digest(_ bench: ImportBench) async throws -> [String] {
    try await bench.rows("SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM t")
  }

  @Test("is waited for, however long that takes")
  func slow() async throws {
    try await ImportBench.run(Order.other.table) { bench in
      let request = try await bench.stagedTriples(Self.rows)
      try await bench.makeOthersSlow()
      let outcome = try await Self.merge(bench, request, .other)
      #expect(outcome.counts.updated == Self.rows / 3)
    }
  }

  @Test("is found by a hash where only the target lies in the order of the key")
  func shuffled() async throws {
    try await ImportBench.run(Order.ofKey.table) { bench in
      let request = try await bench.stagedTriples(Self.rows, orderedBy: "hashint4(n)")
      // It tells which way was taken.
      let outcome = try await Self.merge(bench, request, .other)
      #expect(outcome.counts.updated == Self.rows / 3)
      #expect(try await bench.count("t WHERE a = id AND b = 'b' || id") == Int(Self.rows))
    }
  }

  @Test("is merged as if one session had done it, and can be taken back", arguments: Order.allCases)
  func whole(order: Order) async throws {
    try await ImportBench.run(order.table) { bench in
      let before = try await Self.digest(bench)
      let request = try await bench.stagedTriples(Self.rows)
      let outcome = try await Self.merge(bench, request, order)
      let third = Self.rows / 3
      #expect(
        [outcome.counts.inserted, outcome.counts.updated, outcome.counts.unchanged]
          == [third, third, third])
      #expect(try await bench.count("t WHERE a = id AND b = 'b' || id") == Int(Self.rows))
      let id = request.lease.importID
      #expect(
        try await bench.leftTables(of: "beside|undo")
          == ["undo_\(id.digits)_inserted", "undo_\(id.digits)_updated"])
      // A transaction of the other session for each slice.
      #expect(
        try await bench.rows(
          """
          SELECT count(*), count(DISTINCT u.xmin::text), bool_or(u.xmin = t.xmin)
            FROM \(UndoTables.updated(id)) u JOIN t ON t.id = u.k0
          """) == ["\(third)|\(order.slices)|f"])
      let undone = try await bench.undo(id)
      #expect(
        [undone.undo.deleted, undone.undo.restored, undone.undo.left] == [third, third, 0])
      #expect(try await Self.digest(bench) == before)
    }
  }

  @Test(
    "what somebody else writes meanwhile is met as it is then",
    arguments: [
      // A row that has changed: 209,998 is the first of the last three.
      ("UPDATE t SET a = 7 WHERE id = 209998", ["209998|7|b209998"], [70_000, 70_000, 70_000]),
      (
        "UPDATE t SET a = 209998 WHERE id = 209998", ["209998|209998|b209998"],
        [70_000, 69_999, 70_001]
      ),
      ("DELETE FROM t WHERE id = 209998", [], [70_001, 69_999, 70_000]),
      // One that is new.
      (
        "INSERT INTO t VALUES (210000, 7, 'b210000')", ["210000|7|b210000"],
        [69_999, 70_001, 70_000]
      ),
    ] as [(String, [String], [Int64])], Order.allCases)
  func crossed(
    by write: (sql: String, left: [String], counts: [Int64]), order: Order
  ) async throws {
    let (sql, left, counts) = write
    try await ImportBench.run(order.table) { bench in
      let request = try await bench.stagedTriples(Self.rows)
      let outcome = try await Self.merge(bench, request, order) {
        _ = try await bench.pool.query(sql)
      }
      #expect(
        [outcome.counts.inserted, outcome.counts.updated, outcome.counts.unchanged] == counts)
      #expect(try await bench.count("t WHERE a = id AND b = 'b' || id") == Int(Self.rows))
      let undone = try await bench.undo(request.lease.importID)
      #expect(undone.undo.left == 0)
      // What the other session has written is there again, and all else as it was.
      #expect(
        try await bench.rows("SELECT * FROM t WHERE id IN (209998, 210000)")
          == (left.isEmpty || left[0].hasPrefix("209998")
            ? left : ["209998|-209998|b209998"] + left))
      #expect(
        try await bench.count("t WHERE id % 3 = 1 AND a = -id")
          == Int(Self.rows / 3) - (sql.contains("209998") ? 1 : 0))
    }
  }

  @Test(
    "comes to nothing where a row is at fault: the others go in, and nothing else is left",
    arguments: Order.allCases)
  func fault(order: Order) async throws {
    try await ImportBench.run(order.table) { bench in
      // A new row of the last slice, with what another one has.
      try await bench.connection.execute("INSERT INTO t VALUES (-1, 0, 'b210000')")
      let request = try await bench.stagedTriples(Self.rows)
      let outcome = try await Self.merge(bench, request, order)
      #expect(outcome.counts.bad == 1)
      #expect(outcome.counts.merged == Self.rows - 1)
      let id = request.lease.importID
      #expect(
        try await bench.leftTables(of: "beside|undo")
          == ["undo_\(id.digits)_inserted", "undo_\(id.digits)_updated"])
      #expect(try await bench.count(UndoTables.updated(id)) == Int(Self.rows / 3))
    }
  }
}

@Suite("Two sessions that compare what is mostly the same")
struct SharedComparisonTests {
  /// Two slices.
  private static let rows: Int64 = 60_000
  /// One row in a thousand is new, one has changed.
  private static func table(_ rule: String = "UNIQUE") -> String {
    """
    CREATE TABLE t (id int PRIMARY KEY, a int, b text \(rule));
    INSERT INTO t SELECT n, CASE n % 1000 WHEN 1 THEN -n ELSE n END, 'b' || n
      FROM generate_series(1, \(rows)) n WHERE n % 1000 > 0;
    ANALYZE t
    """
  }

  /// Merges beside a body.
  private static func merge(
    _ bench: ImportBench, _ request: MergeRequest,
    beside body: @Sendable () async throws -> Void = {}
  ) async throws -> MergeOutcome {
    let helper = try await TestDatabase.connect(bench.database)
    let merger = Merger(
      request, on: bench.connection, helpedBy: helper, watch: { _ in }, reject: { _, _ in },
      checkRejects: { _ in })
    async let outcome = merger.run()
    try await body()
    let merged = try await outcome
    await helper.close()
    return merged
  }

  @Test(
    "take a half each, and all of it can be taken back, whatever rules the table has beside its key",
    arguments: ["UNIQUE", "CHECK (b > '')", ""])
  func whole(rule: String) async throws {
    try await ImportBench.run(Self.table(rule)) { bench in
      let before = try await bench.rows("SELECT * FROM t ORDER BY id")
      let request = try await bench.stagedTriples(Self.rows)
      let outcome = try await Self.merge(bench, request)
      #expect(outcome.report.reason.hasSuffix("the file's are mostly known and unchanged"))
      #expect(
        [outcome.counts.inserted, outcome.counts.updated, outcome.counts.unchanged]
          == [60, 60, Self.rows - 120])
      #expect(try await bench.count("t WHERE a = id AND b = 'b' || id") == Int(Self.rows))
      // About half of the images are those of the other session.
      let updated = UndoTables.updated(request.lease.importID)
      #expect(
        try await bench.rows(
          """
          SELECT count(*), count(*) FILTER (WHERE u.xmin = t.xmin) BETWEEN 25 AND 35
            FROM \(updated) u JOIN t ON t.id = u.k0
          """) == ["60|t"])
      let undone = try await bench.undo(request.lease.importID)
      #expect([undone.undo.deleted, undone.undo.restored, undone.undo.left] == [60, 60, 0])
      #expect(try await bench.rows("SELECT * FROM t ORDER BY id") == before)
    }
  }

  @Test("what somebody else writes between the look and the update is met as it is then")
  func crossed() async throws {
    try await ImportBench.run(Self.table()) { bench in
      let request = try await bench.stagedTriples(Self.rows)
      let blocker = try await TestDatabase.connect(bench.database)
      // A row of the second half, which the first session goes through by itself.
      try await blocker.execute("BEGIN; SELECT FROM t WHERE id = 59001 FOR UPDATE")
      let places = BesideTables.name("places0", of: request.lease)
      let outcome = try await Self.merge(bench, request) {
        try await eventually("the first half was looked at, and the second one waits") {
          let found = try await bench.pool.query(
            """
            SELECT to_regclass($1) IS NOT NULL
               AND EXISTS (SELECT FROM pg_locks WHERE NOT granted) AS there
            """, [.text(places)])
          return try found.rows[0].bool("there")
        }
        _ = try await bench.pool.query("UPDATE t SET a = 7 WHERE id = 1001")
        try await blocker.execute("COMMIT")
      }
      await blocker.close()
      #expect(
        [outcome.counts.inserted, outcome.counts.updated, outcome.counts.unchanged]
          == [60, 60, Self.rows - 120])
      #expect(try await bench.count("t WHERE a = id AND b = 'b' || id") == Int(Self.rows))
      let undone = try await bench.undo(request.lease.importID)
      #expect([undone.undo.deleted, undone.undo.restored, undone.undo.left] == [60, 60, 0])
      #expect(
        try await bench.rows("SELECT a FROM t WHERE id IN (1, 1001) ORDER BY id") == ["-1", "7"])
    }
  }
}

extension ImportBench {
  /// Rows `1, 1, b1` and so on in staging, and what is needed to merge them into `public.t`.
  fileprivate func stagedTriples(
    _ rows: Int64, orderedBy order: String = "n"
  ) async throws -> MergeRequest {
    try await stagedForMerge(
      into: "public.t", columns: [("id", "integer"), ("a", "integer"), ("b", "text")],
      rows: "SELECT n, n, n, 'b' || n FROM generate_series(1, \(rows)) n ORDER BY \(order)",
      count: rows)
  }
}
