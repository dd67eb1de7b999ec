import ImportModel
import Postgres

/// The slices of one merge: all of them go in, but for the rows that Postgres refuses.
struct SliceMerge: Sendable {
  private static let retries = 16
  /// Refused slices of so few pages are taken apart by their rows.
  private static let grain: Int64 = 16

  let merger: Merger
  let choice: MergeChoice
  let rules: TargetRules
  let statements: MergeStatements
  private let staged: StagedSize
  private let canWait: Int
  /// Whether triggers may swallow rows.
  let hasTriggers: Bool
  /// Whether another session keeps what takes inserted rows back, and counts the rows.
  private let imagesAreBeside: Bool
  /// What `MergeStatements.same` stood at.
  let same = Tally()

  var connection: PostgresConnection { merger.connection }
  var request: MergeRequest { merger.request }
  var plan: MergePlan { choice.plan }
  private var blocks: Int64 { staged.blocks }
  private var rowsPerBlock: Double { staged.rowsPerBlock }

  init(
    _ merger: Merger, choice: MergeChoice, ground: MergeGround, imagesAreBeside: Bool = false
  ) {
    self.merger = merger
    self.choice = choice
    self.imagesAreBeside = imagesAreBeside
    rules = ground.rules
    staged = ground.staged
    canWait = ground.canWait
    hasTriggers = ground.hasTriggers
    statements = MergeStatements(
      merger.request, rules: ground.rules, images: ground.images, countsSame: ground.hasTriggers)
  }

  /// Merges all rows, or throws what the first refused one brings up.
  ///
  /// Constraints that wait for the end of the transaction are looked at here, when all rows are in. Rows
  /// that refer to each other must go in one statement, since references are looked at behind each.
  func whole(_ counts: RowCounts) async throws -> RowCounts {
    try await resetSame()
    var counts = counts
    var pace = SlicePace(choice.sizing, rowsPerBlock: rowsPerBlock)
    var walk = SliceWalk(count: blocks, limit: rules.refersToItself ? blocks : pace.limit)
    while let pages = walk.next {
      let begun = ContinuousClock.now
      counts.add(try await merge(staged.slice(pages)))
      walk.accept()
      pace.note(pages, since: begun)
      walk.limit = pace.limit
      try await merger.watch(MergeProgress(counts: counts, isFinalizing: false))
    }
    try await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return counts
  }

  /// All of staging, in slices of the size that the plan begins with.
  ///
  /// - Parameter shares: of that size, for the first ones and those behind them.
  func slices(_ shares: (first: [Double], then: Double) = ([], 1)) -> [StagedSlice] {
    var (slices, start): ([StagedSlice], Int64) = ([], 0)
    while start < blocks {
      let share = slices.count < shares.first.count ? shares.first[slices.count] : shares.then
      let pages = (Double(choice.sizing.first) * share / rowsPerBlock).rounded(.up)
      let end = min(blocks, start + max(1, Int64(pages)))
      slices.append(staged.slice(start..<end))
      start = end
    }
    return slices
  }

  /// Whether a slice may have more rows than an array should.
  var isLarge: Bool {
    rules.refersToItself || choice.sizing.bounds.upperBound > UndoImages.groupSize
  }

  /// Merges all rows but those that Postgres refuses: they become rejects, unless they may wait.
  func piecemeal(_ counts: RowCounts) async throws -> MergedRows {
    try await resetSame()
    try await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    var rejects = LateRejects(counts: counts)
    var pace = SlicePace(choice.sizing, rowsPerBlock: rowsPerBlock)
    var walk = SliceWalk(count: blocks, limit: pace.limit, grain: SliceMerge.grain)
    while let pages = walk.next {
      let begun = ContinuousClock.now
      if try await tryMerge(staged.slice(pages), &rejects) == nil {
        walk.accept()
        pace.note(pages, since: begun)
        walk.limit = pace.limit
      } else if walk.refuse() {
        try await takeApart(pages, &rejects)
      }
      try await merger.watch(MergeProgress(counts: rejects.counts, isFinalizing: false))
    }
    try await tryAgain(&rejects)
    let waiting = rejects.putOff.prefix(canWait).map(\.place.row)
    for row in rejects.putOff.dropFirst(canWait) {
      try await reject(row.place, row.error, &rejects)
    }
    try await write(&rejects)
    return MergedRows(counts: rejects.counts, waiting: waiting)
  }

  /// Finds the refused rows of some pages.
  private func takeApart(_ pages: Range<Int64>, _ rejects: inout LateRejects) async throws {
    let rows = try await connection.query(
      statements.rowsOfSlice, staged.slice(pages).parameters
    ).rows.map(StagedPlace.init)
    let count = Int64(rows.count)
    var walk = SliceWalk(count: count, limit: max(1, count / 2), gap: rejects.gap)
    defer { rejects.gap = walk.gap }
    while let range = walk.next {
      let slice = StagedSlice(
        from: rows[Int(range.lowerBound)].slice.from, to: rows[Int(range.upperBound) - 1].slice.to)
      guard let error = try await tryMerge(slice, &rejects) else {
        walk.accept()
        continue
      }
      guard walk.refuse() else { continue }
      let place = rows[Int(range.lowerBound)]
      if error.mayPass, rejects.canPutOff {
        rejects.putOff.append(LateRejects.PutOff(place: place, error: error))
      } else {
        try await reject(place, error, &rejects)
      }
    }
  }

  /// Tries rows again that others may have made room for, or that others may be referred to by, to and
  /// fro, as long as one of them passes.
  private func tryAgain(_ rejects: inout LateRejects) async throws {
    for _ in 0..<SliceMerge.retries where !rejects.putOff.isEmpty {
      let waiting = rejects.putOff
      rejects.putOff = []
      for row in waiting.reversed() {
        if let error = try await tryMerge(row.place.slice, &rejects) {
          rejects.putOff.append(LateRejects.PutOff(place: row.place, error: error))
        }
      }
      if rejects.putOff.count == waiting.count { break }
    }
  }

  private func reject(
    _ place: StagedPlace, _ error: PostgresError, _ rejects: inout LateRejects
  ) async throws {
    rejects.add(error.breach(row: place.row, rules: rules))
    do {
      try merger.check(rejects.counts)
    } catch let failure as ImportFailure {
      throw TooManyRejects(failure: failure, rejects: rejects)
    }
    if rejects.isFull { try await write(&rejects) }
  }

  private func write(_ rejects: inout LateRejects) async throws {
    let breaches = rejects.take()
    if !breaches.isEmpty { try await merger.reject(breaches, connection) }
  }

  /// Merges a slice, or leaves no trace of it.
  ///
  /// - Returns: nil where it went in, or why rows of it are refused.
  /// - Throws: what is not the rows' fault.
  private func tryMerge(
    _ slice: StagedSlice, _ rejects: inout LateRejects
  ) async throws -> PostgresError? {
    do {
      rejects.counts.add(try await connection.savepoint { _ in try await merge(slice) })
      return nil
    } catch let error as PostgresError where isAboutRows(error) {
      if !rejects.isProbed {
        do {
          _ = try await connection.savepoint { _ in try await merge(.none) }
        } catch let probe as PostgresError {
          // A lock that the probe ran into says nothing of the statement.
          throw probe.isOfCircumstances ? probe : error
        }
        rejects.isProbed = true
      }
      return error
    }
  }

  /// Whether rows are at fault, unless the statement fails without rows as well. The plan for an empty
  /// table looks for none: any fault asks for the other plan.
  func isAboutRows(_ error: PostgresError) -> Bool {
    !error.isOfCircumstances && plan.sparesRows
  }

  private func merge(_ slice: StagedSlice) async throws -> SliceOutcome {
    switch plan {
    case .empty, .loadThenIndex, .append, .replace: try await insert(slice)
    case .joinByIndex, .joinByScan: try await join(slice)
    case .onConflict: try await upsert(slice)
    }
  }

  private func insert(_ slice: StagedSlice) async throws -> SliceOutcome {
    // What a trigger makes of a row is known only when it is written.
    let copies = hasTriggers ? nil : statements.imagesOfStaged(isLarge: isLarge)
    guard request.keepsImages, copies == nil else { return try await insertPlainly(slice, copies) }
    let inserted = try await connection.query(
      statements.insert(isLarge: isLarge), slice.parameters
    ).rows[0].int64("inserted")
    if hasTriggers, inserted < (try await count(slice)) { throw swallowed }
    return SliceOutcome(inserted: inserted)
  }

  /// - Parameter copies: keeps what takes the rows back.
  private func insertPlainly(
    _ slice: StagedSlice, _ copies: String?
  ) async throws -> SliceOutcome {
    let inserted = Int64(
      try await connection.query(statements.plainInsert, slice.parameters).affected)
    if imagesAreBeside { return SliceOutcome(inserted: inserted) }
    let total: Int64
    if request.keepsImages, let copies {
      total = try await connection.query(copies, slice.parameters).rows[0].int64("kept")
    } else {
      // Triggers behind a view, or on the other side, are not seen from here.
      total = try await count(slice)
    }
    if inserted < total { throw swallowed }
    return SliceOutcome(inserted: inserted)
  }

  private func count(_ slice: StagedSlice) async throws -> Int64 {
    try await connection.query(statements.countSlice, slice.parameters).rows[0].int64("total")
  }

  private var swallowed: any Error { plan.sparesRows ? keptOut : RowsSwallowed() }
}

/// How many pages of staging are merged at once: as many as take a short while.
struct SlicePace {
  private var tuner: SizeTuner
  private let rowsPerBlock: Double

  init(_ sizing: SliceSizing, rowsPerBlock: Double) {
    tuner = SizeTuner(rows: sizing.first, bounds: sizing.bounds, aim: 0.4...1.2)
    self.rowsPerBlock = rowsPerBlock
  }

  var limit: Int64 { max(1, Int64(Double(tuner.rows) / rowsPerBlock)) }

  /// Learns from pages that went in.
  mutating func note(_ pages: Range<Int64>, since begun: ContinuousClock.Instant) {
    tuner.note(
      rows: Int(Double(pages.count) * rowsPerBlock),
      seconds: (ContinuousClock.now - begun) / .seconds(1))
  }
}

/// What became of the rows of a merge, or of a batch.
struct MergedRows: Sendable {
  var counts: RowCounts
  /// Rows that are neither in nor rejected: they may pass with a later batch.
  var waiting: [Int64] = []
}

/// What became of the rows of a slice.
struct SliceOutcome: Sendable {
  var inserted: Int64 = 0
  var updated: Int64 = 0
  var unchanged: Int64 = 0
}

extension RowCounts {
  mutating func add(_ outcome: SliceOutcome) {
    inserted += outcome.inserted
    updated += outcome.updated
    unchanged += outcome.unchanged
  }
}

extension Merger {
  /// Merges what is staged.
  ///
  /// - Returns: the counts, or a failure where more rows are rejected than may be; nothing of the merge is
  ///   left then, but the rejects.
  func merge(
    _ counts: RowCounts, choice: MergeChoice, ground: MergeGround
  ) async throws -> Result<MergedRows, ImportFailure> {
    profile.begin(.merge)
    defer { profile.end(.merge) }
    let slices = SliceMerge(self, choice: choice, ground: ground)
    let rules = ground.rules
    do {
      if rules.refersToItself || rules.hasDeferred {
        // What holds for all rows together need not hold for a part of them.
        do {
          return .success(
            try await connection.savepoint { _ in MergedRows(counts: try await slices.whole(counts))
            })
        } catch let error as PostgresError where slices.isAboutRows(error) {
          // Some rows are at fault: the others go in without them.
        }
      }
      return .success(try await connection.savepoint { _ in try await slices.piecemeal(counts) })
    } catch let refusal as TooManyRejects {
      var counts = counts
      counts.bad = refusal.rejects.counts.bad
      counts.ok = refusal.rejects.counts.ok
      try await watch(MergeProgress(counts: counts, isFinalizing: false))
      try await reject(refusal.rejects.kept.sorted { $0.row < $1.row }, connection)
      try await giveUp(counts)
      return .failure(refusal.failure)
    }
  }
}
