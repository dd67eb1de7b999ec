import ImportModel
import Postgres
import Synchronization

/// How a slice is merged into a target with rows, beside what others write.
extension SliceMerge {
  /// How often a slice is tried that others write at the same time.
  private static let crossings = 3

  /// Rows that somebody else writes at the same time are met again as they are then.
  func join(_ slice: StagedSlice) async throws -> SliceOutcome {
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
  func isAboutKey(_ error: PostgresError) -> Bool {
    error.sqlState == "23505" && (request.isPartitioned || error.constraint == request.key.name)
  }

  private func lockDiffering(_ slice: StagedSlice) async throws {
    guard !statements.writableColumns.isEmpty else { return }
    _ = try await connection.query(statements.lockDiffering, slice.parameters)
  }

  func upsert(_ slice: StagedSlice) async throws -> SliceOutcome {
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

  func resetSame() async throws {
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

  var keptOut: ImportFailure {
    ImportFailure(
      .notConserved, "a trigger of \(request.target.displayName) keeps rows out of the table",
      hint: "nothing was changed; disable the trigger for imports, or let it raise")
  }
}

/// Somebody else has changed rows of a slice while it was merged.
struct RowsCrossed: Error {}

/// How far a counter has come that goes back with a savepoint: to where it stood after the last slice that
/// went in.
final class Tally: Sendable {
  private let value = Mutex<Int64>(0)

  /// By how much it has moved.
  func advance(to now: Int64) -> Int64 {
    value.withLock { last in
      defer { last = now }
      return now - last
    }
  }
}
