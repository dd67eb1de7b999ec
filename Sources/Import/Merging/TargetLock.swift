import Postgres

/// The one place in which work on a target's rows waits for other work on them.
enum TargetLock {
  /// First word of the advisory locks on targets; the second is the OID.
  private static let space: Int64 = 0x51C1

  /// Who waits for a lock keeps a worker's place: after five seconds the work is handed back. A shorter
  /// limit of the role or the database stays.
  static let limitOfWaits = """
    SELECT set_config('lock_timeout', '5s', true) FROM pg_settings
     WHERE name = 'lock_timeout' AND setting::integer NOT BETWEEN 1 AND 5000
    """

  /// Takes a target for the transaction at hand, and makes the session fit for work on many rows.
  static func take(_ oid: UInt32, on connection: PostgresConnection) async throws {
    try await connection.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
    _ = try await connection.query(limitOfWaits)
    _ = try await connection.query(
      "SELECT pg_advisory_xact_lock($1)", [.int(space << 32 | Int64(oid))])
  }
}
