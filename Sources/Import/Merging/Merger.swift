public import ImportModel
public import Postgres

/// Merges a staging table into its target, all or nothing: invariants 5 and 6.
///
/// The merge, the counts, the end of staging and `status = done` are one transaction. Inside it, the rows
/// go over in slices of staging's pages, so that those who watch see them move.
public struct Merger: Sendable {
  /// Tells of the merge; awaited, so that the state is known before the commit.
  public typealias Watch = @Sendable (MergeProgress) async throws -> Void
  /// Makes rejects of rows of the file whose key stands there more than once, given by their numbers in
  /// ascending order, and keeps them in the transaction at hand.
  public typealias RejectDuplicates =
    @Sendable ([Int64], PostgresConnection) async throws -> Void
  /// Says whether so many rejects may be, or throws.
  public typealias CheckRejects = @Sendable (RowCounts) throws -> Void

  /// First word of the advisory locks on targets; the second is the OID.
  private static let lockSpace: Int64 = 0x51C1

  private let request: MergeRequest
  private let statements: MergeStatements
  private let connection: PostgresConnection
  private let watch: Watch
  private let reject: RejectDuplicates
  private let check: CheckRejects

  /// Prepares a merge over a connection that nobody else uses.
  public init(
    _ request: MergeRequest, on connection: PostgresConnection, watch: @escaping Watch,
    rejectDuplicates reject: @escaping RejectDuplicates,
    checkRejects check: @escaping CheckRejects
  ) {
    self.request = request
    statements = MergeStatements(request)
    self.connection = connection
    self.watch = watch
    self.reject = reject
    self.check = check
  }

  /// Merges and commits.
  ///
  /// - Throws: `LeaseLost` when the lease no longer holds or the import was called off; `ImportFailure`
  ///   when the counts do not add up; `PostgresError` when a rule of the database refuses.
  public func run() async throws -> MergeOutcome {
    var staged = request.staged
    if request.duplicates == .reject {
      try await rejectDuplicates(&staged)
      try check(staged)
    }
    do {
      if let outcome = try await attempt(.insert, staged) { return outcome }
    } catch let error as PostgresError where error.isUniqueViolation {
      // The key is in the file twice, or was written by somebody else meanwhile.
    } catch is RowsSwallowed {
      // A trigger kept rows out: the other plan tells which of them the target lacks.
    }
    guard let outcome = try await attempt(.upsert, staged) else {
      throw ImportFailure(.internal, "the merge had no plan")
    }
    return outcome
  }

  private func attempt(_ plan: MergePlan, _ staged: RowCounts) async throws -> MergeOutcome? {
    try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
      try await prepare()
      if plan == .insert {
        guard try await connection.query(statements.targetIsEmpty).rows[0].bool("empty") else {
          return nil
        }
      }
      var counts = staged
      if plan == .upsert || request.duplicates == .first { try await removeDuplicates(&counts) }
      try await merge(&counts, plan: plan)
      try await watch(MergeProgress(counts: counts, isFinalizing: true))
      try await finish(counts)
      return MergeOutcome(counts: counts, plan: plan)
    }
  }

  private func prepare() async throws {
    try await connection.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
    let key = Merger.lockSpace << 32 | Int64(request.target.oid)
    _ = try await connection.query("SELECT pg_advisory_xact_lock($1)", [.int(key)])
  }

  private func removeDuplicates(_ counts: inout RowCounts) async throws {
    guard request.duplicates != .reject,
      try await connection.query(statements.hasDuplicates).rows[0].bool("found")
    else { return }
    let statement = statements.removeDuplicates(keepingLast: request.duplicates == .last)
    counts.skipped += Int64(try await connection.query(statement).affected)
  }

  /// Moves duplicates from staging to the rejects, in a transaction of its own with its entry in the
  /// ledger: a failed import keeps them in its report, and another attempt does not look for them again.
  private func rejectDuplicates(_ counts: inout RowCounts) async throws {
    guard try await connection.query(statements.hasDuplicates).rows[0].bool("found") else { return }
    let removed = try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
      let removed = try await moveDuplicates()
      try await enter(removed)
      return removed
    }
    counts.ok -= removed
    counts.bad += removed
  }

  private func moveDuplicates() async throws -> Int64 {
    try await connection.execute(
      "DECLARE duplicates NO SCROLL CURSOR FOR \(statements.duplicateRows)")
    var removed: Int64 = 0
    while true {
      // The cursor sees staging as it was when it was declared, whatever is removed behind it.
      let page = try await connection.query("FETCH FORWARD 1000 FROM duplicates").rows
      if page.isEmpty { break }
      try await reject(try page.map { try $0.int64("row") }, connection)
      let places = try page.map { try $0.string("place") }
      removed += Int64(
        try await connection.query(statements.removeRows, [.textArray(places)]).affected)
    }
    try await connection.execute("CLOSE duplicates")
    return removed
  }

  /// An entry without bytes, behind the last one.
  private func enter(_ removed: Int64) async throws {
    let sql = """
      INSERT INTO sluice.chunks (import_id, chunk, first_byte, last_byte, first_row, last_row,
          first_line, last_line, rows_ok, rows_bad, attempt)
      SELECT i.id, max(c.chunk) + 1, max(c.last_byte) + 1, max(c.last_byte), max(c.last_row) + 1,
             max(c.last_row), max(c.last_line) + 1, max(c.last_line), -$3::bigint, $3::bigint,
             i.attempt
        FROM (SELECT * FROM sluice.imports
               WHERE id = $1::uuid AND lease_id = $2::uuid AND NOT cancel_requested FOR SHARE) i
        JOIN sluice.chunks c ON c.import_id = i.id GROUP BY i.id, i.attempt
      """
    let lease = request.lease
    let entered = try await connection.query(
      sql, [.text(lease.importID.description), .text(lease.id), .int(removed)])
    if entered.affected == 0 { throw LeaseLost(lease) }
  }

  private func merge(_ counts: inout RowCounts, plan: MergePlan) async throws {
    let blocks = try await connection.query(
      statements.stagingBlocks, [.text(request.staging)]
    ).rows[0].int64("blocks")
    let rowsPerBlock = max(1, Double(request.staged.ok) / Double(max(1, blocks)))
    let hasTriggers = try await connection.query(
      statements.hasRowTriggers, [.int(Int64(request.target.oid))]
    ).rows[0].bool("found")
    var tuner = SizeTuner(rows: 20_000, bounds: 1_000...1_000_000, aim: 0.4...1.2)
    let clock = ContinuousClock()
    var block: Int64 = 0
    while block < blocks {
      let next = min(blocks, block + max(1, Int64(Double(tuner.rows) / rowsPerBlock)))
      let begun = clock.now
      try await mergeSlice(block..<next, plan: plan, hasTriggers: hasTriggers, counts: &counts)
      tuner.note(
        rows: Int(Double(next - block) * rowsPerBlock), seconds: (clock.now - begun) / .seconds(1))
      try await watch(MergeProgress(counts: counts, isFinalizing: false))
      block = next
    }
  }

  private func mergeSlice(
    _ pages: Range<Int64>, plan: MergePlan, hasTriggers: Bool, counts: inout RowCounts
  ) async throws {
    let slice: [PostgresParameter] = [
      .text("(\(pages.lowerBound),0)"), .text("(\(pages.upperBound),0)"),
    ]
    switch plan {
    case .insert:
      let inserted = Int64(try await connection.query(statements.insert, slice).affected)
      if hasTriggers { try await checkNoneIsMissing(slice, else: RowsSwallowed()) }
      counts.inserted += inserted
    case .upsert:
      let row = try await connection.query(statements.upsert, slice).rows[0]
      let total = try row.int64("total")
      let written = try row.int64("written")
      let matched = try row.optionalInt64("matched")
      // Somebody else may have written keys since the others were counted.
      let inserted = try matched.map { min(written, max(0, total - $0)) } ?? row.int64("inserted")
      if hasTriggers {
        try await checkNoneIsMissing(
          slice,
          else: ImportFailure(
            .notConserved, "a trigger of \(request.target.displayName) keeps rows out of the table",
            hint: "nothing was changed; disable the trigger for imports, or let it raise"))
      }
      counts.inserted += inserted
      counts.updated += written - inserted
      counts.unchanged += total - written
    }
  }

  /// A trigger that answers NULL swallows a row without a word: counts alone do not show it.
  private func checkNoneIsMissing(
    _ slice: [PostgresParameter], else error: any Error
  ) async throws {
    let missing = try await connection.query(statements.missing, slice).rows[0].int64("missing")
    if missing > 0 { throw error }
  }

  private func finish(_ counts: RowCounts) async throws {
    guard counts.isConserved else {
      throw ImportFailure(
        .notConserved,
        "\(counts.read) rows were read, but \(counts.bad + counts.merged) are accounted for",
        hint: "nothing was changed; please report this with the import's id")
    }
    let sql = """
      UPDATE sluice.imports SET
        status = 'done', finished_at = clock_timestamp(), lease_id = NULL, lease_expires_at = NULL,
        history = history || jsonb_build_object(
          'name', 'done', 'at', extract(epoch FROM clock_timestamp())),
        bytes_done = source_bytes, rows_total = $3, rows_read = $3, rows_ok = $4, rows_bad = $5,
        rows_skipped = $6, rows_inserted = $7, rows_updated = $8, rows_unchanged = $9
      WHERE id = $1::uuid AND lease_id = $2::uuid AND NOT cancel_requested
      """
    let ended = try await connection.query(
      sql,
      [
        .text(request.lease.importID.description), .text(request.lease.id), .int(counts.read),
        .int(counts.ok), .int(counts.bad), .int(counts.skipped), .int(counts.inserted),
        .int(counts.updated), .int(counts.unchanged),
      ])
    if ended.affected == 0 { throw LeaseLost(request.lease) }
    // Staging itself is dropped after the commit: whoever reads it must not hold up the end.
    _ = try await connection.query(
      "DELETE FROM sluice.chunks WHERE import_id = $1::uuid",
      [.text(request.lease.importID.description)])
  }

  /// Refreshes the planner's statistics where the target has grown by a tenth or more.
  public func analyzeIfGrown(_ counts: RowCounts) async throws {
    let changed = counts.inserted + counts.updated
    guard changed * 10 > max(request.target.estimatedRows ?? 0, 1), changed > 1000 else { return }
    try await connection.execute(statements.analyzeTarget)
  }
}

/// Rows that were inserted are not there.
private struct RowsSwallowed: Error {}

extension PostgresError {
  /// Whether a key was there already: the conflict key, or another one that is checked before it.
  fileprivate var isUniqueViolation: Bool {
    sqlState == "23505"
  }
}
