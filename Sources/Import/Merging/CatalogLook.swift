public import ImportModel
public import Postgres

/// What a merge reads of the catalog, read for nothing but that the session has it at hand: the first time takes it
/// several times as long as the next.
public enum CatalogLook {
  /// Reads it.
  ///
  /// - Throws: `PostgresError`; `ImportFailure` where what the catalog says cannot be read.
  public static func run(at target: TargetTable, on connection: PostgresConnection) async throws {
    _ = try await RuleCatalog.read(target, on: connection)
    _ = try await connection.planningOnce { try await RowDigest.read(target.oid, on: $0) }
  }
}
