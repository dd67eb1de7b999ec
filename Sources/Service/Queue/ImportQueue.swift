import FoundationEssentials
public import ImportModel
public import Postgres

/// The imports that wait and run, in Postgres: who may begin one, who holds it, how it ends.
///
/// Each call is one short statement; the rules are those of the schema's constraints, so that any number
/// of servers and workers can be wrong about each other without harm.
public struct ImportQueue: Sendable {
  /// The channel that says: there may be something to claim.
  public static let channel = "sluice_queue"
  /// The channel on which ids of imports travel that have changed. The progress hub listens to it.
  static let progressChannel = "sluice_progress"

  /// An advisory lock of the whole database: "sluice", as bytes.
  static let janitorLock: Int64 = 0x73_6C75_6963_65

  let pool: PostgresPool
  private let limit: Int

  /// A queue over a pool.
  ///
  /// - Parameter limit: most imports that may wait.
  public init(pool: PostgresPool, limit: Int) {
    self.pool = pool
    self.limit = limit
  }

  /// Whether there is no room for another import now.
  public func isFull() async throws -> Bool {
    let sql = "SELECT count(*) AS waiting FROM sluice.imports WHERE status = 'queued'"
    return try await pool.query(sql).rows[0].int("waiting") >= limit
  }

  /// Whether an import was made under a key, so that a request with it asks for nothing new.
  public func knows(key: String) async throws -> Bool {
    try await find(key: key) != nil
  }

  /// Queues an import, or finds the one that the same request made before: invariant 1.
  public func submit(_ submission: Submission) async throws -> Submission.Outcome {
    let fingerprint = try await self.fingerprint(of: submission)
    let key = submission.idempotencyKey ?? fingerprint
    while true {
      if let earlier = try await find(key: key) {
        guard earlier.fingerprint == fingerprint else { return .keyReused }
        return .replayed(earlier.id, status: earlier.status, idempotencyKey: key)
      }
      if try await isFull() { return .queueFull }
      if try await insert(submission, key: key, fingerprint: fingerprint) {
        return .accepted(idempotencyKey: key)
      }
      // Another request with this key was quicker: look at what it made.
    }
  }

  /// Calls an import off.
  ///
  /// One that waits ends at once; one that runs is asked to end, and its worker cannot finish it any more.
  ///
  /// - Returns: whether there was something to call off; nil where there is no such import.
  public func cancel(_ id: ImportID) async throws -> Bool? {
    let sql = """
      WITH changed AS (
        UPDATE sluice.imports SET
          cancel_requested = true,
          status = CASE WHEN status = 'queued' THEN 'cancelled' ELSE status END,
          finished_at = CASE WHEN status = 'queued' THEN clock_timestamp() END,
          history = CASE WHEN status = 'queued' THEN history || jsonb_build_object(
            'name', 'cancelled', 'at', extract(epoch FROM clock_timestamp())) ELSE history END
        WHERE id = $1::uuid AND status NOT IN ('done', 'failed', 'cancelled', 'undone')
        RETURNING id
      )
      SELECT exists (SELECT FROM sluice.imports WHERE id = $1::uuid) AS known,
             exists (SELECT FROM changed) AS changed,
             (SELECT pg_notify($2, id::text)::text FROM changed) AS told
      """
    let row = try await pool.query(
      sql, [.text(id.description), .text(ImportQueue.progressChannel)]
    ).rows[0]
    return try row.bool("known") ? try row.bool("changed") : nil
  }

  private func fingerprint(of submission: Submission) async throws -> String {
    var options = submission.options
    options.priority = .normal
    options.force = false
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let parts = [
      submission.source.sha256, submission.target,
      String(decoding: try encoder.encode(options), as: UTF8.self),
      // A forced import is one of its own, unless the caller's key says which one it is.
      submission.options.force && submission.idempotencyKey == nil
        ? submission.id.description : "",
    ]
    let sql = "SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex') AS fingerprint"
    let text = parts.joined(separator: "\n")
    return try await pool.query(sql, [.text(text)]).rows[0].string("fingerprint")
  }

  private struct Earlier {
    let id: ImportID
    let status: ImportState
    let fingerprint: String
  }

  private func find(key: String) async throws -> Earlier? {
    let sql = """
      SELECT id, status, fingerprint FROM sluice.imports
       WHERE idempotency_key = $1 AND status NOT IN ('failed', 'cancelled')
      """
    guard let row = try await pool.query(sql, [.text(key)]).rows.first,
      let id = ImportID(try row.string("id")),
      let status = ImportState(rawValue: try row.string("status"))
    else { return nil }
    return Earlier(id: id, status: status, fingerprint: try row.string("fingerprint"))
  }

  private func insert(
    _ submission: Submission, key: String, fingerprint: String
  ) async throws -> Bool {
    let sql = """
      WITH made AS (
        INSERT INTO sluice.imports (id, idempotency_key, fingerprint, target, key_columns, options,
            priority, spool_id, source_name, source_format, source_bytes, source_sha256,
            source_encoding, source_dialect, source_header, source_reading, scope_column, scope_value,
            history)
        VALUES ($1::uuid, $2, $3, $4, $5::text[], $6::jsonb, $7::smallint, $8, $9, $10, $11::bigint,
            $12, $13, $14::jsonb, $15, $18::jsonb, $19, $20, jsonb_build_array(jsonb_build_object(
              'name', 'queued', 'at', extract(epoch FROM clock_timestamp()))))
        ON CONFLICT (idempotency_key) WHERE status NOT IN ('failed', 'cancelled') DO NOTHING
        RETURNING id
      )
      SELECT pg_notify($16, id::text), pg_notify($17, '') FROM made
      """
    let source = submission.source
    let result = try await pool.query(
      sql,
      [
        .text(submission.id.description), .text(key), .text(fingerprint), .text(submission.target),
        .textArray(submission.key), .text(try json(submission.options)),
        .int(submission.options.priority.rank), .text(submission.id.description),
        .text(source.name), .text(source.format), .int(source.bytes), .text(source.sha256),
        .text(source.encoding), .text(try json(source.dialect)), .bytes(submission.header),
        .text(ImportQueue.progressChannel), .text(ImportQueue.channel),
        .text(try json(source.reading)), .optional(submission.scope?.column),
        .optional(submission.scope?.value),
      ])
    return !result.rows.isEmpty
  }

  private func json(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
  }
}

extension ImportQueue {
  /// Lends a connection for what belongs to the end of an import.
  public func withConnection<R: Sendable>(
    _ body: @Sendable (PostgresConnection) async throws -> R
  ) async throws -> R {
    try await pool.withConnection(body)
  }
}
