import Postgres
import Synchronization
import Telemetry
import TestSupport
import Testing

@Suite("A pool", .timeLimit(.minutes(1)))
struct PoolTests {
  private func withPool(
    limit: Int, waitTimeout: Duration = .seconds(20), maxIdle: Duration = .seconds(60),
    metrics: Metrics = Metrics(), _ body: (PostgresPool, String) async throws -> Void
  ) async throws {
    try await withTestSchema { configuration, schema in
      var configuration = configuration
      configuration.applicationName = schema
      let pool = PostgresPool(
        configuration: configuration, limit: limit, waitTimeout: waitTimeout, maxIdle: maxIdle,
        logger: TestDatabase.logger, metrics: metrics, name: "test")
      do {
        try await body(pool, schema)
      } catch {
        await pool.close()
        throw error
      }
      await pool.close()
    }
  }

  /// Sessions at the server that bear the name.
  private func sessions(_ name: String) async throws -> Int? {
    let connection = try await TestDatabase.connect(TestDatabase.configuration())
    let count = try await connection.query(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", [.text(name)])
    await connection.close()
    return count.rows[0][0].flatMap { Int($0) }
  }

  @Test("uses one connection again and never more than its limit")
  func limit() async throws {
    try await withPool(limit: 3) { pool, _ in
      let use = Use()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<30 {
          group.addTask {
            try await pool.withConnection { connection in
              use.begin(connection.backendPID)
              _ = try await connection.query("SELECT pg_sleep(0.001)")
              use.end()
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(use.most == 3)
      #expect(use.sessions == 3)
    }
  }

  @Test(
    "a connection whose body has thrown is lent again, or closed where that is asked for",
    arguments: [true, false])
  func afterErrors(stays: Bool) async throws {
    struct Failure: Error {}
    try await withPool(limit: 1) { pool, _ in
      let use = Use()
      await #expect(throws: Failure.self) {
        try await pool.withConnection(staysAfterErrors: stays) { connection in
          use.begin(connection.backendPID)
          use.end()
          throw Failure()
        }
      }
      try await pool.withConnection { use.begin($0.backendPID) }
      #expect(use.sessions == (stays ? 1 : 2))
    }
  }

  @Test("a caller waits no longer than the timeout, and the next one is served")
  func timeout() async throws {
    try await withPool(limit: 1, waitTimeout: .seconds(2)) { pool, _ in
      try await pool.withConnection { _ in
        let error = try await postgresError { _ = try await pool.query("SELECT 1") }
        #expect(error.code == .poolTimeout)
      }
      #expect(try await pool.query("SELECT 1").rows[0][0] == "1")
    }
  }

  @Test("a cancelled waiter leaves at once and takes nothing with it")
  func cancelledWaiter() async throws {
    try await withPool(limit: 1) { pool, _ in
      try await pool.withConnection { _ in
        let waiter = Task { try await pool.query("SELECT 1") }
        for _ in 0..<20 { await Task.yield() }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { _ = try await waiter.value }
      }
      #expect(try await pool.query("SELECT 2").rows[0][0] == "2")
    }
  }

  @Test("a connection that the server has ended is replaced")
  func broken() async throws {
    try await withPool(limit: 1) { pool, _ in
      let first = try await pool.withConnection { $0.backendPID }
      let error = try await postgresError {
        try await pool.withConnection { connection in
          let other = try await TestDatabase.connect(TestDatabase.configuration())
          _ = try await other.query(
            "SELECT pg_terminate_backend($1, 5000)", [.int(Int(connection.backendPID))])
          await other.close()
          _ = try await connection.query("SELECT 1")
        }
      }
      #expect(error.isConnectionLoss)
      let second = try await pool.withConnection { connection in
        _ = try await connection.query("SELECT 1")
        return connection.backendPID
      }
      #expect(first != second)
    }
  }

  @Test("what one user leaves behind, the next does not see")
  func reset() async throws {
    try await withPool(limit: 1) { pool, schema in
      let pid = try await pool.withConnection { connection in
        try await connection.execute(
          """
          SET work_mem = '7MB'; SET search_path = pg_catalog; CREATE TEMP TABLE leftover (a int);
          LISTEN leftover; SELECT pg_advisory_lock(4711); SET ROLE pg_monitor
          """)
        _ = try await connection.queryCached("SELECT 1")
        try await connection.execute("BEGIN; CREATE TABLE pg_temp.x ()")
        return connection.backendPID
      }
      try await pool.withConnection { connection in
        #expect(connection.backendPID == pid)
        let row = try await connection.query(
          """
          SELECT current_setting('work_mem') AS work_mem, current_setting('search_path') AS path,
            to_regclass('pg_temp.leftover') IS NULL AS no_temp, current_user = session_user AS self,
            (SELECT count(*) FROM pg_listening_channels()) AS channels,
            (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks,
            (SELECT count(*) FROM pg_prepared_statements) AS prepared
          """
        ).rows[0]
        #expect(row["work_mem"] != "7MB")
        #expect(row["path"]?.contains(schema) == true)
        #expect(try row.bool("no_temp"))
        #expect(try row.bool("self"))
        #expect(try row.int("channels") == 0)
        #expect(try row.int("locks") == 0)
        #expect(try row.int("prepared") == 1)
        try await connection.transaction { _ = try await $0.query("SELECT 1") }
      }
    }
  }

  @Test("an unused connection is closed after a while")
  func idle() async throws {
    try await withPool(limit: 2, maxIdle: .milliseconds(20)) { pool, name in
      _ = try await pool.query("SELECT 1")
      try await eventually("the idle connection is closed") { try await sessions(name) == 0 }
      #expect(try await pool.query("SELECT 1").affected == 1)
    }
  }

  @Test("close refuses new callers, lets the lent connection finish and leaves no session")
  func close() async throws {
    try await withPool(limit: 2) { pool, name in
      let (ready, signal) = AsyncStream<Void>.makeStream()
      let holder = Task {
        try await pool.withConnection { connection in
          signal.finish()
          try await eventually("the pool refuses callers") {
            do {
              _ = try await pool.query("SELECT 1")
              return false
            } catch let error as PostgresError {
              return error.code == .closed
            }
          }
          return try await connection.query("SELECT 'finished'").rows[0][0]
        }
      }
      for await _ in ready {}
      await pool.close()
      #expect(try await holder.value == "finished")
      try await eventually("the sessions are gone") { try await sessions(name) == 0 }
    }
  }

  @Test("a database that is down is an error at once, for all who wait")
  func unreachable() async throws {
    let pool = PostgresPool(
      configuration: PostgresConfiguration(url: "host=/nowhere"), limit: 1,
      logger: Logger(level: .error, format: .text), metrics: Metrics(), name: "test")
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<5 {
        group.addTask {
          await #expect(throws: PostgresError.self) { _ = try await pool.query("SELECT 1") }
        }
      }
    }
    await pool.close()
  }

  @Test("the time of each statement is observed under the pool's name")
  func metrics() async throws {
    let metrics = Metrics()
    try await withPool(limit: 1, metrics: metrics) { pool, _ in
      for _ in 0..<3 { _ = try await pool.query("SELECT 1") }
      let line = metrics.render().split(separator: "\n")
        .first { $0.hasPrefix("sluice_db_query_seconds_count{pool=\"test\"}") }
      let count = line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
      #expect(count >= 3)
    }
  }
}

/// Counts those who use a connection at the same time.
private final class Use: Sendable {
  private struct State {
    var now = 0
    var most = 0
    var pids: Set<Int32> = []
  }
  private let state = Mutex(State())
  var most: Int { state.withLock { $0.most } }
  var sessions: Int { state.withLock { $0.pids.count } }

  func begin(_ pid: Int32) {
    state.withLock {
      $0.now += 1
      $0.most = max($0.most, $0.now)
      $0.pids.insert(pid)
    }
  }

  func end() {
    state.withLock { $0.now -= 1 }
  }
}
