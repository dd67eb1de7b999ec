import Glibc
import Postgres
import Synchronization
import Telemetry
import TestSupport
import Testing

@Suite("A connection")
struct ConnectionTests {
  @Test("sends its settings and name, whatever the values hold")
  func settings() async throws {
    var configuration = try TestDatabase.configuration()
    configuration.applicationName = "my 'name'"
    configuration.settings = ["work_mem": "5MB", "sluice.note": "it's a \\ \"test\""]
    let connection = try await TestDatabase.connect(configuration)
    let row = try await connection.query(
      """
      SELECT current_setting('work_mem') AS m, current_setting('sluice.note') AS n,
             current_setting('application_name') AS a, current_setting('client_encoding') AS e,
             pg_backend_pid() AS pid, current_setting('server_version_num') AS v,
             current_setting('jit') AS jit
      """
    ).rows[0]
    #expect(row["m"] == "5MB")
    #expect(row["n"] == "it's a \\ \"test\"")
    #expect(row["a"] == "my 'name'")
    #expect(row["e"] == "UTF8")
    #expect(row["jit"] == "off")
    #expect(try row.int("pid") == Int(connection.backendPID))
    #expect(try row.int("v") == connection.serverVersion)
    await connection.close()
  }

  @Test("goes to the first of several hosts that answers and takes writes")
  func severalHosts() async throws {
    try await withTestDatabase { configuration in
      let connection = try await TestDatabase.connect(configuration)
      let row = try await connection.query(
        "SELECT current_database() AS d, current_setting('unix_socket_directories') AS s, "
          + "current_setting('port') AS p, current_user AS u"
      ).rows[0]
      let sockets = try row.string("s").split(separator: ",")[0]
      let url =
        "host=/nowhere,\(sockets) port=\(try row.string("p")),\(try row.string("p")) "
        + "user=\(try row.string("u")) dbname=\(try row.string("d")) target_session_attrs=read-write"
      let other = try await TestDatabase.connect(PostgresConfiguration(url: url))
      #expect(try await other.query("SELECT current_database()").rows[0][0] == row["d"])
      await other.close()
      await connection.close()
    }
  }

  @Test("runs a body on its thread, and that of another connection on the other's")
  func thread() async throws {
    try await withConnection { connection in
      try await withConnection { other in
        let (before, beside, behind) = try await connection.onItsThread {
          async let beside = other.onItsThread { currentThread() }
          let before = currentThread()
          _ = try await connection.query("SELECT")
          return (before, try await beside, currentThread())
        }
        #expect(before == (await connection.ownThread))
        #expect(behind == before)
        #expect(beside == (await other.ownThread))
        #expect(beside != before)
      }
    }
  }

  @Test(
    "runs a task beside a body that waits for it on the thread of another connection",
    .timeLimit(.minutes(1)))
  func beside() async throws {
    try await withConnection { connection in
      try await withConnection { other in
        let key = [PostgresParameter.int(Int64(connection.backendPID))]
        _ = try await other.query("SELECT pg_advisory_lock($1)", key)
        let (helped, result) = try await connection.onItsThread {
          try await other.beside(
            {
              let waits = "SELECT FROM pg_locks WHERE pid = $1 AND NOT granted"
              try await eventually("the other waits") {
                try await !other.query(waits, key).rows.isEmpty
              }
              _ = try await other.query("SELECT pg_advisory_unlock($1)", key)
              return currentThread()
            },
            while: {
              _ = try await connection.query("SELECT pg_advisory_lock($1)", key)
              return currentThread()
            })
        }
        #expect(helped == (await other.ownThread))
        #expect(result == (await connection.ownThread))
      }
    }
  }

  @Test(
    "a task beside a body ends with it, and its error waits for the body's end",
    .timeLimit(.minutes(1)))
  func besideFails() async throws {
    struct Failure: Error {}
    try await withConnection { connection in
      try await withConnection { other in
        await #expect(throws: Failure.self) {
          try await other.beside({ try await other.query("SELECT pg_sleep(3600)") }) {
            throw Failure()
          }
        }
        let ended = Mutex(false)
        let error = await #expect(throws: PostgresError.self) {
          try await other.beside({ try await other.query("SELECT 1/0") }) {
            _ = try await connection.query("SELECT pg_sleep(0.2)")
            ended.withLock { $0 = true }
          }
        }
        #expect(error?.sqlState == "22012")
        #expect(ended.withLock { $0 })
      }
    }
  }

  @Test("asks once what never changes")
  func asksOnce() async throws {
    try await withConnection { connection in
      let now = "SELECT clock_timestamp() AS now"
      let first = try await connection.queryOnce(now).rows[0].string("now")
      #expect(try await connection.queryOnce(now).rows[0].string("now") == first)
      #expect(try await connection.query(now).rows[0].string("now") != first)
      await #expect(throws: PostgresError.self) { try await connection.queryOnce("SELECT 1/0") }
      #expect(try await connection.queryOnce("SELECT 1 AS x").rows[0].int("x") == 1)
    }
  }

  @Test("prepares cached statements once and survives their loss")
  func cachedStatements() async throws {
    try await withConnection { connection in
      let count = "SELECT count(*) FROM pg_prepared_statements"
      for value in 1...3 {
        let row = try await connection.queryCached("SELECT $1::int * 2 AS x", [.int(value)]).rows[0]
        #expect(try row.int("x") == value * 2)
      }
      #expect(try await number(connection, count) == 1)
      try await connection.execute("DEALLOCATE sluice_1")
      #expect(try await connection.queryCached("SELECT $1::int * 2", [4]).rows[0][0] == "8")
      try await connection.execute("DISCARD ALL")
      #expect(try await connection.queryCached("SELECT $1::int * 2", [5]).rows[0][0] == "10")
      for value in 0..<100 { _ = try await connection.queryCached("SELECT \(value)") }
      #expect(try await number(connection, count) == 64)
    }
  }

  @Test("re-plans a cached statement whose result has changed")
  func changedResult() async throws {
    try await withConnection { connection in
      try await connection.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
      _ = try await connection.queryCached("SELECT * FROM t")
      try await connection.execute("ALTER TABLE t ADD b int DEFAULT 2")
      #expect(try await connection.queryCached("SELECT * FROM t").columns == ["a", "b"])
    }
  }

  @Test("plans cached statements once where that is asked for, and as before afterwards")
  func plannedOnce() async throws {
    var configuration = try TestDatabase.configuration()
    for mode in ["auto", "force_custom_plan"] {
      configuration.settings = ["plan_cache_mode": mode]
      let connection = try await TestDatabase.connect(configuration)
      @Sendable func run() async throws {
        _ = try await connection.queryCached("SELECT $1::int", [.int(1)])
      }
      func shown() async throws -> String? {
        try await connection.query("SHOW plan_cache_mode").rows[0][0]
      }
      try await connection.planningOnce { _ in
        for _ in 1...2 { try await run() }
      }
      try await run()
      let plans = try await connection.query(
        "SELECT generic_plans AS g, custom_plans AS c FROM pg_prepared_statements"
      ).rows[0]
      #expect(try (plans.int("g"), plans.int("c")) == (2, 1))
      #expect(try await shown() == mode)
      await #expect(throws: PostgresError.self) {
        try await connection.planningOnce { _ = try await $0.query("SELECT 1/0") }
      }
      #expect(try await shown() == mode)
      await #expect(throws: PostgresError.self) {
        try await connection.transaction {
          try await $0.planningOnce { _ = try await $0.query("SELECT 1/0") }
        }
      }
      #expect(try await shown() == mode)
      await connection.close()
    }
  }

  @Test("plans cached statements once inside of another such body, which goes on behind it")
  func plannedOnceInside() async throws {
    try await withConnection { connection in
      @Sendable func shown() async throws -> [String?] {
        let row = try await connection.query(
          "SELECT current_setting('plan_cache_mode'), current_setting('search_path')"
        ).rows[0]
        return [row[0], row[1]]
      }
      let before = try await shown()
      try await connection.transaction { connection in
        try await connection.planningOnce { connection in
          let around = try await shown()
          #expect(around == ["force_generic_plan", before[1]])
          try await connection.planningOnce(searchPath: "pg_catalog") { connection in
            let inside = ["force_generic_plan", "pg_catalog"]
            let found = [
              try await shown(),
              try await connection.planningOnce { _ in try await shown() },
              try await connection.planningOnce(searchPath: "pg_catalog") { _ in try await shown()
              },
              try await shown(),
            ]
            #expect(found == Array(repeating: inside, count: 4))
          }
          #expect(try await shown() == around)
          await #expect(throws: PostgresError.self) {
            try await connection.savepoint {
              try await $0.planningOnce(searchPath: "pg_catalog") {
                _ = try await $0.query("SELECT 1/0")
              }
            }
          }
          #expect(try await shown() == around)
        }
        #expect(try await shown() == before)
      }
    }
  }

  @Test("hands notices to the log at level debug")
  func notices() async throws {
    let lines = Mutex<[String]>([])
    let logger = Logger(level: .debug, format: .json) { line in
      lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
    }
    let connection = try await PostgresConnection.connect(
      TestDatabase.configuration(), logger: logger)
    try await connection.execute("DO $$ BEGIN RAISE WARNING 'careful'; END $$")
    await connection.close()
    #expect(lines.withLock { $0.contains { $0.contains("careful") } })
  }

  @Test(
    "waits on a thread of its own and leaves the cooperative pool free", .timeLimit(.minutes(1)))
  func poolStaysFree() async throws {
    let keeper = try await TestDatabase.connect(TestDatabase.configuration())
    let key = PostgresParameter.int(Int64.random(in: 0 ..< .max))
    _ = try await keeper.query("SELECT pg_advisory_lock($1::bigint)", [key])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let connection = try await TestDatabase.connect(TestDatabase.configuration())
          _ = try await connection.query("SELECT pg_advisory_lock_shared($1::bigint)", [key])
          await connection.close()
        }
      }
      // All eight wait now. If they did so on the pool, nothing below could run.
      try await eventually("eight sessions wait for the lock") {
        let count = try await keeper.query(
          """
          SELECT count(*) FROM pg_locks
          WHERE locktype = 'advisory' AND NOT granted AND ((classid::bigint << 32) | objid::bigint) = $1
          """, [key])
        return count.rows[0][0] == "8"
      }
      _ = try await keeper.query("SELECT pg_advisory_unlock($1::bigint)", [key])
      try await group.waitForAll()
    }
    await keeper.close()
  }
}

extension PostgresConnection {
  /// The thread that it is on.
  fileprivate var ownThread: UInt { currentThread() }
}

private func currentThread() -> UInt { UInt(pthread_self()) }
