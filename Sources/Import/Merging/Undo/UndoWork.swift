import ImportModel
import Postgres

/// Takes the listed rows back: all of them but those that Postgres refuses, which are found by halving.
struct UndoWork: Sendable {
  private static let sliceRows: Int64 = 50_000
  private static let retries = 16
  /// Rows that wait for a second try, at most; the others are left at once.
  private static let putOffLimit = 10_000
  private static let messageLimit = 1000

  private let layout: UndoLayout
  private let size: UndoSize
  private let references: [IncomingReference]
  private let statements: UndoStatements
  private let connection: PostgresConnection

  init(
    _ layout: UndoLayout, size: UndoSize, references: [IncomingReference],
    on connection: PostgresConnection
  ) {
    self.layout = layout
    self.size = size
    self.references = references
    statements = UndoStatements(layout: layout)
    self.connection = connection
  }

  /// What has become of the rows so far.
  private struct State: Sendable {
    var outcome = UndoOutcome()
    /// Rows that may pass once others are done, by their ids, and why they do not yet.
    var putOff: [(id: Int64, step: Step, refusal: Refusal)] = []
    /// Whether a statement has gone through without rows, so that its failures are the rows' own.
    var isProbed = false
  }

  private enum Step: Sendable {
    case delete, restore
  }

  private enum Refusal: Sendable {
    case error(PostgresError)
    /// The statement passed it by.
    case missed
  }

  func run() async throws -> UndoOutcome {
    if !layout.isPartitioned {
      // Rows are looked up by their places; a join of everything would read the table once a slice.
      try await connection.execute("SET LOCAL enable_seqscan = off")
    }
    var outcome = try await whole()
    if outcome == nil { outcome = try await piecemeal() }
    try await connection.execute("SET LOCAL enable_seqscan TO DEFAULT")
    return outcome ?? UndoOutcome()
  }

  // MARK: All at once

  private var refersToItself: Bool { references.contains(where: \.isOwn) }

  /// Takes all rows back in one statement where they may refer to each other, or constraints wait for the
  /// end: what holds for all of them need not hold for a part.
  ///
  /// - Returns: nil where that is not needed, or not possible.
  private func whole() async throws -> UndoOutcome? {
    guard layout.rules.hasDeferred || refersToItself else { return nil }
    do {
      return try await connection.savepoint { connection in
        let row = try await connection.query(statements.all, [.int(0), .int(total)]).rows[0]
        guard row["missed"] == nil else { throw RowsMissed() }
        try await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        var outcome = UndoOutcome()
        outcome.deleted = try row.int64("deleted")
        outcome.restored = try row.int64("restored")
        return outcome
      }
    } catch let error as PostgresError where !error.isOfCircumstances {
      return nil
    } catch is RowsMissed {
      return nil
    }
  }

  private struct RowsMissed: Error {}

  private var total: Int64 { size.deletes + size.restores }

  // MARK: Piece by piece

  /// Rows that were inserted go first: they may have values that others had before.
  private func piecemeal() async throws -> UndoOutcome {
    try await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    var state = State()
    try await walk(0..<size.deletes, .delete, &state)
    state.isProbed = false
    try await walk(size.deletes..<total, .restore, &state)
    try await tryAgain(&state)
    return state.outcome
  }

  private func walk(_ ids: Range<Int64>, _ step: Step, _ state: inout State) async throws {
    var walk = SliceWalk(count: Int64(ids.count), limit: UndoWork.sliceRows)
    while let part = walk.next {
      let range = ids.lowerBound + part.lowerBound..<ids.lowerBound + part.upperBound
      guard let error = try await take(range, step, &state) else {
        walk.accept()
        continue
      }
      guard walk.refuse() else { continue }
      if error.mayPass, state.putOff.count < UndoWork.putOffLimit {
        state.putOff.append((range.lowerBound, step, .error(error)))
      } else {
        try await leave(range.lowerBound, step, .error(error))
      }
    }
  }

  /// Tries rows again that others may have made room for, as long as one of them passes.
  private func tryAgain(_ state: inout State) async throws {
    for _ in 0..<UndoWork.retries where !state.putOff.isEmpty {
      let waiting = state.putOff
      state.putOff = []
      for (id, step, _) in waiting.reversed() {
        if let error = try await take(id..<id + 1, step, &state) {
          state.putOff.append((id, step, .error(error)))
        }
      }
      if state.putOff.count == waiting.count { break }
    }
    for (id, step, refusal) in state.putOff { try await leave(id, step, refusal) }
    state.putOff = []
  }

  /// Takes the rows of a range back, or leaves no trace of it.
  ///
  /// - Returns: nil where they are done or put off, or why rows of it are refused.
  /// - Throws: what is not the rows' fault.
  private func take(
    _ ids: Range<Int64>, _ step: Step, _ state: inout State
  ) async throws -> PostgresError? {
    let sql = statement(step)
    do {
      let row = try await connection.savepoint { connection in
        try await connection.query(sql, [.int(ids.lowerBound), .int(ids.upperBound)]).rows[0]
      }
      state.outcome.deleted += try row.int64("deleted")
      state.outcome.restored += try row.int64("restored")
      if let missed = row["missed"] { try await handle(missed, step, &state) }
      return nil
    } catch let error as PostgresError where !error.isOfCircumstances {
      if !state.isProbed {
        do {
          _ = try await connection.savepoint { connection in
            try await connection.query(sql, [.int(0), .int(0)])
          }
        } catch let probe as PostgresError {
          throw probe.isOfCircumstances ? probe : error
        }
        state.isProbed = true
      }
      return error
    }
  }

  /// What would take rows of the table along with those that they refer to.
  private var guards: [IncomingReference] {
    references.filter { $0.isOwn && $0.isReadable && $0.followsDeletes }
  }

  private func statement(_ step: Step) -> String {
    guard step == .delete else { return statements.restore }
    // Rows of the target that are not in the list must not go along.
    return guards.isEmpty
      ? statements.delete()
      : statements.delete(guarding: guards.map(\.standsAlone).joined(separator: " AND "))
  }

  /// - Parameter missed: the ids of rows that the statement has not reached, as a JSON array.
  private func handle(_ missed: String, _ step: Step, _ state: inout State) async throws {
    var ids = missed.dropFirst().dropLast().split(separator: ",").compactMap { Int64($0) }
    if step == .delete, refersToItself {
      let room = max(0, UndoWork.putOffLimit - state.putOff.count)
      state.putOff += ids.prefix(room).map { ($0, step, .missed) }
      ids.removeFirst(min(room, ids.count))
    }
    try await explain(ids)
  }

  private func explain(_ ids: [Int64]) async throws {
    guard !ids.isEmpty else { return }
    _ = try await connection.query(
      statements.explainMissed,
      [.int8Array(ids), "a trigger or a policy of the table keeps it as it is"])
  }

  /// Leaves a row that no statement has reached, and that others of the table may hold on to.
  private func leaveMissed(_ id: Int64) async throws {
    for reference in guards {
      let held = try await connection.query(
        reference.leaveHolding(layout), [.int(id), .text(reference.message)])
      if held.affected > 0 { return }
    }
    try await explain([id])
  }

  private func leave(_ id: Int64, _ step: Step, _ refusal: Refusal) async throws {
    guard case .error(let error) = refusal else { return try await leaveMissed(id) }
    let isHeld = step == .delete && error.sqlState == "23503"
    var text = error.message ?? "the database refused"
    if let detail = error.detail, error.sqlState != "23514" { text += ": \(detail)" }
    _ = try await connection.query(
      UndoStatements.leave,
      [
        .int(id), .text(isHeld ? "referenced" : "refused"),
        .text(String(text.prefix(UndoWork.messageLimit))),
      ])
  }
}
