public import ImportModel
import Postgres

/// What becomes of the wish to carry a dry run out.
public enum CommitOutcome: Sendable, Equatable {
  /// It waits for a worker.
  case queued
  /// It was wished before.
  case known
  /// There is no such import.
  case unknown
  /// The import is no dry run.
  case notADryRun
  /// The dry run has not come to its end yet.
  case notFinished(ImportState)
  /// The dry run has ended without a result.
  case ended(ImportState)
  /// Too much time has passed since.
  case expired
  /// Too many imports wait.
  case queueFull
}

extension ImportQueue {
  /// Queues a finished dry run, to be carried out with attempts of its own.
  public func commit(_ id: ImportID) async throws -> CommitOutcome {
    while true {
      guard
        let row = try await pool.query(ImportQueue.lookStatement, [.text(id.description)])
          .rows.first
      else { return .unknown }
      guard try row.bool("is_dry_run") else { return .notADryRun }
      if try row.bool("commit_requested") { return .known }
      guard let state = ImportState(rawValue: try row.string("status")) else { return .unknown }
      guard state.isTerminal else { return .notFinished(state) }
      guard state == .done else { return .ended(state) }
      guard try row.bool("can_be_committed") else { return .expired }
      if try await isFull() { return .queueFull }
      if try await enqueue(id) { return .queued }
      // Another request was quicker, or time has run out between the two statements: look again.
    }
  }

  private static let lookStatement = """
    SELECT status, coalesce((options ->> 'dry_run')::boolean, false) AS is_dry_run, commit_requested,
           coalesce(commit_until > clock_timestamp(), false) AS can_be_committed
      FROM sluice.imports WHERE id = $1::uuid
    """

  /// What was merged is counted anew; what was read and staged stays as it was.
  private func enqueue(_ id: ImportID) async throws -> Bool {
    let sql = """
      WITH changed AS (
        UPDATE sluice.imports SET
          status = 'queued', commit_requested = true, commit_until = NULL, finished_at = NULL,
          started_at = NULL, attempt = 0, available_at = clock_timestamp(),
          rows_skipped = 0, rows_inserted = 0, rows_updated = 0, rows_unchanged = 0,
          history = history || jsonb_build_object(
            'name', 'queued', 'at', extract(epoch FROM clock_timestamp()))
        WHERE id = $1::uuid AND status = 'done' AND NOT commit_requested
          AND commit_until > clock_timestamp()
        RETURNING id
      )
      SELECT pg_notify($2, id::text), pg_notify($3, '') FROM changed
      """
    let result = try await pool.query(
      sql,
      [
        .text(id.description), .text(ImportQueue.progressChannel), .text(ImportQueue.channel),
      ])
    return !result.rows.isEmpty
  }
}
