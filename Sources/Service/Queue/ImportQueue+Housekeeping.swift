public import ImportModel
public import Postgres

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

  /// Removes imports, with their rejects, that ended longer ago than so many seconds; not those that are to be
  /// taken back.
  ///
  /// Tables that an import has left are found by their names when it is gone.
  ///
  /// The rejects go first, page by page: those of one import may be more than one statement removes in
  /// its time.
  ///
  /// - Returns: how many imports were removed.
  public func removeFinished(olderThan seconds: Int64) async throws -> Int {
    let sql = """
      SELECT id FROM sluice.imports i WHERE \(ImportQueue.isPast("$1"))
       ORDER BY finished_at LIMIT 100
      """
    var removed = 0
    while true {
      let ids = try await pool.query(sql, [.int(seconds)]).rows.map { try $0.string("id") }
      while try await removeRejects(of: ids, olderThan: seconds) > 0 {}
      let count = try await remove(ids, olderThan: seconds)
      removed += count
      if ids.count < 100 || count == 0 { return removed }
    }
  }

  /// How many imports `removeFinished` would remove.
  public static func countFinished(
    olderThan seconds: Int64, on connection: PostgresConnection
  ) async throws -> Int {
    let sql = "SELECT count(*) AS total FROM sluice.imports i WHERE \(isPast("$1"))"
    return try await connection.query(sql, [.int(seconds)]).rows[0].int("total")
  }

  /// Whether the import `i` is past its time, and is not to be taken back.
  private static func isPast(_ seconds: String) -> String {
    "(i.finished_at < clock_timestamp() - make_interval(secs => \(seconds)) AND NOT i.undo_requested)"
  }

  /// One page of rejects.
  private func removeRejects(of ids: [String], olderThan seconds: Int64) async throws -> Int {
    let sql = """
      DELETE FROM sluice.rejects WHERE ctid = ANY (ARRAY(
        SELECT r.ctid FROM sluice.imports i JOIN sluice.rejects r ON r.import_id = i.id
         WHERE i.id = ANY ($1::uuid[]) AND \(ImportQueue.isPast("$2"))
         LIMIT 5000))
      """
    return try await pool.query(sql, [.textArray(ids), .int(seconds)]).affected
  }

  private func remove(_ ids: [String], olderThan seconds: Int64) async throws -> Int {
    let sql = """
      DELETE FROM sluice.imports i WHERE id = ANY ($1::uuid[]) AND \(ImportQueue.isPast("$2"))
      """
    return try await pool.query(sql, [.textArray(ids), .int(seconds)]).affected
  }

  /// Runs the body, unless another janitor over this database is at it just now.
  public func asOnlyJanitor(_ body: @Sendable () async throws -> Void) async throws {
    try await pool.withConnection { connection in
      // The pool lets go of it when it takes the session back.
      let taken = try await connection.query(
        "SELECT pg_try_advisory_lock($1) AS taken", [.int(ImportQueue.janitorLock)])
      if try taken.rows[0].bool("taken") { try await body() }
    }
  }

  /// Of some spool files, those whose imports need them no more.
  public func spoolIDsOfTheEnded(among ids: [String]) async throws -> [String] {
    try await pool.withConnection {
      try await ImportQueue.spoolIDsOfTheEnded(among: ids, on: $0)
    }
  }

  /// The same over a connection of the caller's.
  public static func spoolIDsOfTheEnded(
    among ids: [String], on connection: PostgresConnection
  ) async throws -> [String] {
    let sql = """
      SELECT spool_id FROM sluice.imports
       WHERE spool_id = ANY ($1) AND status IN ('done', 'cancelled', 'undone')
         AND NOT coalesce(commit_until > clock_timestamp(), false)
      """
    return try await connection.query(sql, [.textArray(ids)]).rows.map {
      try $0.string("spool_id")
    }
  }

  /// The spool files that may still be read: those of imports that wait, run, or failed, and of dry
  /// runs that can be carried out.
  public func spoolIDsInUse() async throws -> Set<String> {
    try await pool.withConnection { try await ImportQueue.spoolIDsInUse(on: $0) }
  }

  /// The same over a connection of the caller's.
  public static func spoolIDsInUse(on connection: PostgresConnection) async throws -> Set<String> {
    let sql = """
      SELECT spool_id FROM sluice.imports
       WHERE status NOT IN ('done', 'cancelled', 'undone') OR commit_until > clock_timestamp()
      """
    return Set(try await connection.query(sql).rows.map { try $0.string("spool_id") })
  }
}
