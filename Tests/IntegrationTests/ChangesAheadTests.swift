import ImportModel
import Postgres
import TestSupport
import Testing

@testable import Merging

@Suite("What a second session finds a slice ahead")
struct ChangesAheadTests {
  /// Three slices, of 40,000, 100,000 and 70,000 rows.
  private static let rows: Int64 = 210_000
  /// Of the staged rows, a third is new, a third has changed and a third is the same.
  private static let table = """
    CREATE TABLE t (id int PRIMARY KEY, a int, b text UNIQUE);
    INSERT INTO t SELECT n, CASE n % 3 WHEN 1 THEN -n ELSE n END, 'b' || n
      FROM generate_series(1, \(rows)) n WHERE n % 3 > 0;
    ANALYZE t
    """

  private static let tables = """
    SELECT relname FROM pg_class WHERE relnamespace = 'sluice'::regnamespace AND relkind = 'r'
       AND relname ~ '^(beside|undo)_[0-9a-f]{32}' ORDER BY relname
    """

  private static func staged(_ bench: ImportBench) async throws -> MergeRequest {
    try await bench.stagedForMerge(
      into: "public.t", columns: [("id", "integer"), ("a", "integer"), ("b", "text")],
      rows: "SELECT n, n, n, 'b' || n FROM generate_series(1, \(rows)) n", count: rows)
  }

  /// Merges, and calls the body when the last slice was looked at but not merged.
  private static func merge(
    _ bench: ImportBench, _ request: MergeRequest,
    beforeTheLast body: (@Sendable () async throws -> Void)? = nil
  ) async throws -> MergeOutcome {
    let helper = try await TestDatabase.connect(bench.database)
    let places = BesideTables.name("places2", of: request.lease)
    let merger = Merger(
      request, on: bench.connection, helpedBy: helper,
      watch: { progress in
        guard let body, progress.counts.merged > 100_000, progress.counts.merged < rows,
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
    return outcome
  }

  private static func digest(_ bench: ImportBench) async throws -> [String] {
    try await bench.rows("SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM t")
  }

  @Test("is merged as if one session had done it, and can be taken back")
  func whole() async throws {
    try await ImportBench.run(Self.table) { bench in
      let before = try await Self.digest(bench)
      let request = try await Self.staged(bench)
      let outcome = try await Self.merge(bench, request)
      #expect(outcome.plan == .joinByScan)
      let third = Self.rows / 3
      #expect(
        [outcome.counts.inserted, outcome.counts.updated, outcome.counts.unchanged]
          == [third, third, third])
      #expect(try await bench.count("t WHERE a = id AND b = 'b' || id") == Int(Self.rows))
      let id = request.lease.importID
      #expect(
        try await bench.rows(Self.tables)
          == ["undo_\(id.digits)_inserted", "undo_\(id.digits)_updated"])
      // Three transactions of the other session.
      #expect(
        try await bench.rows(
          """
          SELECT count(*), count(DISTINCT u.xmin::text), bool_or(u.xmin = t.xmin)
            FROM \(UndoTables.updated(id)) u JOIN t ON t.id = u.k0
          """) == ["\(third)|3|f"])
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
    ] as [(String, [String], [Int64])])
  func crossed(write: String, left: [String], counts: [Int64]) async throws {
    try await ImportBench.run(Self.table) { bench in
      let request = try await Self.staged(bench)
      let outcome = try await Self.merge(bench, request) {
        _ = try await bench.pool.query(write)
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
          == Int(Self.rows / 3) - (write.contains("209998") ? 1 : 0))
    }
  }

  @Test("comes to nothing where a row is at fault: the others go in, and nothing else is left")
  func fault() async throws {
    try await ImportBench.run(Self.table) { bench in
      // A new row of the last slice, with what another one has.
      try await bench.connection.execute("INSERT INTO t VALUES (-1, 0, 'b210000')")
      let request = try await Self.staged(bench)
      let outcome = try await Self.merge(bench, request)
      #expect(outcome.counts.bad == 1)
      #expect(outcome.counts.merged == Self.rows - 1)
      let id = request.lease.importID
      #expect(
        try await bench.rows(Self.tables)
          == ["undo_\(id.digits)_inserted", "undo_\(id.digits)_updated"])
      #expect(try await bench.count(UndoTables.updated(id)) == Int(Self.rows / 3))
    }
  }
}
