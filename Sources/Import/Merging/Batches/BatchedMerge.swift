import ImportModel
import Postgres

/// The batches of one import, from where it stands to its end.
struct BatchedMerge: Sendable {
  /// Rows that may wait for others, at most; more are rejected.
  static let waitLimit = 10_000
  /// How often in a row a batch may miss the locks that it needs.
  private static let refusals = 5

  let merger: Merger
  /// What is certain.
  private(set) var counts: RowCounts
  private(set) var merged: MergedBatches
  private(set) var plan: MergePlan?
  private var report: MergePlanReport?
  private var pacer: BatchPacer
  /// Whether the keys of staging have been looked at.
  private var isKnown = false

  private var connection: PostgresConnection { merger.connection }
  private var request: MergeRequest { merger.request }

  init(_ merger: Merger, settings: BatchSettings, counts: RowCounts, merged: MergedBatches) {
    self.merger = merger
    self.counts = counts
    self.merged = merged
    pacer = BatchPacer(settings)
  }

  /// - Throws: what a batch throws, with those before it in; `CancellationError` between two of them.
  mutating func run() async throws -> MergeOutcome {
    var ground = try await BatchGround.read(request, behind: merged, on: connection)
    while let part = ground.next(rows: pacer.rows) {
      try await take(part)
      ground.passed(part)
      if ground.isAtEnd { break }
      try await rest()
    }
    return try await close()
  }

  // MARK: One batch

  /// Merges a part of staging; should it miss locks that others hold, again after a rest.
  private mutating func take(_ part: StagedSize) async throws {
    for refusal in 1... {
      do {
        return try await takeOnce(part)
      } catch let error as PostgresError
        where error.isAboutLocks && refusal < BatchedMerge.refusals
      {
        pacer.noteRefusal()
        try await rest()
      }
    }
  }

  private mutating func takeOnce(_ part: StagedSize) async throws {
    let clock = ContinuousClock()
    let begun = clock.now
    let batch = Batch(
      merger: merger, part: part, counts: counts, merged: merged, isKnown: isKnown, pacer: pacer)
    guard let result = try await batch.run().get() else { return }
    let seconds = (clock.now - begun) / .seconds(1)
    pacer.note(rows: result.rows, seconds: seconds, waiting: result.awaited)
    counts = result.counts
    merged = result.merged
    plan = result.choice.plan
    report = result.choice.report
    isKnown = true
    try await merger.watch(
      MergeProgress(counts: counts, isFinalizing: false, isCommitted: true))
  }

  private func rest() async throws {
    merger.profile.begin(.rest)
    defer { merger.profile.end(.rest) }
    try Task.checkCancellation()
    if pacer.rest > 0 { try await Task.sleep(for: .seconds(pacer.rest)) }
  }

  // MARK: The end

  /// Settles the rows that have waited, and ends the import.
  private mutating func close() async throws -> MergeOutcome {
    let end = BatchEnd(merger: merger, counts: counts, merged: merged, report: report)
    let (counts, choice) = try await end.run().get()
    return MergeOutcome(
      counts: counts, plan: choice?.plan ?? plan ?? .append,
      report: choice?.report ?? report ?? MergePlanReport(name: "none", reason: "nothing to merge"))
  }
}

extension PostgresError {
  /// Whether others hold locks that are needed: a lock was waited for too long, a deadlock, a row that was
  /// written meanwhile.
  var isAboutLocks: Bool { isRetryable || sqlState == "55P03" }
}
