import ImportModel
import Postgres

/// A merge beside others who write the same rows.
extension Merger {
  /// How often in a row it may end in a deadlock, before the import is given back.
  private static let refusals = 5

  /// Merges; where that ends in a deadlock, again after a short rest.
  ///
  /// From then on it locks what it will change before the first change, in the order of the key: whoever writes in that
  /// order can wait for it, but no more be waited for in turn.
  func mergeAmongOthers(_ staged: RowCounts) async throws -> MergeOutcome {
    var merger = self
    var refusal = 0
    while true {
      do {
        return try await merger.merge(staged)
      } catch {
        await abandonHelp()
        refusal += 1
        guard let error = error as? PostgresError, error.isRetryable, refusal < Merger.refusals,
          original == nil
        else { throw error }
      }
      merger.locksFirst = true
      try await rest(Double.random(in: 0...0.2) * Double(refusal))
    }
  }

  private func rest(_ seconds: Double) async throws {
    profile.begin(.rest)
    defer { profile.end(.rest) }
    try await Task.sleep(for: .seconds(seconds))
  }

  /// Locks the rows of the target that differ from staging.
  func lockDiffering(_ ground: MergeGround) async throws {
    let statements = MergeStatements(
      request, rules: ground.rules, images: ground.images, countsSame: false)
    guard request.hasKey, request.mode == .upsert, !statements.writableColumns.isEmpty else {
      return
    }
    _ = try await connection.query(statements.lockAllDiffering)
  }
}
