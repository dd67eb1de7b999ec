public import ImportModel
import Postgres

extension Merger {
  /// Takes the steps of a merge in the transaction at hand, as far as its end, and neither asks for a lease
  /// nor keeps counts anywhere: for measuring. Whoever called it rolls back.
  ///
  /// - Parameter original: the table whose rules are looked at: the target is a copy of it, and a copy has
  ///   no references.
  /// - Throws: as `run`.
  public func rehearse(rulesOf original: TargetTable) async throws -> MergeOutcome {
    // For what takes rows back: it is written, as that is a part of what a merge takes.
    try await connection.execute("CREATE SCHEMA IF NOT EXISTS sluice")
    var merger = self
    merger.original = original
    return try await merger.run()
  }

  /// A transaction, or in a rehearsal a part of the one at hand.
  func inTransaction<R: Sendable>(
    _ body: @Sendable (PostgresConnection) async throws -> R
  ) async throws -> R {
    guard original == nil else { return try await connection.savepoint(body) }
    return try await connection.transaction("ISOLATION LEVEL READ COMMITTED", body)
  }
}
