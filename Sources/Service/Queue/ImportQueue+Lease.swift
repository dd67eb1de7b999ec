import FoundationEssentials
public import ImportModel
import Postgres

/// An import that a worker has claimed.
public struct ClaimedImport: Sendable {
  /// What a worker does with an import.
  public enum Work: Sendable {
    /// Carries it out.
    case importing
    /// Takes it back.
    case undoing
  }

  /// The right to write on it.
  public let lease: Lease
  /// What is to be done.
  public let work: Work
  /// How often this work was begun, this time included.
  public let attempt: Int
  /// How many of them need not be held against it, as they or later ones got a batch in.
  public let excused: Int
  /// Under which id the spool holds its bytes.
  public let spoolID: String
  /// Why the last attempt that was given back had no result, where one was.
  public let lastFailure: ImportFailure?
  /// Where the time of earlier attempts went, where there were any.
  public let profile: ImportProfile?
}

extension ImportQueue {
  /// Takes the next import that may run, or nil where there is none: invariant 8.
  ///
  /// Those whose worker has let its lease expire come first, then by priority, then by age. An import
  /// whose target is busy is passed over; with a scope, where its scope is busy or the target otherwise is. None
  /// overtakes one that it would keep waiting.
  ///
  /// - Parameters:
  ///   - worker: names the process, for people.
  ///   - seconds: how long the lease holds without a heartbeat.
  public func claim(worker: String, leaseSeconds seconds: Int) async throws -> ClaimedImport? {
    try await endExpiredSessions()
    for _ in 0..<ImportQueue.claimTries {
      do {
        return try await claimOnce(worker, seconds)
      } catch let error as PostgresError where error.constraint == "imports_running_target" {
        // Another worker took an import into the same target at the same moment. It is seen now, so the
        // next look passes that target over.
      }
    }
    return nil
  }

  /// Many workers may be at it at one moment; who is refused so often comes back with the next look at the queue.
  private static let claimTries = 20

  private func claimOnce(_ worker: String, _ seconds: Int) async throws -> ClaimedImport? {
    let result = try await pool.query(
      ImportQueue.claimStatement,
      [.text(worker), .int(Int64(seconds)), .text(ImportQueue.progressChannel)])
    guard let row = result.rows.first, let id = ImportID(try row.string("id")) else { return nil }
    return ClaimedImport(
      lease: Lease(importID: id, id: try row.string("lease_id")),
      work: try row.bool("undoing") ? .undoing : .importing,
      attempt: try row.int("attempt"), excused: try row.int("excused"),
      spoolID: try row.string("spool_id"),
      lastFailure: try row["last_reason"].map {
        try JSONDecoder().decode(ImportFailure.self, from: Data($0.utf8))
      },
      profile: try row["profile"].map {
        try JSONDecoder().decode(ImportProfile.self, from: Data($0.utf8))
      })
  }

  /// Ends the sessions of workers whose lease has expired.
  ///
  /// One that was stopped, or is cut off from the server, may have left a transaction open: whoever takes the import
  /// over would wait for its locks.
  private func endExpiredSessions() async throws {
    let sql = """
      SELECT pg_terminate_backend(a.pid)
        FROM sluice.imports i
        JOIN pg_stat_activity a ON a.application_name IN ($1 || ' ' || i.lease_id, $2 || ' ' || i.lease_id)
       WHERE i.lease_id IS NOT NULL AND i.lease_expires_at < clock_timestamp()
         AND a.datname = current_database() AND a.usename = current_user
      """
    let works = [WorkSession.loads, .helps].map { PostgresParameter.text($0.rawValue) }
    _ = try await pool.query(sql, works)
  }

  /// An undo leaves the state as it is until it is through.
  private static let claimStatement = """
    WITH first AS (
      -- Of those that wait for one target, the first of each column.
      SELECT DISTINCT ON (w.target, w.held_column) w.target, w.held_column, w.priority, w.id
        FROM sluice.imports w
       WHERE w.lease_id IS NULL AND w.available_at <= clock_timestamp()
         AND (w.status = 'queued' OR w.undo_requested AND w.status IN ('done', 'failed', 'cancelled'))
       ORDER BY w.target, w.held_column, w.priority, w.id
    ), next AS (
      SELECT i.id, i.undo_requested AND i.status IN ('done', 'failed', 'cancelled') AS undoing
        FROM sluice.imports i
       WHERE (i.status = 'queued' AND i.available_at <= clock_timestamp()
              OR i.undo_requested AND i.status IN ('done', 'failed', 'cancelled')
                AND i.lease_id IS NULL AND i.available_at <= clock_timestamp()
              OR i.lease_id IS NOT NULL AND i.lease_expires_at < clock_timestamp())
         AND NOT EXISTS (SELECT FROM sluice.imports r
              WHERE r.target = i.target AND r.lease_id IS NOT NULL AND r.id <> i.id
                AND (r.held_column <> i.held_column OR r.held_value = i.held_value))
         AND NOT EXISTS (SELECT FROM first f
              WHERE f.target = i.target AND f.held_column <> i.held_column
                AND (f.priority, f.id) < (i.priority, i.id) AND i.lease_id IS NULL)
       ORDER BY i.lease_id IS NULL, i.priority, i.id
       LIMIT 1
       FOR UPDATE SKIP LOCKED
    ), claimed AS (
      UPDATE sluice.imports i SET
        status = CASE WHEN undoing THEN status ELSE 'parsing' END,
        lease_id = gen_random_uuid(), worker = $1,
        attempt = attempt + CASE WHEN undoing THEN 0 ELSE 1 END,
        undo_attempt = undo_attempt + CASE WHEN undoing THEN 1 ELSE 0 END,
        lease_expires_at = clock_timestamp() + make_interval(secs => $2),
        started_at = coalesce(started_at, clock_timestamp()),
        -- A worker that died has told last here where its time went.
        profile = CASE WHEN undoing THEN i.profile ELSE coalesce((SELECT p.profile
          FROM sluice.progress p WHERE p.import_id = i.id AND p.lease_id = i.lease_id), i.profile) END,
        history = CASE WHEN undoing THEN history ELSE history || jsonb_build_object(
          'name', 'parsing', 'at', extract(epoch FROM clock_timestamp())) END
      FROM next WHERE i.id = next.id
      RETURNING i.id, i.lease_id, i.spool_id, i.profile, undoing,
        CASE WHEN undoing THEN i.undo_attempt ELSE i.attempt END AS attempt,
        CASE WHEN undoing THEN 0 ELSE i.attempts_excused END AS excused,
        CASE WHEN undoing THEN (SELECT u.error FROM sluice.undo u WHERE u.import_id = i.id)
          ELSE jsonb_path_query_array(i.history, '$[*].reason') -> -1 END AS last_reason
    )
    SELECT c.*, pg_notify($3, c.id::text) FROM claimed c
    """

  /// What a heartbeat finds.
  public enum Heartbeat: Sendable, Equatable {
    case held, cancelRequested, lost
  }

  /// Makes a lease hold for so many seconds more.
  public func heartbeat(_ lease: Lease, seconds: Int) async throws -> Heartbeat {
    let sql = """
      UPDATE sluice.imports SET lease_expires_at = clock_timestamp() + make_interval(secs => $3)
       WHERE id = $1::uuid AND lease_id = $2::uuid
      RETURNING cancel_requested
      """
    let result = try await pool.query(
      sql, [.text(lease.importID.description), .text(lease.id), .int(Int64(seconds))])
    guard let row = result.rows.first else { return .lost }
    return try row.bool("cancel_requested") ? .cancelRequested : .held
  }

  /// Enters the next state, and says so.
  ///
  /// - Parameter facts: what is known for certain from here on, kept beside the state.
  /// - Throws: `LeaseLost` where the lease no longer holds or the import was called off.
  public func move(_ lease: Lease, to state: ImportState, counts: RowCounts? = nil) async throws {
    let sql = """
      WITH moved AS (
        UPDATE sluice.imports SET
          status = $3::text,
          history = history || jsonb_build_object(
            'name', $3::text, 'at', extract(epoch FROM clock_timestamp())),
          rows_read = coalesce($4::bigint, rows_read), rows_total = coalesce($4::bigint, rows_total),
          rows_ok = \(ImportQueue.known("rows_ok", or: "$5")),
          rows_bad = \(ImportQueue.known("rows_bad", or: "$6")),
          bytes_done = CASE WHEN $4::bigint IS NULL THEN bytes_done ELSE source_bytes END
        WHERE id = $1::uuid AND lease_id = $2::uuid AND NOT cancel_requested
        RETURNING id
      )
      SELECT pg_notify($7, id::text) FROM moved
      """
    let result = try await pool.query(
      sql,
      [
        .text(lease.importID.description), .text(lease.id), .text(state.rawValue),
        counts.map { .int($0.read) } ?? .null, counts.map { .int($0.ok) } ?? .null,
        counts.map { .int($0.bad) } ?? .null, .text(ImportQueue.progressChannel),
      ])
    if result.rows.isEmpty { throw LeaseLost(lease) }
  }

  /// A counter as it is to be kept: once batches are in, their transactions keep it.
  private static func known(_ column: String, or given: String) -> String {
    "CASE WHEN batches IS NULL THEN coalesce(\(given)::bigint, \(column)) ELSE \(column) END"
  }

  /// Notes how the file is read, as it was found.
  ///
  /// - Parameter header: the first line of a report of rejected rows.
  /// - Throws: `LeaseLost` where the lease no longer holds or the import was called off.
  public func describe(_ lease: Lease, source: ImportSource, header: [UInt8]) async throws {
    let sql = """
      UPDATE sluice.imports SET source_format = $3, source_encoding = $4, source_dialect = $5::jsonb,
             source_reading = $6::jsonb, source_header = $7
       WHERE id = $1::uuid AND lease_id = $2::uuid AND NOT cancel_requested
      """
    let encoder = JSONEncoder()
    let result = try await pool.query(
      sql,
      [
        .text(lease.importID.description), .text(lease.id), .text(source.format),
        .text(source.encoding),
        .text(String(decoding: try encoder.encode(source.dialect), as: UTF8.self)),
        .text(String(decoding: try encoder.encode(source.reading), as: UTF8.self)),
        .bytes(header),
      ])
    if result.affected == 0 { throw LeaseLost(lease) }
  }

  /// Notes what the administrator of the database should look at.
  ///
  /// - Throws: `LeaseLost` where the lease no longer holds or the import was called off.
  public func warn(_ lease: Lease, of warnings: [ImportWarning]) async throws {
    let sql = """
      UPDATE sluice.imports SET warnings = $3::jsonb
       WHERE id = $1::uuid AND lease_id = $2::uuid AND NOT cancel_requested
      """
    let json = String(decoding: try JSONEncoder().encode(warnings), as: UTF8.self)
    let result = try await pool.query(
      sql, [.text(lease.importID.description), .text(lease.id), .text(json)])
    if result.affected == 0 { throw LeaseLost(lease) }
  }

  /// Ends an import in `failed` or `cancelled`.
  ///
  /// - Parameter counts: what the last attempt has counted, or nil where it got nowhere: then those of
  ///   the attempt before stay.
  /// - Throws: `LeaseLost` where the lease no longer holds.
  public func end(
    _ lease: Lease, as state: ImportState, failure: ImportFailure?, counts: RowCounts?,
    bytes: Int64, profile: ImportProfile? = nil
  ) async throws {
    let sql = """
      WITH ended AS (
        UPDATE sluice.imports SET
          status = $3::text, error = $4::jsonb, finished_at = clock_timestamp(),
          history = history || jsonb_build_object(
            'name', $3::text, 'at', extract(epoch FROM clock_timestamp())),
          rows_read = \(ImportQueue.known("rows_read", or: "$5")),
          rows_ok = \(ImportQueue.known("rows_ok", or: "$6")),
          rows_bad = \(ImportQueue.known("rows_bad", or: "$7")),
          bytes_done = CASE WHEN $5::bigint IS NULL OR batches IS NOT NULL THEN bytes_done ELSE $8 END,
          profile = coalesce($11::jsonb, profile), lease_id = NULL, lease_expires_at = NULL
        WHERE id = $1::uuid AND lease_id = $2::uuid
        RETURNING id
      )
      SELECT pg_notify($9, id::text), pg_notify($10, '') FROM ended
      """
    let result = try await pool.query(
      sql,
      [
        .text(lease.importID.description), .text(lease.id), .text(state.rawValue),
        try json(failure), counts.map { .int($0.read) } ?? .null,
        counts.map { .int($0.ok) } ?? .null, counts.map { .int($0.bad) } ?? .null,
        .int(bytes), .text(ImportQueue.progressChannel), .text(ImportQueue.channel),
        try json(profile),
      ])
    if result.rows.isEmpty { throw LeaseLost(lease) }
  }

  /// Gives an import back, to be claimed again after a while: the worker stops, or the database failed.
  ///
  /// - Parameters:
  ///   - countsAsAttempt: a shutdown is nobody's fault and does not count.
  ///   - reason: why the attempt had no result; the import fails with it, should there be none after it.
  public func release(
    _ lease: Lease, after delay: Duration, countsAsAttempt: Bool,
    because reason: ImportFailure? = nil, profile: ImportProfile? = nil
  ) async throws {
    let sql = """
      WITH released AS (
        UPDATE sluice.imports SET
          status = CASE WHEN cancel_requested THEN 'cancelled' ELSE 'queued' END,
          finished_at = CASE WHEN cancel_requested THEN clock_timestamp() END,
          lease_id = NULL, lease_expires_at = NULL,
          attempt = attempt - CASE WHEN $4 THEN 0 ELSE 1 END,
          profile = coalesce($8::jsonb, profile),
          available_at = clock_timestamp() + make_interval(secs => $3),
          history = history || jsonb_strip_nulls(jsonb_build_object(
            'name', CASE WHEN cancel_requested THEN 'cancelled' ELSE 'queued' END,
            'at', extract(epoch FROM clock_timestamp()), 'reason', $7::jsonb))
        WHERE id = $1::uuid AND lease_id = $2::uuid
        RETURNING id
      )
      SELECT pg_notify($5, id::text), pg_notify($6, '') FROM released
      """
    _ = try await pool.query(
      sql,
      [
        .text(lease.importID.description), .text(lease.id), .double(delay / .seconds(1)),
        .bool(countsAsAttempt), .text(ImportQueue.progressChannel), .text(ImportQueue.channel),
        try json(reason), try json(profile),
      ])
  }

  /// Keeps the profile of an import that is done: what comes after its last transaction is in it now.
  public func note(_ profile: ImportProfile, of id: ImportID) async throws {
    let sql = """
      WITH noted AS (
        UPDATE sluice.imports SET profile = $2::jsonb WHERE id = $1::uuid AND status = 'done'
        RETURNING id
      )
      SELECT pg_notify($3, id::text) FROM noted
      """
    _ = try await pool.query(
      sql,
      [.text(id.description), .text(try profile.json), .text(ImportQueue.progressChannel)])
  }

  private func json(_ value: (some Encodable)?) throws -> PostgresParameter {
    guard let value else { return .null }
    return .text(String(decoding: try JSONEncoder().encode(value), as: UTF8.self))
  }

  /// Tells the hubs that an import has changed, after its last transaction.
  public func announce(_ id: ImportID) async throws {
    _ = try await pool.query(
      "SELECT pg_notify($1, $2), pg_notify($3, '')",
      [.text(ImportQueue.progressChannel), .text(id.description), .text(ImportQueue.channel)])
  }
}
