import Postgres
import TestSupport
import Testing

@Suite("Transactions")
struct TransactionTests {
  @Test("a body that returns is committed")
  func commit() async throws {
    try await withConnection { connection in
      try await connection.execute("CREATE TABLE t (a int)")
      let value = try await connection.transaction { connection in
        _ = try await connection.query("INSERT INTO t VALUES (1)")
        return 42
      }
      #expect(value == 42)
      #expect(try await number(connection, "SELECT count(*) FROM t") == 1)
    }
  }

  @Test("a body that throws is rolled back and its error comes out")
  func rollback() async throws {
    try await withConnection { connection in
      try await connection.execute("CREATE TABLE t (a int)")
      await #expect(throws: Mishap(number: 7)) {
        try await connection.transaction { connection in
          _ = try await connection.query("INSERT INTO t VALUES (1)")
          throw Mishap(number: 7)
        }
      }
      #expect(try await number(connection, "SELECT count(*) FROM t") == 0)
    }
  }

  @Test("the body's error wins when the connection is lost as well")
  func firstErrorWins() async throws {
    try await withConnection { connection in
      await #expect(throws: Mishap(number: 1)) {
        try await connection.transaction { connection in
          await connection.close()
          throw Mishap(number: 1)
        }
      }
      #expect(await !connection.isUsable)
    }
  }

  @Test("a COMMIT that the server turns into ROLLBACK is an error")
  func swallowedError() async throws {
    try await withConnection { connection in
      let error = try await postgresError {
        try await connection.transaction { connection in
          _ = try await postgresError { _ = try await connection.query("SELECT 1/0") }
        }
      }
      #expect(error.code == .rolledBack)
      #expect(try await number(connection, "SELECT 1") == 1)
    }
  }

  @Test("a constraint that fails at COMMIT is an error and leaves the connection usable")
  func deferredConstraint() async throws {
    try await withConnection { connection in
      try await connection.execute(
        "CREATE TABLE t (a int, CONSTRAINT once UNIQUE (a) DEFERRABLE INITIALLY DEFERRED)")
      let error = try await postgresError {
        try await connection.transaction { connection in
          _ = try await connection.query("INSERT INTO t VALUES (1), (1)")
        }
      }
      #expect(error.sqlState == "23505")
      #expect(try await number(connection, "SELECT count(*) FROM t") == 0)
    }
  }

  @Test("options reach BEGIN")
  func options() async throws {
    try await withConnection { connection in
      let level = try await connection.transaction("ISOLATION LEVEL REPEATABLE READ READ ONLY") {
        try await $0.query("SHOW transaction_isolation").rows[0][0]
      }
      #expect(level == "repeatable read")
    }
  }

  @Test("a transaction inside a transaction is refused")
  func nested() async throws {
    try await withConnection { connection in
      let error = try await postgresError {
        try await connection.transaction { connection in
          try await connection.transaction { _ in }
        }
      }
      #expect(error.code == .protocolViolation)
    }
  }

  @Test("a body that ends the transaction by itself is told so")
  func endedByBody() async throws {
    try await withConnection { connection in
      let error = try await postgresError {
        try await connection.transaction { _ = try await $0.query("COMMIT") }
      }
      #expect(error.code == .protocolViolation)
    }
  }

  @Test("a savepoint that fails takes back its own work only")
  func savepoint() async throws {
    try await withConnection { connection in
      try await connection.execute("CREATE TABLE t (a int PRIMARY KEY)")
      try await connection.transaction { connection in
        _ = try await connection.query("INSERT INTO t VALUES (1)")
        let error = try await postgresError {
          try await connection.savepoint { connection in
            _ = try await connection.query("INSERT INTO t VALUES (2)")
            _ = try await connection.query("INSERT INTO t VALUES (1)")
          }
        }
        #expect(error.sqlState == "23505")
        try await connection.savepoint { connection in
          try await connection.savepoint { _ = try await $0.query("INSERT INTO t VALUES (3)") }
        }
      }
      #expect(
        try await connection.query("SELECT a FROM t ORDER BY a").rows.map { $0[0] } == ["1", "3"])
    }
  }

  @Test("a task cancelled before COMMIT rolls back")
  func cancelledBeforeCommit() async throws {
    try await withConnection { connection in
      try await connection.execute("CREATE TABLE t (a int)")
      let task = Task {
        try await connection.transaction { connection in
          _ = try await connection.query("INSERT INTO t VALUES (1)")
          withUnsafeCurrentTask { $0?.cancel() }
        }
      }
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(try await number(connection, "SELECT count(*) FROM t") == 0)
    }
  }
}
