import FoundationEssentials
public import ImportModel
import Postgres

extension ImportQueue {
  /// What became of the wish to take an import back.
  public enum UndoAnswer: Sendable, Equatable {
    /// A worker has it, or will have it.
    case requested
    /// It was taken back before.
    case undone
    /// It cannot be.
    case unavailable(reason: String, hint: String)
    /// There is no such import.
    case unknown
  }

  /// Asks for an import to be taken back; asked again, it changes nothing.
  public func requestUndo(_ id: ImportID) async throws -> UndoAnswer {
    let parameters: [PostgresParameter] = [.text(id.description)]
    let (answer, isNew) = try await pool.withConnection { connection in
      try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
        // Whoever lets images expire locks the import as well: what is seen behind the lock stays.
        let lock = "SELECT FROM sluice.imports WHERE id = $1::uuid FOR UPDATE"
        guard !(try await connection.query(lock, parameters)).rows.isEmpty else {
          return (UndoAnswer.unknown, false)
        }
        let row = try await connection.query(ImportQueue.undoState, parameters).rows[0]
        let answer = try ImportQueue.answer(row)
        guard answer == .requested, try !row.bool("undo_requested") else { return (answer, false) }
        _ = try await connection.query(ImportQueue.undoRequest, parameters)
        return (answer, true)
      }
    }
    if isNew { try await announce(id) }
    return answer
  }

  private static let undoState = """
    SELECT i.status, i.undo_requested, u.import_id IS NOT NULL AS has_images,
           coalesce(u.expires_at <= clock_timestamp(), false) AS is_expired,
           coalesce((i.options ->> 'dry_run')::boolean, false) AND NOT i.commit_requested
             AS is_dry_run,
           i.rows_inserted + i.rows_updated AS changed
      FROM sluice.imports i LEFT JOIN sluice.undo u ON u.import_id = i.id
     WHERE i.id = $1::uuid
    """

  /// A cancel has done its part by now, and must not stop the undo.
  private static let undoRequest = """
    WITH asked AS (
      UPDATE sluice.imports SET undo_requested = true, undo_attempt = 0, cancel_requested = false,
        available_at = clock_timestamp()
       WHERE id = $1::uuid RETURNING id
    )
    UPDATE sluice.undo SET error = NULL WHERE import_id IN (SELECT id FROM asked)
    """

  private static func answer(_ row: PostgresRow) throws -> UndoAnswer {
    let status = ImportState(rawValue: try row.string("status")) ?? .queued
    if status == .undone { return .undone }
    if !status.isTerminal {
      return .unavailable(
        reason: "the import has not ended yet: it is \(status.rawValue)",
        hint: "call it off with DELETE, or ask again when it is done")
    }
    if try row.bool("undo_requested") { return .requested }
    if try row.bool("is_dry_run") {
      return .unavailable(
        reason: "the import was a dry run", hint: "it has changed nothing that could be taken back")
    }
    if try row.bool("is_expired") {
      return .unavailable(
        reason: "the time in which the import could be taken back is over",
        hint: "SLUICE_RETENTION says how long images are kept")
    }
    if try row.bool("has_images") { return .requested }
    if status != .done {
      return .unavailable(
        reason: "the import ended as \(status.rawValue)",
        hint: "it has changed nothing that could be taken back")
    }
    if try row.int64("changed") == 0 {
      return .unavailable(
        reason: "the import has changed no row", hint: "there is nothing to take back")
    }
    return .unavailable(
      reason: "there are no images of the rows as they were before the import",
      hint: "they are kept as long as SLUICE_RETENTION says, and for tables only")
  }

  // MARK: How an undo ends

  /// Gives an undo back, to be claimed again after a while.
  ///
  /// - Parameters:
  ///   - countsAsAttempt: a shutdown is nobody's fault and does not count.
  ///   - reason: why the attempt had no result.
  public func releaseUndo(
    _ lease: Lease, after delay: Duration, countsAsAttempt: Bool,
    because reason: ImportFailure? = nil
  ) async throws {
    let sql = """
      WITH released AS (
        UPDATE sluice.imports SET lease_id = NULL, lease_expires_at = NULL,
          undo_attempt = undo_attempt - CASE WHEN $4 THEN 0 ELSE 1 END,
          available_at = clock_timestamp() + make_interval(secs => $3)
        WHERE id = $1::uuid AND lease_id = $2::uuid
        RETURNING id
      ), told AS (
        UPDATE sluice.undo SET error = coalesce($7::jsonb, error)
         WHERE import_id IN (SELECT id FROM released)
      )
      SELECT pg_notify($5, id::text), pg_notify($6, '') FROM released
      """
    _ = try await pool.query(
      sql,
      [
        .text(lease.importID.description), .text(lease.id), .double(delay / .seconds(1)),
        .bool(countsAsAttempt), .text(ImportQueue.progressChannel), .text(ImportQueue.channel),
        try reason.map(json) ?? .null,
      ])
  }

  /// Ends an undo that cannot be: the import stays as it is, and says why.
  ///
  /// - Throws: `LeaseLost` where the lease no longer holds.
  public func failUndo(_ lease: Lease, because failure: ImportFailure) async throws {
    let sql = """
      WITH ended AS (
        UPDATE sluice.imports SET lease_id = NULL, lease_expires_at = NULL, undo_requested = false
        WHERE id = $1::uuid AND lease_id = $2::uuid
        RETURNING id
      ), told AS (
        UPDATE sluice.undo SET error = $3::jsonb WHERE import_id IN (SELECT id FROM ended)
      )
      SELECT pg_notify($4, id::text), pg_notify($5, '') FROM ended
      """
    let result = try await pool.query(
      sql,
      [
        .text(lease.importID.description), .text(lease.id), try json(failure),
        .text(ImportQueue.progressChannel), .text(ImportQueue.channel),
      ])
    if result.rows.isEmpty { throw LeaseLost(lease) }
  }

  private func json(_ failure: ImportFailure) throws -> PostgresParameter {
    .text(String(decoding: try JSONEncoder().encode(failure), as: UTF8.self))
  }
}

// MARK: What was left

/// A row that an undo has left as it is.
public struct LeftRow: Sendable, Equatable {
  /// Its place in the report, from 1.
  public var ordinal: Int64
  /// Its key as a JSON object of texts.
  public var key: String
  /// `changed`, `gone`, `referenced` or `refused`.
  public var reason: String
  /// The same in words.
  public var message: String
}

extension ImportQueue {
  /// A page of the rows that the undo of an import has left, in their order.
  public func leftRows(of id: ImportID, after ordinal: Int64, limit: Int) async throws -> [LeftRow]
  {
    let sql = """
      SELECT ordinal, key, reason, message FROM sluice.undo_left
       WHERE import_id = $1::uuid AND ordinal > $2 ORDER BY ordinal LIMIT $3
      """
    let result = try await pool.query(
      sql, [.text(id.description), .int(ordinal), .int(limit)])
    return try result.rows.map {
      LeftRow(
        ordinal: try $0.int64("ordinal"), key: try $0.string("key"),
        reason: try $0.string("reason"), message: try $0.string("message"))
    }
  }

  /// How many rows that an undo has left are listed.
  public func leftRowsListed(of id: ImportID) async throws -> Int64 {
    let sql = "SELECT count(*) AS listed FROM sluice.undo_left WHERE import_id = $1::uuid"
    return try await pool.query(sql, [.text(id.description)]).rows[0].int64("listed")
  }
}
