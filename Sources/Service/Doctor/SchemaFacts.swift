import ImportModel
import Postgres

/// What the schema `sluice` holds, read in one query.
struct SchemaFacts: Sendable, Decodable, Equatable {
  /// A table that nobody needs any more.
  struct Orphan: Sendable, Decodable, Equatable {
    var name: String
    var bytes: Int64
    var sql: String
  }

  var imports: Int64
  var running: Int64
  var waiting: Int64
  /// Seconds that the import has waited which could have been taken first.
  var waitingSeconds: Double?
  /// Imports whose worker let its lease expire.
  var abandoned: Int64
  /// Imports, and images to undo them, that are past their time.
  var expired: Int64
  var bytes: Int64
  var stagingBytes: Int64
  var undoBytes: Int64
  var rejectBytes: Int64
  var orphans: [Orphan]
  var mayCreate: Bool

  static func read(
    on connection: PostgresConnection, retentionSeconds: Int64, limits: Thresholds
  ) async throws -> SchemaFacts {
    let result = try await connection.query(
      sql, [.int(retentionSeconds), .int(limits.sweepSeconds)])
    return try decoded(SchemaFacts.self, result.rows[0].string("facts"))
  }

  /// Tables of one import alone are named after it, 32 digits of its id.
  private static let tables = """
    SELECT c.oid, c.relname, pg_total_relation_size(c.oid) AS bytes,
      m.parts[1] AS kind, m.parts[2]::uuid AS import_id
    FROM pg_class AS c
    LEFT JOIN LATERAL regexp_match(c.relname, '^(staging|undo|beside)_([0-9a-f]{32})(?:_|$)')
      AS m(parts) ON true
    WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind IN ('r', 'p')
    """

  private static let sql = """
    WITH tables AS (\(tables)), orphans AS (
      SELECT t.relname, t.bytes
      FROM tables AS t
      LEFT JOIN sluice.imports AS i ON i.id = t.import_id
      LEFT JOIN sluice.undo AS u ON u.import_id = t.import_id
      WHERE t.kind = 'staging' AND (i.id IS NULL OR i.status <> 'done' AND
          i.finished_at < clock_timestamp() - make_interval(secs => $2)
          OR i.status = 'done' AND i.finished_at
            < clock_timestamp() - make_interval(secs => $1::float8 + $2))
        OR t.kind = 'beside' AND (i.id IS NULL
          OR i.finished_at < clock_timestamp() - make_interval(secs => $2))
        OR t.kind = 'undo' AND (u.import_id IS NULL
          OR u.expires_at < clock_timestamp() - make_interval(secs => $2))
    )
    SELECT jsonb_build_object(
      'imports', (SELECT count(*) FROM sluice.imports),
      'running', (SELECT count(*) FROM sluice.imports
        WHERE lease_id IS NOT NULL AND lease_expires_at >= clock_timestamp()),
      'waiting', (SELECT count(*) FROM sluice.imports WHERE status = 'queued'),
      'waitingSeconds', (SELECT extract(epoch FROM clock_timestamp() - min(available_at))
        FROM sluice.imports WHERE status = 'queued'),
      'abandoned', (SELECT count(*) FROM sluice.imports
        WHERE lease_id IS NOT NULL AND lease_expires_at < clock_timestamp()),
      'expired', (SELECT count(*) FROM sluice.imports
        WHERE finished_at < clock_timestamp() - make_interval(secs => $1::float8 + $2))
        + (SELECT count(*) FROM sluice.undo
           WHERE expires_at < clock_timestamp() - make_interval(secs => $2)),
      'bytes', (SELECT coalesce(sum(bytes), 0) FROM tables),
      'stagingBytes', (SELECT coalesce(sum(bytes), 0) FROM tables WHERE kind = 'staging'),
      'undoBytes', (SELECT coalesce(sum(bytes), 0) FROM tables WHERE kind = 'undo'),
      'rejectBytes', (SELECT coalesce(sum(bytes), 0) FROM tables WHERE relname = 'rejects'),
      'orphans', (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'name', relname, 'bytes', bytes, 'sql', format('DROP TABLE sluice.%I', relname))
        ORDER BY relname), '[]') FROM orphans),
      'mayCreate', has_schema_privilege('sluice', 'CREATE')
    )::text AS facts
    """
}
