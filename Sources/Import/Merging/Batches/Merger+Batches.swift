public import ImportModel
import Postgres

extension Merger {
  /// Where an import by batches goes on.
  public struct BatchStart: Sendable {
    /// The batches that are in.
    public var merged: MergedBatches
    /// Whether staging was made as batches take it: `ResumePoint.isReadyForBatches`.
    public var isReady: Bool

    /// Goes on behind some batches.
    public init(merged: MergedBatches, isReady: Bool) {
      self.merged = merged
      self.isReady = isReady
    }
  }

  /// Merges batch by batch, each in a transaction with its entry in the ledger, its images and the counts of the
  /// import; the last one ends it.
  ///
  /// The counts of the request include what earlier batches have merged, and where staging is ready, what they
  /// have rejected.
  ///
  /// - Throws: as `run`; and `CancellationError` between two batches. The batches that are in stay.
  public func run(
    inBatches settings: BatchSettings, from start: BatchStart
  ) async throws -> MergeOutcome {
    var staged = request.staged
    if !start.isReady {
      if request.duplicates == .reject, request.hasKey {
        try await rejectDuplicates(&staged)
        try check(staged)
      }
      let counts = staged
      staged = try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { _ in
        try await readyForBatches(counts, behind: start.merged)
      }.get()
    }
    var batches = BatchedMerge(self, settings: settings, counts: staged, merged: start.merged)
    return try await batches.run()
  }

  // MARK: Staging as batches take it

  /// Settles duplicates, takes the rows out that are in already or break rules, and puts the others in the order
  /// of the file, with an entry in the ledger of chunks.
  ///
  /// Rows that are in decide between rows of one key as they did when they were merged: so it is looked for
  /// duplicates first. What becomes of a row that is there but was not merged is a reject, whatever it would be now.
  private func readyForBatches(
    _ staged: RowCounts, behind merged: MergedBatches
  ) async throws -> Result<RowCounts, ImportFailure> {
    let isEmpty = try await profile.measure(.lock) {
      try await prepare()
      return try await targetIsEmpty()
    }
    var counts = staged
    if request.hasKey { try await removeDuplicates(&counts) }
    if merged.count > 0 { try await removeSettled(merged, &counts) }
    let rules = try await profile.measure(.rules) {
      try await RuleCatalog.read(request.target, on: connection)
    }
    let sieve = RuleCheck(request, rules: rules, targetIsEmpty: isEmpty, on: connection)
    if sieve.isNeeded, let failure = try await sift(sieve, &counts) { return .failure(failure) }
    try await putInOrder()
    if merged.count > 0 { try await countOmitted(counts) }
    // Last, as heartbeats wait from here on.
    try await BatchLedger.keep(counts, nil, nil, under: request.lease, on: connection)
    let rejected = counts.bad - staged.bad - (merged.count > 0 ? merged.counts.bad : 0)
    let skipped = counts.skipped - staged.skipped
    if rejected != 0 || skipped != 0 { try await enter(rejected: rejected, skipped: skipped) }
    _ = try await connection.query(
      """
      UPDATE sluice.chunks SET readies_batches = true WHERE import_id = $1::uuid
         AND chunk = (SELECT max(chunk) FROM sluice.chunks WHERE import_id = $1::uuid)
      """, [.text(request.lease.importID.description)])
    return .success(counts)
  }

  private func removeSettled(_ merged: MergedBatches, _ counts: inout RowCounts) async throws {
    let removed = try await connection.query(
      BatchStatements(request).removeSettled,
      [.int(merged.lastRow), .int8Array(merged.waiting.sorted())])
    let rejected = Int64(removed.affected) - merged.rows
    counts.ok -= rejected
    counts.bad += rejected
  }

  private func putInOrder() async throws {
    let statements = BatchStatements(request)
    try await connection.execute(BatchStatements.scanInOrder)
    if try await connection.query(statements.isInOrder).rows[0].bool("found") { return }
    for statement in statements.rewriteAll { try await connection.execute(statement) }
  }

  /// The report has the rejects of settled rows as they were; whatever is not in it is counted only.
  private func countOmitted(_ counts: RowCounts) async throws {
    _ = try await connection.query(
      """
      UPDATE sluice.reject_lists SET rows_omitted = greatest(0, $2 - rows_listed)
       WHERE import_id = $1::uuid
      """, [.text(request.lease.importID.description), .int(counts.bad)])
  }
}
