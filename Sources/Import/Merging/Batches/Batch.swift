import ImportModel
import Postgres

/// One batch: a part of staging, merged in one transaction.
struct Batch: Sendable {
  /// What has become of it.
  struct Result: Sendable {
    /// Its rows of staging.
    var rows: Int
    /// All of the import, with the batch.
    var counts: RowCounts
    var merged: MergedBatches
    var choice: MergeChoice
    /// Sessions that waited for it at its end.
    var awaited: Int
  }

  let merger: Merger
  let part: StagedSize
  let counts: RowCounts
  let merged: MergedBatches
  let isKnown: Bool
  let pacer: BatchPacer

  private var connection: PostgresConnection { merger.connection }
  private var request: MergeRequest { merger.request }
  private var profile: ProfileRecorder { merger.profile }

  /// Merges and commits.
  ///
  /// - Returns: nil where there are no rows; a failure where more rows are rejected than may be, whose rejects
  ///   are committed then.
  func run() async throws -> Swift.Result<Result?, ImportFailure> {
    let clock = ContinuousClock()
    let begun = clock.now
    return try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { _ in
      try await profile.measure(.lock) {
        try await merger.prepare()
        try await merger.checkTarget()
      }
      let content = try await content()
      guard content.rows > 0 else { return .success(nil) }
      let rules = try await profile.measure(.rules) {
        try await RuleCatalog.read(request.target, on: connection)
      }
      let (ground, choice) = try await plan(content, rules: rules)
      var counts = counts
      if let failure = try await siftUnnoticed(rules, &counts) {
        return .failure(try await giveUp(failure, counts, ground))
      }
      switch try await merger.merge(counts, choice: choice, ground: ground) {
      case .failure(let failure):
        return .failure(try await giveUp(failure, counts, ground))
      case .success(let rows):
        let after = try settled(content, rows)
        try await ground.images.enter(rows.counts, on: connection)
        let awaited = try await merger.countAwaiting()
        let seconds = (clock.now - begun) / .seconds(1)
        try await BatchLedger.enter(
          after, behind: merged, seconds: seconds, of: request.lease.importID, on: connection)
        let report = BatchReport(
          count: after.count, lastRow: after.lastRow, rowsPerBatch: Int64(pacer.rows),
          secondsP95: pacer.p95)
        try await BatchLedger.keep(
          rows.counts, report, try await PageImages.noted(in: choice.report, on: connection),
          under: request.lease, on: connection)
        return .success(
          Result(
            rows: Int(content.rows), counts: rows.counts, merged: after, choice: choice,
            awaited: awaited))
      }
    }
  }

  // MARK: Before the merge

  private struct Content: Sendable {
    var rows: Int64
    var lastRow: Int64
    /// Rows that have waited, and lie among these.
    var retried: Set<Int64>
  }

  private func content() async throws -> Content {
    let row = try await connection.query(
      BatchStatements(request).content,
      part.slice(0..<part.blocks).parameters + [.int(merged.lastRow)]
    ).rows[0]
    let content = Content(
      rows: try row.int64("rows"), lastRow: try row.int64("last_row"),
      retried: Set(try BatchLedger.rows(try row.string("earlier"))))
    guard content.retried.isSubset(of: merged.waiting) else {
      throw ImportFailure(.internal, "rows of a batch are in already")
    }
    return content
  }

  /// As for a whole import; each batch sees the target's rules, triggers and size as they are now.
  private func plan(
    _ content: Content, rules: TargetRules
  ) async throws -> (MergeGround, MergeChoice) {
    profile.begin(.plan)
    defer { profile.end(.plan) }
    var part = part
    part.rowsPerBlock = max(1, Double(content.rows) / Double(part.blocks))
    var ground = try await MergeGround.read(request, rules: rules, part: part, on: connection)
    ground.canWait = max(
      0, BatchedMerge.waitLimit - merged.waiting.subtracting(content.retried).count)
    let choice = try await MergeChoice.choose(
      request, ground, rows: content.rows, isKnown: isKnown, on: connection)
    try await ground.images.createOrGoOn(on: connection)
    return (ground, choice)
  }

  /// What the merge would not be refused for is looked for again, since the target may have got rows.
  private func siftUnnoticed(
    _ rules: TargetRules, _ counts: inout RowCounts
  ) async throws -> ImportFailure? {
    let sieve = RuleCheck(
      request, rules: rules, targetIsEmpty: false, in: part.slice(0..<part.blocks), on: connection)
    guard sieve.isNeeded else { return nil }
    return try await merger.sift(sieve, &counts)
  }

  // MARK: Behind the merge

  /// The ledger with this batch, if each of its rows is accounted for.
  private func settled(_ content: Content, _ rows: MergedRows) throws -> MergedBatches {
    var after = merged
    after.count += 1
    after.lastRow = content.lastRow
    after.waiting = merged.waiting.subtracting(content.retried).union(rows.waiting)
    after.counts.bad += rows.counts.bad - counts.bad
    after.counts.inserted += rows.counts.inserted - counts.inserted
    after.counts.updated += rows.counts.updated - counts.updated
    after.counts.unchanged += rows.counts.unchanged - counts.unchanged
    let found =
      after.rows + after.counts.bad - merged.rows - merged.counts.bad + Int64(rows.waiting.count)
    guard found == content.rows else {
      throw ImportFailure(
        .notConserved, "a batch has \(content.rows) rows, but \(found) are accounted for",
        hint:
          "the batches before it are in and can be undone; please report this with the import's id")
    }
    return after
  }

  private func giveUp(
    _ failure: ImportFailure, _ counts: RowCounts, _ ground: MergeGround
  ) async throws -> ImportFailure {
    if merged.count == 0 { try await ground.images.drop(on: connection) }
    return failure
  }
}

extension Merger {
  /// Another table may have got the target's name since the batch before.
  func checkTarget() async throws {
    let found = try await connection.query(
      "SELECT to_regclass($1)::oid::bigint AS oid", [.text(request.targetName)]
    ).rows[0].optionalInt64("oid")
    guard found != Int64(request.target.oid) else { return }
    throw ImportFailure(
      .targetChanged, "\(request.target.displayName) is another table than before",
      hint: "the batches that went into the former one stay there")
  }

  /// How many sessions wait for the transaction at hand: whoever ran into its locks still does.
  func countAwaiting() async throws -> Int {
    try await connection.query(
      """
      SELECT count(*) AS waiting
        FROM (SELECT DISTINCT pid FROM pg_locks WHERE NOT granted OFFSET 0) w
       WHERE pg_backend_pid() = ANY (pg_blocking_pids(w.pid))
      """
    ).rows[0].int("waiting")
  }
}
