public import ImportModel
import Postgres

extension ImportQueue {
  /// How many imports wait, for each priority.
  public func waitingByPriority() async throws -> [(ImportOptions.Priority, Int64)] {
    let sql = """
      SELECT p AS priority, (SELECT count(*) FROM sluice.imports
                              WHERE status = 'queued' AND priority = p) AS waiting
        FROM generate_series(0, 2) AS p
      """
    let rows = try await pool.query(sql).rows
    return try ImportOptions.Priority.allCases.map { priority in
      let row = rows.first { $0["priority"] == String(priority.rank) }
      return (priority, try row?.int64("waiting") ?? 0)
    }
  }

  /// Removes imports, with their rejects, that ended longer ago than so many seconds.
  ///
  /// - Returns: how many were removed; a few at a time, so that no transaction is long.
  public func removeFinished(olderThan seconds: Int64) async throws -> Int {
    let sql = """
      DELETE FROM sluice.imports WHERE id IN (
        SELECT id FROM sluice.imports
         WHERE finished_at < clock_timestamp() - make_interval(secs => $1)
         ORDER BY finished_at LIMIT 100 FOR UPDATE SKIP LOCKED)
      """
    var removed = 0
    while true {
      let count = try await pool.query(sql, [.int(seconds)]).affected
      removed += count
      if count < 100 { return removed }
    }
  }

  /// The spool files that may still be read: those of imports that wait, run, or failed.
  public func spoolIDsInUse() async throws -> Set<String> {
    let sql =
      "SELECT spool_id FROM sluice.imports WHERE status NOT IN ('done', 'cancelled', 'undone')"
    return Set(try await pool.query(sql).rows.map { try $0.string("spool_id") })
  }
}
