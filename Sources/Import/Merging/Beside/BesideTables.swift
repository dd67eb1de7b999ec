import ImportModel
public import Postgres

/// The tables that are filled and committed for a merge before it has made them its own, by a second session or
/// with its help.
///
/// Their names are those of an attempt: a worker that has lost its lease fills tables that nobody asks for
/// (invariant 4), and nobody takes what is left for his own.
public enum BesideTables {
  /// Quoted, qualified.
  ///
  /// - Parameter part: ten letters or digits at most, as a name has 63.
  static func name(_ part: String, of lease: Lease) -> String {
    "sluice.\(quotedIdentifier(ownName(part, of: lease)))"
  }

  /// The same without the schema, unquoted.
  static func ownName(_ part: String, of lease: Lease) -> String {
    precondition(part.utf8.count <= 10, "\(part) makes a name too long")
    return prefix(of: lease) + part
  }

  private static func prefix(of lease: Lease) -> String {
    "beside_\(lease.importID.digits)_\(lease.id.filter { $0 != "-" }.prefix(12))_"
  }

  /// Those whose attempts have ended, quoted and qualified.
  public static func leftovers(on connection: PostgresConnection) async throws -> [String] {
    let sql = """
      SELECT format('sluice.%I', c.relname) AS name FROM pg_class c
       WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind = 'r'
         AND c.relname ~ '^beside_[0-9a-f]{32}_[0-9a-f]{12}_'
         AND NOT EXISTS (
           SELECT FROM sluice.imports i WHERE i.id = substr(c.relname, 8, 32)::uuid
              AND starts_with(replace(i.lease_id::text, '-', ''), substr(c.relname, 41, 12)))
       ORDER BY 1
      """
    return try await connection.query(sql).rows.map { try $0.string("name") }
  }

  /// Drops what an attempt has left.
  ///
  /// - Parameter name: out of `leftovers(on:)`.
  /// - Throws: `PostgresError`, also where somebody reads the table for longer than two seconds.
  public static func sweep(_ name: String, on connection: PostgresConnection) async throws {
    try await connection.transaction { connection in
      try await connection.execute("SET LOCAL lock_timeout = '2s'; DROP TABLE IF EXISTS \(name)")
    }
  }

  /// Drops the tables of an attempt that go to nobody. Why it has ended matters more than an error here: what
  /// stays is swept.
  static func abandon(of lease: Lease, on connection: PostgresConnection) async {
    do {
      let found = try await connection.query(
        """
        SELECT format('sluice.%I', c.relname) AS name FROM pg_class c
         WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind = 'r'
           AND starts_with(c.relname, $1)
        """, [.text(prefix(of: lease))])
      for row in found.rows { try await sweep(try row.string("name"), on: connection) }
    } catch {
      // It is tried again by whoever sweeps.
    }
  }
}
