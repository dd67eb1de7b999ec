import ImportModel
import Postgres

/// What keeps those apart who work on one target, until their transactions end.
///
/// Claims do the same from beginning to end; this holds against whoever has lost a lease and does not know it yet.
struct TargetLock {
  /// First word of the advisory locks on targets, the second being the OID; and first of the two of those on scopes.
  private static let space: Int64 = 0x51C1

  private let target: Int64
  private let scope: ImportScope?

  init(_ target: TargetTable, scope: ImportScope? = nil) {
    self.target = Int64(target.oid)
    self.scope = scope
  }

  /// Waits until it is there.
  ///
  /// Scopes share the target, and exclude those who have all of it. Two whose names have one hash wait for each other.
  func take(on connection: PostgresConnection) async throws {
    let key = PostgresParameter.int(TargetLock.space << 32 | target)
    guard let scope else {
      _ = try await connection.queryCached("SELECT pg_advisory_xact_lock($1)", [key])
      return
    }
    _ = try await connection.queryCached("SELECT pg_advisory_xact_lock_shared($1)", [key])
    _ = try await connection.queryCached(
      "SELECT pg_advisory_xact_lock($1::integer, hashtext($2))",
      [.int(TargetLock.space), .text("\(target) \(scope.column) \(scope.value)")])
  }
}
