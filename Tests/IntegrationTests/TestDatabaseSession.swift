import Postgres
import TestSupport

/// Another session with an open transaction, which the one under test runs into.
struct TestDatabaseSession: Sendable {
  private let connection: PostgresConnection
  private let process: Int
  private let bench: ImportBench

  static func begin(_ bench: ImportBench, _ statement: String) async throws -> TestDatabaseSession {
    let connection = try await TestDatabase.connect(bench.database)
    try await connection.execute("BEGIN; \(statement)")
    let process = try await connection.query("SELECT pg_backend_pid() AS pid").rows[0].int("pid")
    return TestDatabaseSession(connection: connection, process: process, bench: bench)
  }

  /// Whether somebody waits for this very transaction.
  func isAwaited() async throws -> Bool {
    try await bench.pool.query(
      """
      SELECT count(*) AS n FROM pg_stat_activity
       WHERE datname = current_database() AND $1::int = ANY (pg_blocking_pids(pid))
      """, [.int(Int64(process))]
    ).rows[0].int("n") > 0
  }

  /// Commits once somebody waits for this transaction to end.
  func commitWhenAwaited() async throws {
    try await eventually("somebody waits for the transaction", within: .seconds(60)) {
      try await isAwaited()
    }
    try await commit()
  }

  func commit() async throws {
    try await connection.execute("COMMIT")
    await connection.close()
  }

  func rollback() async throws {
    try await connection.execute("ROLLBACK")
    await connection.close()
  }

  /// Sessions of this database that wait for a kind of lock; other tests have theirs.
  static func countWaiting(for kind: String, _ bench: ImportBench) async throws -> Int {
    try await bench.pool.query(
      """
      SELECT count(*) AS n FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
       WHERE NOT l.granted AND l.locktype = $1 AND a.datname = current_database()
      """, [.text(kind)]
    ).rows[0].int("n")
  }
}
