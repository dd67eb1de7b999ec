import Postgres
import TestSupport
import Testing

@Suite("Cancellation", .timeLimit(.minutes(1)))
struct CancellationTests {
  /// Runs the work in a task, cancels the task as soon as the server waits, and returns its error.
  private func cancel(
    _ connection: PostgresConnection, waitEvent: String,
    _ work: @escaping @Sendable () async throws -> Void
  ) async throws -> (any Error)? {
    let observer = try await TestDatabase.connect(TestDatabase.configuration())
    let task = Task { try await work() }
    let pid = PostgresParameter.int(Int(connection.backendPID))
    try await eventually("the server waits: \(waitEvent)") {
      let rows = try await observer.query(
        "SELECT wait_event FROM pg_stat_activity WHERE pid = $1", [pid]
      ).rows
      return rows.first?["wait_event"] == waitEvent
    }
    task.cancel()
    let result = await task.result
    try await eventually("the server is idle") {
      let rows = try await observer.query(
        "SELECT state FROM pg_stat_activity WHERE pid = $1", [pid]
      ).rows
      return rows.first?["state"]?.hasPrefix("idle") == true
    }
    await observer.close()
    guard case .failure(let error) = result else { return nil }
    return error
  }

  @Test("a cancelled task ends its statement at the server")
  func sleep() async throws {
    try await withConnection { connection in
      let error = try await cancel(connection, waitEvent: "PgSleep") {
        _ = try await connection.query("SELECT pg_sleep(600)")
      }
      #expect(error is CancellationError)
      #expect(try await number(connection, "SELECT 1") == 1)
    }
  }

  @Test("a cancelled task ends a script at the server")
  func script() async throws {
    try await withConnection { connection in
      let error = try await cancel(connection, waitEvent: "PgSleep") {
        try await connection.execute("SELECT 1; SELECT pg_sleep(600); SELECT 2")
      }
      #expect(error is CancellationError)
    }
  }

  @Test("a statement that waits for a lock is ended, and its transaction rolled back")
  func lockWait() async throws {
    try await withTestSchema { configuration, _ in
      let holder = try await TestDatabase.connect(configuration)
      let waiter = try await TestDatabase.connect(configuration)
      try await holder.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
      try await holder.execute("BEGIN; LOCK TABLE t")
      let error = try await cancel(waiter, waitEvent: "relation") {
        try await waiter.transaction { _ = try await $0.query("UPDATE t SET a = 2") }
      }
      #expect(error is CancellationError)
      try await holder.execute("COMMIT")
      #expect(try await number(waiter, "SELECT a FROM t") == 1)
      await holder.close()
      await waiter.close()
    }
  }

  @Test("a COPY whose server has stopped reading is ended, and the connection stays usable")
  func blockedCopy() async throws {
    try await withTestSchema { configuration, _ in
      let holder = try await TestDatabase.connect(configuration)
      let writer = try await TestDatabase.connect(configuration)
      try await holder.execute(
        """
        CREATE TABLE t (a int);
        CREATE TABLE gate ();
        CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql
          AS 'BEGIN PERFORM * FROM gate; RETURN NEW; END';
        CREATE TRIGGER wait_at_gate BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION wait_at_gate();
        """)
      try await holder.execute("BEGIN; LOCK TABLE gate")
      let rows = (0..<100_000 as Range<Int32>).flatMap { CopyTests.row($0) }
      let error = try await cancel(writer, waitEvent: "relation") {
        _ = try await writer.copyInBinary(into: CopyTests.statement) { copy in
          for _ in 0..<100 { try await copy.write(rows) }
        }
      }
      #expect(error is CancellationError)
      try await holder.execute("COMMIT")
      #expect(try await number(writer, "SELECT count(*) FROM t") == 0)
      await holder.close()
      await writer.close()
    }
  }

  @Test("PostgresCancellation ends the statement that runs, with an error of its own")
  func explicit() async throws {
    try await withConnection { connection in
      connection.cancellation.cancel()
      let canceller = Task {
        let observer = try await TestDatabase.connect(TestDatabase.configuration())
        try await eventually("the server sleeps") {
          let rows = try await observer.query(
            "SELECT wait_event FROM pg_stat_activity WHERE pid = $1",
            [.int(Int(connection.backendPID))]
          ).rows
          return rows.first?["wait_event"] == "PgSleep"
        }
        connection.cancellation.cancel()
        await observer.close()
      }
      let error = try await postgresError {
        _ = try await connection.query("SELECT pg_sleep(600)")
      }
      #expect(error.code == .cancelled)
      #expect(error.sqlState == "57014")
      try await canceller.value
    }
  }

  @Test("a cancel that comes at any moment never hits the statement after")
  func lateCancel() async throws {
    try await withConnection { connection in
      for round in 0..<150 {
        let task = Task { try await connection.query("SELECT pg_sleep(0.0005)") }
        for _ in 0..<(round % 30) { await Task.yield() }
        task.cancel()
        if case .failure(let error) = await task.result { #expect(error is CancellationError) }
        let next = try await number(connection, "SELECT \(round)")
        #expect(next == round)
      }
    }
  }

  @Test("a statement that begins in the moment of the cancel is ended as well")
  func earlyCancel() async throws {
    try await withConnection { connection in
      for round in 0..<20 {
        let task = Task { try await connection.query("SELECT pg_sleep(600)") }
        for _ in 0..<round { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
      }
    }
  }

  @Test("an attempt to connect to a host that does not answer is given up at once")
  func connecting() async throws {
    // A socket that listens and whose backlog nobody empties: the kernel accepts, nobody speaks.
    let silent = try SilentServer()
    let configuration = PostgresConfiguration(
      url: "postgresql://127.0.0.1:\(silent.port)/db", connectTimeout: 30)
    let task = Task { try await TestDatabase.connect(configuration) }
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
  }
}
