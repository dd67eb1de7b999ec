public import ImportModel
public import Postgres

/// How the value of a scope is written, so that equal ones are one text.
public enum ScopeValue {
  /// A value as Postgres writes it, whatever the session's settings are: with dates in ISO form and times in UTC.
  public static func written(
    _ text: String, as column: TargetColumn, on connection: PostgresConnection
  ) async throws -> String {
    try await connection.transaction("READ ONLY") { connection in
      try await connection.execute("SET LOCAL DateStyle = 'ISO'; SET LOCAL bytea_output = 'hex'")
      // The second time with the zone in it, where it has one.
      let cast = "SELECT CAST(CAST($1::text AS \(column.type.sqlName)) AS text) AS value"
      let first = try await connection.query(cast, [.text(text)]).rows[0].string("value")
      try await connection.execute("SET LOCAL TimeZone = 'UTC'")
      return try await connection.query(cast, [.text(first)]).rows[0].string("value")
    }
  }

  /// Whether the column holds texts for equal only where they are the same.
  public static func isExact(
    _ column: TargetColumn, of target: TargetTable, on connection: PostgresConnection
  ) async throws -> Bool {
    try await connection.query(
      """
      SELECT coalesce((SELECT l.collisdeterministic FROM pg_attribute a
                         JOIN pg_collation l ON l.oid = a.attcollation
                        WHERE a.attrelid = $1::bigint::oid AND a.attname = $2), true) AS exact
      """, [.int(Int64(target.oid)), .text(column.name)]
    ).rows[0].bool("exact")
  }
}
