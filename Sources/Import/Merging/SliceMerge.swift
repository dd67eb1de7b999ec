import ImportModel
import Postgres
import Synchronization

/// The slices of one merge: all of them go in, but for the rows that Postgres refuses.
struct SliceMerge: Sendable {
  private static let retries = 16
  /// Refused slices of so few pages are taken apart by their rows.
  private static let grain: Int64 = 16

  /// How often a slice is tried that others write at the same time.
  private static let crossings = 3

  let merger: Merger
  let choice: MergeChoice
  let rules: TargetRules
  private let statements: MergeStatements
  private let staged: StagedSize
  /// Whether triggers may swallow rows.
  private let hasTriggers: Bool
  /// What `MergeStatements.same` stood at.
  private let same = Tally()

  private var connection: PostgresConnection { merger.connection }
  private var request: MergeRequest { merger.request }
  private var plan: MergePlan { choice.plan }
  private var blocks: Int64 { staged.blocks }
  private var rowsPerBlock: Double { staged.rowsPerBlock }

  init(_ merger: Merger, choice: MergeChoice, ground: MergeGround) {
    self.merger = merger
    self.choice = choice
    rules = ground.rules
    staged = ground.staged
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
    var walk = SliceWalk(count: blocks, limit: rules.refersToItself ? blocks : firstLimit)
    while let pages = walk.next {
      counts.add(try await merge(StagedSlice(pages: pages)))
      walk.accept()
      try await merger.watch(MergeProgress(counts: counts, isFinalizing: false))
    }
    try await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return counts
  }

  private var firstLimit: Int64 { max(1, Int64(Double(choice.sizing.first) / rowsPerBlock)) }

  /// Whether a slice may have more rows than an array should.
  private var isLarge: Bool {
    rules.refersToItself || choice.sizing.bounds.upperBound > UndoImages.groupSize
  }

  /// Merges all rows but those that Postgres refuses: they become rejects.
  func piecemeal(_ counts: RowCounts) async throws -> RowCounts {
    try await resetSame()
    try await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    var rejects = LateRejects(counts: counts)
    var tuner = SizeTuner(rows: choice.sizing.first, bounds: choice.sizing.bounds, aim: 0.4...1.2)
    var walk = SliceWalk(count: blocks, limit: firstLimit, grain: SliceMerge.grain)
    let clock = ContinuousClock()
    while let pages = walk.next {
      let begun = clock.now
      if try await tryMerge(StagedSlice(pages: pages), &rejects) == nil {
        walk.accept()
        tuner.note(
          rows: Int(Double(pages.count) * rowsPerBlock), seconds: (clock.now - begun) / .seconds(1))
        walk.limit = Int64(Double(tuner.rows) / rowsPerBlock)
      } else if walk.refuse() {
        try await takeApart(pages, &rejects)
      }
      try await merger.watch(MergeProgress(counts: rejects.counts, isFinalizing: false))
    }
    try await tryAgain(&rejects)
    try await write(&rejects)
    return rejects.counts
  }

  /// Finds the refused rows of some pages.
  private func takeApart(_ pages: Range<Int64>, _ rejects: inout LateRejects) async throws {
    let rows = try await connection.query(
      statements.rowsOfSlice, StagedSlice(pages: pages).parameters
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
    for row in rejects.putOff { try await reject(row.place, row.error, &rejects) }
    rejects.putOff = []
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
    case .empty, .append: try await insert(slice)
    case .joinByIndex, .joinByScan: try await join(slice)
    case .onConflict: try await upsert(slice)
    }
  }

  private func insert(_ slice: StagedSlice) async throws -> SliceOutcome {
    let inserted =
      request.keepsImages
      ? try await connection.query(statements.insert(isLarge: isLarge), slice.parameters).rows[0]
        .int64("inserted")
      : Int64(try await connection.query(statements.plainInsert, slice.parameters).affected)
    // Triggers behind a view, or on the other side, are not seen from here.
    if hasTriggers || !request.keepsImages {
      let total = try await connection.query(statements.countSlice, slice.parameters).rows[0]
        .int64("total")
      if inserted < total { throw plan == .empty ? RowsSwallowed() : keptOut }
    }
    return SliceOutcome(inserted: inserted)
  }

  // MARK: Beside what others write

  /// Rows that somebody else writes at the same time are met again as they are then.
  private func join(_ slice: StagedSlice) async throws -> SliceOutcome {
    for attempt in 0..<SliceMerge.crossings {
      do {
        return try await connection.savepoint { _ in
          if attempt > 0 { try await lockDiffering(slice) }
          return try await joinOnce(slice)
        }
      } catch is RowsCrossed {
        continue
      } catch let error as PostgresError where isAboutKey(error) {
        continue
      }
    }
    // Rows that are one to the index, although they are several to the type, are told apart there.
    return try await upsert(slice)
  }

  private func joinOnce(_ slice: StagedSlice) async throws -> SliceOutcome {
    let statement = statements.join(isSorted: plan == .joinByIndex, isLarge: isLarge)
    let row = try await connection.query(statement, slice.parameters).rows[0]
    let (inserted, updated) = (try row.int64("inserted"), try row.int64("updated"))
    guard updated == (try row.int64("differing")) else { throw RowsCrossed() }
    return SliceOutcome(
      inserted: inserted, updated: updated,
      unchanged: try row.int64("total") - inserted - updated)
  }

  /// The index of a partition has a name of its own.
  private func isAboutKey(_ error: PostgresError) -> Bool {
    error.sqlState == "23505" && (request.isPartitioned || error.constraint == request.key.name)
  }

  private func lockDiffering(_ slice: StagedSlice) async throws {
    guard !statements.writableColumns.isEmpty else { return }
    _ = try await connection.query(statements.lockDiffering, slice.parameters)
  }

  private func upsert(_ slice: StagedSlice) async throws -> SliceOutcome {
    for _ in 0..<SliceMerge.crossings {
      do {
        return try await connection.savepoint { _ in try await upsertOnce(slice) }
      } catch is RowsCrossed {
        continue
      }
    }
    throw ImportFailure(
      .database, "other sessions write the same rows again and again",
      hint: "nothing was changed; try again when they have finished")
  }

  private func upsertOnce(_ slice: StagedSlice) async throws -> SliceOutcome {
    try await lockDiffering(slice)
    let row = try await connection.query(statements.upsert(isLarge: isLarge), slice.parameters)
      .rows[0]
    guard try row.int64("crossed") == 0 else { throw RowsCrossed() }
    let (total, written) = (try row.int64("total"), try row.int64("written"))
    let inserted = try row.int64("inserted")
    if hasTriggers { try await checkNoneIsSwallowed(slice, row, unwritten: total - written) }
    return SliceOutcome(
      inserted: inserted, updated: written - inserted, unchanged: total - written)
  }

  // MARK: Rows that triggers swallow

  private func resetSame() async throws {
    guard statements.tellsSame else { return }
    _ = try await connection.query(MergeStatements.resetSame)
    _ = same.advance(to: 0)
  }

  /// A trigger that answers NULL swallows a row without a word: it is neither written, nor was it compared
  /// and found the same. What a trigger makes of a row that is written is its own affair.
  ///
  /// A row that was swallowed although it stands in the target just so is no loss.
  private func checkNoneIsSwallowed(
    _ slice: StagedSlice, _ merged: PostgresRow, unwritten: Int64
  ) async throws {
    var swallowed = unwritten
    if let now = try merged.optionalInt64("same") { swallowed -= same.advance(to: now) }
    guard swallowed > 0 else { return }
    // A row whose key is not whole can only be inserted.
    var lost = try merged.int64("loose") - merged.int64("loose_written")
    if lost <= 0 {
      lost = try await connection.query(statements.unsettled, slice.parameters).rows[0]
        .int64("unsettled")
    }
    if lost > 0 { throw keptOut }
  }

  private var keptOut: ImportFailure {
    ImportFailure(
      .notConserved, "a trigger of \(request.target.displayName) keeps rows out of the table",
      hint: "nothing was changed; disable the trigger for imports, or let it raise")
  }
}

/// Somebody else has changed rows of a slice while it was merged.
private struct RowsCrossed: Error {}

/// What became of the rows of a slice.
struct SliceOutcome: Sendable {
  var inserted: Int64 = 0
  var updated: Int64 = 0
  var unchanged: Int64 = 0
}

/// How far a counter has come that goes back with a savepoint: to where it stood after the last slice that
/// went in.
private final class Tally: Sendable {
  private let value = Mutex<Int64>(0)

  /// By how much it has moved.
  func advance(to now: Int64) -> Int64 {
    value.withLock { last in
      defer { last = now }
      return now - last
    }
  }
}

extension RowCounts {
  fileprivate mutating func add(_ outcome: SliceOutcome) {
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
  ) async throws -> Result<RowCounts, ImportFailure> {
    let slices = SliceMerge(self, choice: choice, ground: ground)
    let rules = ground.rules
    do {
      if rules.refersToItself || rules.hasDeferred {
        // What holds for all rows together need not hold for a part of them.
        do {
          return .success(try await connection.savepoint { _ in try await slices.whole(counts) })
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
      try await giveUp()
      return .failure(refusal.failure)
    }
  }
}
