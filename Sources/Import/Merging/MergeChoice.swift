import ImportModel
import Postgres

/// What there is to merge: the rules and triggers of the target, the pages of staging.
struct MergeGround: Sendable {
  let rules: TargetRules
  var images: UndoImages
  let staged: StagedSize
  /// Whether a trigger may change or swallow rows before they are written.
  let hasTriggers: Bool
  /// How many of the rows that may pass once others are in can wait for a later batch.
  var canWait = 0

  /// - Parameter part: a part of staging; all of it, where none is named.
  static func read(
    _ request: MergeRequest, rules: TargetRules, part: StagedSize? = nil,
    on connection: PostgresConnection
  ) async throws -> MergeGround {
    try await connection.planningOnce {
      try await planned(request, rules: rules, part: part, on: $0)
    }
  }

  private static func planned(
    _ request: MergeRequest, rules: TargetRules, part: StagedSize?,
    on connection: PostgresConnection
  ) async throws -> MergeGround {
    let triggers = try await connection.queryCached(
      MergeStatements.rowTriggers, [.int(Int64(request.target.oid))]
    ).rows[0]
    return MergeGround(
      rules: rules,
      images: try await UndoImages.read(
        request, written: request.writableColumns.map(\.name),
        isRewritten: try triggers.bool("on_update"), on: connection),
      staged: try await size(of: request, part, on: connection),
      hasTriggers: try triggers.bool("found"))
  }

  private static func size(
    of request: MergeRequest, _ part: StagedSize?, on connection: PostgresConnection
  ) async throws -> StagedSize {
    if let part { return part }
    let blocks = try await connection.queryCached(
      MergeStatements.stagingBlocks, [.text(request.staging)]
    ).rows[0].int64("blocks")
    return StagedSize(blocks: blocks, rows: request.staged.ok)
  }
}

/// How much is staged.
struct StagedSize: Sendable, Equatable {
  /// The first page.
  var first: Int64 = 0
  var blocks: Int64
  var rowsPerBlock: Double

  init(first: Int64 = 0, blocks: Int64, rows: Int64) {
    self.first = first
    self.blocks = blocks
    rowsPerBlock = max(1, Double(rows) / Double(max(1, blocks)))
  }

  /// Some of these pages.
  func slice(_ pages: Range<Int64>) -> StagedSlice {
    StagedSlice(pages: first + pages.lowerBound..<first + pages.upperBound)
  }
}

/// How many rows are merged at once.
struct SliceSizing: Sendable, Equatable {
  var first: Int
  var bounds: ClosedRange<Int>

  /// Small at first, then by the time that they take; one array holds their keys.
  static let tuned = SliceSizing(first: 20_000, bounds: 1_000...UndoImages.groupSize * 4 / 5)

  /// All alike.
  static func fixed(_ rows: Int) -> SliceSizing { SliceSizing(first: rows, bounds: rows...rows) }
}

/// The plan for one merge, and why it was taken.
///
/// A staged row is looked up in the key's index in some 4 µs where its page is in memory; reading a row of
/// the target and meeting it with the hash of a slice takes some 0.25 µs, but for each slice again. So the
/// first is taken where the target has more than 15 times as many rows, over all readings, as are staged.
struct MergeChoice: Sendable {
  private static let scanFactor = 15.0
  private static let probes: Int64 = 200

  let plan: MergePlan
  private(set) var report: MergePlanReport
  let sizing: SliceSizing
  /// Whether nearly all staged rows stand in the target as they are.
  let isMostlySame: Bool
  /// Whether a session that looks ahead looks up row by row, in the order of the key.
  private(set) var followsKey = false

  private init(
    _ plan: MergePlan, _ reason: String, rows: Int64, targetRows: Int64? = nil,
    knownShare: Double? = nil, isMostlySame: Bool = false, sizing: SliceSizing = .tuned,
    settings: [String: String] = [:]
  ) {
    self.plan = plan
    self.sizing = sizing
    self.isMostlySame = isMostlySame
    report = MergePlanReport(
      name: plan.rawValue, reason: reason, targetRows: targetRows, stagedRows: rows,
      knownShare: knownShare, settings: MergeChoice.common.merging(settings) { $1 })
  }

  /// What each merge sets for its transaction.
  static let common = ["work_mem": "64MB", "jit": "off"]

  /// What has rows looked up one by one, where a join of everything would read the target once a slice.
  static let rowByRow = [
    "enable_hashjoin": "off", "enable_mergejoin": "off", "enable_seqscan": "off",
  ]

  static func empty(rows: Int64) -> MergeChoice {
    MergeChoice(.empty, "the table is empty", rows: rows, targetRows: 0)
  }

  static func loadThenIndex(rows: Int64) -> MergeChoice {
    MergeChoice(
      .loadThenIndex, "the table is empty and nobody uses it: its indexes are built over all rows",
      rows: rows, targetRows: 0)
  }

  /// Chooses for a target that may have rows, and makes the settings.
  ///
  /// - Parameters:
  ///   - isKnown: whether an earlier batch has looked at the keys of staging.
  ///   - helper: a second session that will look at staging as well.
  static func choose(
    _ request: MergeRequest, _ ground: MergeGround, rows: Int64, isKnown: Bool = false,
    on connection: PostgresConnection, helpedBy helper: PostgresConnection? = nil
  ) async throws -> MergeChoice {
    let targetRows = try await connection.queryCached(
      rowsOfTarget, [.int(Int64(request.target.oid))]
    )
    .rows[0].int64("rows")
    guard request.hasKey else {
      return MergeChoice(
        .append, "rows are appended, no key is looked up", rows: rows, targetRows: targetRows)
    }
    if ground.hasTriggers || request.key.nullsAreEqual {
      let reason =
        ground.hasTriggers
        ? "triggers may change rows before they are written"
        : "the key holds NULLs for equal"
      return MergeChoice(.onConflict, reason, rows: rows, targetRows: targetRows)
    }
    let sample = isKnown ? nil : try await probe(request, ground, on: connection)
    var choice = join(rows: rows, targetRows: targetRows, sample, ground)
    if !isKnown {
      if let helper {
        // Both sessions go by what is committed.
        try await helper.transaction { try await analyzeKeys(request, on: $0) }
        if ChangesAhead.suits(request, ground) {
          try await choice.followKey(of: request, on: connection)
        }
      } else {
        try await analyzeKeys(request, on: connection)
      }
    }
    try await choice.makeSettings(on: connection)
    return choice
  }

  /// Makes the settings of the plan, until the transaction at hand ends.
  func makeSettings(on connection: PostgresConnection) async throws {
    for (name, value) in report.settings.sorted(by: { $0.key < $1.key }) {
      _ = try await connection.query(
        "SELECT set_config($1, $2, true)", [.text(name), .text(value)])
    }
  }

  /// Without statistics, the planner takes a key of staging for one of 200 values, and hashes the target
  /// for each slice. A small sample tells it better.
  private static func analyzeKeys(
    _ request: MergeRequest, on connection: PostgresConnection
  ) async throws {
    try await connection.execute("SET LOCAL default_statistics_target = 10")
    let names = request.keyColumns.map { quotedIdentifier($0.name) }.joined(separator: ", ")
    try await connection.execute("ANALYZE \(request.staging) (\(names))")
  }

  /// Notes whether staged rows and those of the target lie in the order of the key, as far as statistics tell: each is
  /// then found in the index beside the one before, in less time than a hash takes, which reads the whole target for each
  /// slice.
  ///
  /// A first column of few values tells nothing of the order of rows.
  private mutating func followKey(
    of request: MergeRequest, on connection: PostgresConnection
  ) async throws {
    guard plan == .joinByScan, !isMostlySame, let column = request.key.columns.first,
      let staged = request.keyColumns.first
    else { return }
    let found = try await connection.queryCached(
      """
      SELECT count(*) = 2 AS found
        FROM pg_stats s JOIN pg_namespace n ON n.nspname = s.schemaname
        JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
       WHERE (c.oid, s.attname) IN (($1::bigint::oid, $2::name), ($3::regclass::oid, $4::name))
         AND NOT s.inherited AND s.n_distinct < -0.1 AND abs(s.correlation) > 0.9
      """,
      [
        .int(Int64(request.target.oid)), .text(column), .text(request.staging), .text(staged.name),
      ])
    followsKey = try found.rows[0].bool("found")
    if followsKey { report.reason += ", in the order of the key" }
  }

  private static func join(
    rows: Int64, targetRows: Int64, _ sample: Sample?, _ ground: MergeGround
  ) -> MergeChoice {
    let knownShare = sample?.known
    let isMostlySame = (sample?.same ?? 0) >= 0.9 && rows >= Merger.leastRowsForHelp
    // Where next to nothing is written, two sessions take half of the rows each.
    let size = min(1_000_000, isMostlySame ? (rows + 1) / 2 : max(200_000, rows / 4))
    let readings = Double((rows + size - 1) / max(1, size))
    let words = sample.map { ", the file's are \($0.words)" } ?? ""
    if Double(targetRows) * max(1, readings) > Double(rows) * scanFactor {
      return MergeChoice(
        .joinByIndex, "few rows for a table of this size\(words)", rows: rows,
        targetRows: targetRows, knownShare: knownShare,
        settings: rowByRow)
    }
    // A hash of a slice may take twice as much.
    let bytes = Double(size) / ground.staged.rowsPerBlock * 8192
    let memory = min(256, max(64, Int(bytes / 1_048_576)))
    return MergeChoice(
      .joinByScan, "many rows for a table of this size\(words)", rows: rows,
      targetRows: targetRows, knownShare: knownShare, isMostlySame: isMostlySame,
      sizing: .fixed(Int(size)),
      settings: ["work_mem": "\(memory)MB"])
  }

  /// Shares of staged rows.
  private struct Sample {
    /// Those whose key the target has.
    let known: Double
    /// Those of them that would change nothing.
    let same: Double

    var words: String {
      switch (known, same) {
      case (..<0.05, _): "mostly new"
      case (0.95..., 0.95...): "mostly known and unchanged"
      case (0.95..., _): "mostly known"
      default: "new and known"
      }
    }
  }

  /// - Returns: nil where nothing is staged.
  private static func probe(
    _ request: MergeRequest, _ ground: MergeGround, on connection: PostgresConnection
  ) async throws -> Sample? {
    let blocks = ground.staged.blocks
    let count = min(blocks, probes)
    let places = (0..<count).map { "(\(ground.staged.first + $0 * blocks / count),1)" }
    let match = KeyMatch(request, rules: ground.rules)
    let statements = MergeStatements(
      request, rules: ground.rules, images: ground.images, countsSame: false)
    let found = try await connection.query(
      """
      SELECT count(*) AS sampled, count(*) FILTER (WHERE \(match.isHeld(where: "true"))) AS known,
             count(*) FILTER (WHERE \(match.isHeld(
               where: "NOT (\(statements.differences("t", request.value)))"))) AS same
        FROM \(request.staging) s WHERE s.ctid = ANY ($1::tid[])
      """, [.textArray(places)]
    ).rows[0]
    let sampled = Double(try found.int64("sampled"))
    guard sampled > 0 else { return nil }
    return Sample(
      known: Double(try found.int64("known")) / sampled,
      same: Double(try found.int64("same")) / sampled)
  }

  /// By the planner's own reckoning: the rows a page had at the last ANALYZE, and the pages there are now.
  private static let rowsOfTarget = """
    SELECT coalesce(sum(p.pages * CASE WHEN c.reltuples > 0 AND c.relpages > 0
                                       THEN c.reltuples / c.relpages ELSE 80 END), 0)::bigint AS rows
      FROM (SELECT relid FROM pg_partition_tree($1::bigint::oid)
            UNION SELECT $1::bigint::oid) AS t(id)
      JOIN pg_class c ON c.oid = t.id AND c.relkind = 'r'
     CROSS JOIN LATERAL (
       SELECT pg_relation_size(c.oid) / current_setting('block_size')::bigint AS pages) p
    """
}
