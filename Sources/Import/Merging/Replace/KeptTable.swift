import FoundationEssentials
public import ImportModel
public import Postgres

/// The table as it was before it was replaced, kept in the schema `sluice` until its import can no longer be
/// undone.
public enum KeptTable {
  /// What a table holds, as far as a sum of digests tells.
  struct Digest: Sendable, Equatable {
    let rows: Int64
    let sum: String
    let columns: [String]

    /// - Parameter names: only these columns; nil for all.
    static func read(
      of table: String, oid: UInt32, only names: [String]?, on connection: PostgresConnection
    ) async throws -> Digest {
      let digest = try await RowDigest.read(oid, only: names, on: connection)
      return try await read(
        digest.expression("t"), of: "ONLY \(table) t", columns: digest.columnNames, on: connection)
    }

    /// - Parameters:
    ///   - expression: the digest of a row.
    ///   - source: where the rows are, as `FROM` takes it.
    static func read(
      _ expression: String, of source: String, columns: [String], on connection: PostgresConnection
    ) async throws -> Digest {
      let row = try await connection.query(
        "SELECT count(*) AS total, coalesce(sum(\(expression)), 0)::text AS digests FROM \(source)"
      ).rows[0]
      return Digest(
        rows: try row.int64("total"), sum: try row.string("digests"), columns: columns)
    }
  }

  /// Notes that the table is kept, in the transaction that puts another one into its place.
  static func enter(
    _ request: MergeRequest, model: TableModel, newTable: UInt32, digest: Digest,
    on connection: PostgresConnection
  ) async throws {
    let structure = String(decoding: try JSONEncoder().encode(model), as: UTF8.self)
    _ = try await connection.query(
      """
      INSERT INTO sluice.undo (import_id, kind, target_oid, key_columns, digest_columns,
          image_columns, old_table_oid, digest, structure, rows_inserted, expires_at)
      VALUES ($1::uuid, 'table', $2::bigint::oid, '{}', $3::text[], '{}', $4::bigint::oid, $5::numeric,
              $6::jsonb, $7::bigint, clock_timestamp() + make_interval(secs => $8::double precision))
      """,
      [
        .text(request.lease.importID.description), .int(Int64(newTable)),
        .textArray(digest.columns),
        .int(Int64(model.oid)), .text(digest.sum), .text(structure), .int(digest.rows),
        .text("\(request.retentionSeconds)"),
      ])
  }

  /// Drops the table that an import has kept, if it is there: the import cannot be undone any more.
  ///
  /// - Throws: `PostgresError`, also where somebody reads the table for longer than two seconds.
  public static func drop(_ id: ImportID, on connection: PostgresConnection) async throws {
    try await connection.transaction { connection in
      try await connection.execute("SET LOCAL lock_timeout = '2s'")
      try await connection.execute("DROP TABLE IF EXISTS \(StandIn.kept(by: id).name)")
    }
  }

  /// The imports whose kept tables, or stand-ins, nobody needs any more: they are past their time, or were
  /// left by a worker that was killed. One that is being taken back, or will be, keeps its table.
  public static func leftovers(on connection: PostgresConnection) async throws -> [ImportID] {
    let sql = """
      SELECT DISTINCT substring(c.relname FROM '[0-9a-f]{32}')::uuid AS id
        FROM pg_class c
       WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind = 'r'
         AND (c.relname ~ '^undo_[0-9a-f]{32}_table$' AND NOT EXISTS (
                SELECT FROM sluice.undo u JOIN sluice.imports i ON i.id = u.import_id
                 WHERE u.old_table_oid = c.oid
                   AND (u.expires_at > clock_timestamp() OR i.undo_requested))
              OR c.relname ~ '^replace_[0-9a-f]{32}$' AND NOT EXISTS (
                SELECT FROM sluice.imports i
                 WHERE i.id = substr(c.relname, 9)::uuid
                   AND i.status NOT IN ('done', 'failed', 'cancelled', 'undone')))
      """
    return try await connection.query(sql).rows.compactMap { ImportID(try $0.string("id")) }
  }

  /// The quoted, qualified names of what `sweep` drops.
  public static func names(of id: ImportID) -> [String] {
    [StandIn.kept(by: id).name, StandIn.replacing(by: id).name]
  }

  /// Drops what an import has left: see `leftovers(on:)`.
  public static func sweep(_ id: ImportID, on connection: PostgresConnection) async throws {
    try await connection.transaction { connection in
      try await connection.execute("SET LOCAL lock_timeout = '2s'")
      try await connection.execute("DROP TABLE IF EXISTS \(StandIn.kept(by: id).name)")
      // Foreign keys of other tables may point to it already.
      try await connection.execute(
        "DROP TABLE IF EXISTS \(StandIn.replacing(by: id).name) CASCADE")
    }
  }
}
