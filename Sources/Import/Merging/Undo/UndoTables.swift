public import ImportModel
public import Postgres

/// The tables that hold the images of one import: keys and digests of the rows that it inserted, old values
/// of those that it changed.
public enum UndoTables {
  /// Quoted, qualified name of the table of rows that were inserted.
  static func inserted(_ id: ImportID) -> String { name(id, .inserted) }

  /// Quoted, qualified name of the table of rows that were changed.
  static func updated(_ id: ImportID) -> String { name(id, .updated) }

  /// Both, as they are dropped.
  public static func names(of id: ImportID) -> [String] { [inserted(id), updated(id)] }

  /// The two kinds of tables.
  enum Part: String {
    case inserted, updated
  }

  private static func name(_ id: ImportID, _ part: Part) -> String { "sluice.\(ownName(id, part))" }

  private static func ownName(_ id: ImportID, _ part: Part) -> String {
    quotedIdentifier("undo_\(id.digits)_\(part.rawValue)")
  }

  /// The statement that makes another table of the schema, quoted and qualified, one of the import's.
  static func adopting(_ table: String, as part: Part, of id: ImportID) -> String {
    "ALTER TABLE \(table) RENAME TO \(ownName(id, part))"
  }

  /// Drops the tables of an import, if they are there.
  ///
  /// - Throws: `PostgresError`, also where somebody reads them for longer than two seconds.
  public static func drop(_ id: ImportID, on connection: PostgresConnection) async throws {
    try await connection.transaction { connection in
      try await connection.execute("SET LOCAL lock_timeout = '2s'")
      try await connection.execute("DROP TABLE IF EXISTS \(names(of: id).joined(separator: ", "))")
    }
  }

  /// Drops the images of an import whose time is over, and forgets that it could be taken back.
  ///
  /// One that is being taken back, or will be, or that runs, keeps them.
  ///
  /// - Returns: whether they are gone.
  /// - Throws: `PostgresError`, also where somebody reads them for longer than two seconds.
  public static func expire(_ id: ImportID, on connection: PostgresConnection) async throws -> Bool
  {
    try await connection.transaction { connection in
      try await connection.execute("SET LOCAL lock_timeout = '2s'")
      // Whoever asks for an undo locks the import first: it is asked for before, or sees them gone.
      let held = try await connection.query(
        """
        SELECT FROM sluice.imports WHERE id = $1::uuid AND NOT undo_requested
           AND status IN ('done', 'failed', 'cancelled') FOR UPDATE
        """,
        [.text(id.description)])
      guard !held.rows.isEmpty else { return false }
      try await connection.execute("DROP TABLE IF EXISTS \(names(of: id).joined(separator: ", "))")
      // What came of an undo is told as long as the import is known.
      _ = try await connection.query(
        """
        DELETE FROM sluice.undo u USING sluice.imports i
         WHERE u.import_id = $1::uuid AND i.id = u.import_id AND i.status <> 'undone'
        """, [.text(id.description)])
      return true
    }
  }

  /// Imports whose images are past their time, oldest first, at most a thousand.
  public static func expired(on connection: PostgresConnection) async throws -> [ImportID] {
    let sql = """
      SELECT u.import_id AS id FROM sluice.undo u JOIN sluice.imports i ON i.id = u.import_id
       WHERE u.kind = 'rows' AND u.expires_at <= clock_timestamp() AND NOT i.undo_requested
         -- Batches that are in may be followed by others.
         AND i.status IN ('done', 'failed', 'cancelled')
       ORDER BY u.expires_at LIMIT 1000
      """
    return try await ids(sql, on: connection)
  }

  /// Imports whose images nobody can use any more: they were taken back, or are gone.
  public static func leftovers(on connection: PostgresConnection) async throws -> [ImportID] {
    let sql = """
      SELECT DISTINCT substr(c.relname, 6, 32)::uuid AS id
        FROM pg_class c
       WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind = 'r'
         AND c.relname ~ '^undo_[0-9a-f]{32}_(inserted|updated)$'
         AND NOT EXISTS (
           SELECT FROM sluice.imports i WHERE i.id = substr(c.relname, 6, 32)::uuid
              AND i.status <> 'undone')
      """
    return try await ids(sql, on: connection)
  }

  private static func ids(
    _ sql: String, on connection: PostgresConnection
  ) async throws -> [ImportID] {
    try await connection.query(sql).rows.compactMap { ImportID(try $0.string("id")) }
  }
}
