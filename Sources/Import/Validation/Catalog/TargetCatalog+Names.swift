public import Postgres

extension TargetCatalog {
  /// Whether a table of that name could be imported into, were it there: its schema is open to imports, and
  /// the patterns do not leave it out.
  ///
  /// - Parameter patterns: see `tables(on:patterns:)`.
  /// - Throws: `PostgresError`.
  public func isOpen(
    _ name: QualifiedName, patterns: [String]?, on connection: PostgresConnection
  ) async throws -> Bool {
    let result = try await connection.queryCached(
      """
      SELECT NOT ($1::text LIKE 'pg\\_%' OR $1::text IN ('information_schema', 'sluice'))
        AND ($3::text[] IS NULL OR ($1::text || '.' || $2::text) LIKE ANY ($3::text[])) AS is_open
      """,
      [.text(name.schema), .text(name.name), Self.likePatterns(patterns)])
    return try result.rows.first?.bool("is_open") ?? false
  }
}
