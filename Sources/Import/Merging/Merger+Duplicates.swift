import ImportModel
import Postgres

/// What becomes of rows that share their key with another row of the file.
extension Merger {
  func removeDuplicates(_ counts: inout RowCounts) async throws {
    profile.begin(.duplicates)
    defer { profile.end(.duplicates) }
    guard request.duplicates != .reject, try await hasDuplicates() else { return }
    let statement = duplicates.removeDuplicates(keepingLast: request.duplicates == .last)
    counts.skipped += Int64(try await connection.query(statement).affected)
  }

  /// Moves duplicates from staging to the rejects, in a transaction of its own with its entry in the
  /// ledger: a failed import keeps them in its report, and another attempt does not look for them again.
  func rejectDuplicates(_ counts: inout RowCounts) async throws {
    profile.begin(.duplicates)
    defer { profile.end(.duplicates) }
    guard try await hasDuplicates() else { return }
    let removed = try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
      let removed = try await moveDuplicates()
      try await enter(rejected: removed)
      return removed
    }
    counts.ok -= removed
    counts.bad += removed
  }

  /// Whether two rows of staging have one key: told by the order in which they came, or by a look at all of them.
  private func hasDuplicates() async throws -> Bool {
    let keys = request.keyColumns
    // A rehearsal has no ledger.
    if original == nil, keys.allSatisfy({ $0.castTo == nil }) {
      let order = try await connection.query(
        DuplicateStatements.ascends,
        [
          .text(request.lease.importID.description), .int(Int64(request.target.oid)),
          .textArray(keys.map(\.name)),
        ])
      if try order.rows[0].bool("ascends") { return false }
    }
    return try await connection.query(duplicates.hasDuplicates).rows[0].bool("found")
  }

  private func moveDuplicates() async throws -> Int64 {
    try await connection.execute(
      "DECLARE duplicates NO SCROLL CURSOR FOR \(duplicates.duplicateRows)")
    var removed: Int64 = 0
    while true {
      // The cursor sees staging as it was when it was declared, whatever is removed behind it.
      let page = try await connection.query("FETCH FORWARD 1000 FROM duplicates").rows
      if page.isEmpty { break }
      try await reject(try page.map { breach(row: try $0.int64("row")) }, connection)
      let places = try page.map { try $0.string("place") }
      removed += Int64(
        try await connection.query(duplicates.removeRows, [.textArray(places)]).affected)
    }
    try await connection.execute("CLOSE duplicates")
    return removed
  }

  /// An entry without bytes, behind the last one: rows that were staged, and are not any more.
  func enter(rejected: Int64, skipped: Int64 = 0) async throws {
    let lease = request.lease
    let entered = try await connection.query(
      LedgerEntry.removal,
      [.text(lease.importID.description), .text(lease.id), .int(rejected), .int(skipped)])
    if entered.affected == 0 { throw LeaseLost(lease) }
  }

  private func breach(row: Int64) -> RowBreach {
    let key = request.key.columns
    return RowBreach(
      row: row, code: .duplicateKey, columns: key,
      message: "another row of the file has the same key (\(key.joined(separator: ", ")))")
  }
}
