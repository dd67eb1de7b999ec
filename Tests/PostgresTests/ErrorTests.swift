import Postgres
import TestSupport
import Testing

@Suite("Errors")
struct ErrorTests {
  @Test(
    "a unique violation names schema, table and constraint, and hides values in its description")
  func uniqueViolation() async throws {
    try await withTestSchema { configuration, schema in
      let connection = try await TestDatabase.connect(configuration)
      try await connection.execute(
        "CREATE TABLE items (code text, CONSTRAINT items_code UNIQUE (code)); "
          + "INSERT INTO items VALUES ('secret-value')")
      let error = try await postgresError {
        _ = try await connection.query("INSERT INTO items VALUES ($1)", ["secret-value"])
      }
      #expect(error.code == .server)
      #expect(error.sqlState == "23505")
      #expect(error.schema == schema)
      #expect(error.table == "items")
      #expect(error.constraint == "items_code")
      #expect(error.detail?.contains("secret-value") == true)
      #expect(!error.isConnectionLoss)
      #expect(!error.description.contains("secret-value"))
      #expect(error.debugDescription.contains("secret-value"))
      await connection.close()
    }
  }

  @Test("a NULL in a NOT NULL column names the column")
  func notNull() async throws {
    try await withConnection { connection in
      try await connection.execute("CREATE TABLE t (a int NOT NULL)")
      let error = try await postgresError {
        _ = try await connection.query("INSERT INTO t VALUES ($1)", [nil])
      }
      #expect(error.sqlState == "23502")
      #expect(error.column == "a")
    }
  }

  @Test("an error in a script comes out, and the whole script is undone")
  func script() async throws {
    try await withConnection { connection in
      try await connection.execute("CREATE TABLE t (a int)")
      let error = try await postgresError {
        try await connection.execute("INSERT INTO t VALUES (1); SELECT 1/0; SELECT nonsense")
      }
      #expect(error.sqlState == "22012")
      #expect(try await number(connection, "SELECT count(*) FROM t") == 0)
    }
  }

  @Test(
    "a server that lacks something is told from one that is set so, and from what is lost",
    arguments: [
      ("53100", true), ("53200", true), ("53300", true), ("53400", false), ("22012", false),
    ])
  func shortage(sqlState: String, isShortage: Bool) async throws {
    try await withConnection { connection in
      let error = try await postgresError {
        try await connection.execute("DO $$ BEGIN RAISE 'no' USING ERRCODE = '\(sqlState)'; END $$")
      }
      #expect(error.sqlState == sqlState)
      #expect(error.isShortage == isShortage)
      #expect(!error.isConnectionLoss)
    }
  }

  @Test("a session that is terminated is a connection loss, and the connection is not usable")
  func terminated() async throws {
    try await withConnection { connection in
      let other = try await TestDatabase.connect(TestDatabase.configuration())
      _ = try await other.query(
        "SELECT pg_terminate_backend($1, 5000)", [.int(Int(connection.backendPID))])
      await other.close()
      let error = try await postgresError { _ = try await connection.query("SELECT 1") }
      #expect(error.isConnectionLoss)
      #expect(await !connection.isUsable)
      #expect(
        try await postgresError { _ = try await connection.query("SELECT 1") }.code == .closed)
    }
  }

  @Test("a server that cannot be reached shows neither host nor password")
  func unreachable() async throws {
    let configuration = PostgresConfiguration(
      url: "postgresql://me:hunter2@127.0.0.1:1/db?connect_timeout=2")
    let error = try await postgresError { _ = try await TestDatabase.connect(configuration) }
    #expect(error.code == .connection)
    #expect(error.isConnectionLoss)
    #expect(!error.description.contains("127.0.0.1"))
    #expect(error.debugDescription.contains("127.0.0.1"))
    #expect(!error.debugDescription.contains("hunter2"))
  }

  @Test(
    "a URL that cannot be parsed does not show its password",
    arguments: ["postgresql://me:hunter2@[broken", "host=x password='hunter2", "hunter2"])
  func unparsable(_ url: String) async throws {
    let error = try await postgresError {
      _ = try await TestDatabase.connect(PostgresConfiguration(url: url))
    }
    #expect(error.code == .configuration)
    #expect(!error.debugDescription.contains("hunter2"))
  }
}
