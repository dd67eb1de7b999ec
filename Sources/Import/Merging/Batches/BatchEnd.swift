import ImportModel
import Postgres

/// The last transaction of an import by batches: the rows that have waited, and the end.
struct BatchEnd: Sendable {
  let merger: Merger
  let counts: RowCounts
  let merged: MergedBatches
  /// How the last batch was merged.
  let report: MergePlanReport?

  private var connection: PostgresConnection { merger.connection }
  private var request: MergeRequest { merger.request }

  /// Ends the import and commits.
  ///
  /// - Returns: the counts, and how rows that have waited were merged; a failure where more rows are rejected
  ///   than may be, whose rejects are committed then.
  func run() async throws -> Result<(RowCounts, MergeChoice?), ImportFailure> {
    let clock = ContinuousClock()
    let begun = clock.now
    return try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { _ in
      try await merger.profile.measure(.lock) {
        try await merger.prepare()
        if merged.count > 0 { try await merger.checkTarget() }
      }
      let rules = try await RuleCatalog.read(request.target, on: connection)
      var choice: MergeChoice?
      var counts = counts
      if !merged.waiting.isEmpty {
        let (ground, chosen) = try await plan(rules)
        choice = chosen
        switch try await merger.merge(counts, choice: chosen, ground: ground) {
        case .failure(let failure): return .failure(failure)
        case .success(let rows): counts = rows.counts
        }
        try await ground.images.enter(counts, on: connection)
      }
      // Told over another connection, so before the import's row is written here.
      try await merger.watch(MergeProgress(counts: counts, isFinalizing: true))
      if choice != nil { try await enter(counts, seconds: (clock.now - begun) / .seconds(1)) }
      try await end(counts, choice?.report ?? report)
      return .success((counts, choice))
    }
  }

  /// The rows that have waited are all that is left of staging.
  private func plan(_ rules: TargetRules) async throws -> (MergeGround, MergeChoice) {
    for statement in BatchStatements(request).rewrite(only: merged.waiting) {
      try await connection.execute(statement)
    }
    let rows = Int64(merged.waiting.count)
    let blocks = try await connection.query(
      MergeStatements.stagingBlocks, [.text(request.staging)]
    ).rows[0].int64("blocks")
    let ground = try await MergeGround.read(
      request, rules: rules, part: StagedSize(blocks: blocks, rows: rows), on: connection)
    try await ground.images.createOrGoOn(on: connection)
    let choice = try await MergeChoice.choose(
      request, ground, rows: rows, on: connection)
    return (ground, choice)
  }

  private func enter(_ counts: RowCounts, seconds: Double) async throws {
    let after = settled(counts)
    let id = request.lease.importID
    try await BatchLedger.enter(
      after, behind: merged, seconds: seconds, of: id, on: connection)
    _ = try await connection.query(
      """
      UPDATE sluice.imports SET batches = batches || jsonb_build_object('count', $2::bigint)
       WHERE id = $1::uuid
      """, [.text(id.description), .int(after.count)])
  }

  private func settled(_ counts: RowCounts) -> MergedBatches {
    var after = merged
    after.count += 1
    after.waiting = []
    after.counts.bad += counts.bad - self.counts.bad
    after.counts.inserted = counts.inserted
    after.counts.updated = counts.updated
    after.counts.unchanged = counts.unchanged
    return after
  }

  /// What the ledger says must be what was counted.
  private func end(_ counts: RowCounts, _ report: MergePlanReport?) async throws {
    let entered = try await BatchLedger.read(request.lease.importID, on: connection)
    guard entered.rows == counts.inserted + counts.updated + counts.unchanged else {
      throw ImportFailure(
        .notConserved, "the ledger has \(entered.rows) rows, but others were counted",
        hint: "the batches that are in can be undone; please report this with the import's id")
    }
    if merged.count > 0 {
      let ground = try await UndoImages.read(
        request, written: [], isRewritten: false, on: connection)
      try await ground.dropEmpty(counts, on: connection)
    }
    try await merger.finish(counts, report, isBatched: true)
  }
}
