import Postgres
import TestSupport
import Testing

@Suite("Test support")
struct TestSupportTests {
  @Test("a schema is gone after its test, also when the test fails")
  func schema() async throws {
    var name = ""
    await #expect(throws: Mishap.self) {
      try await withTestSchema { configuration, schema in
        name = schema
        let connection = try await TestDatabase.connect(configuration)
        try await connection.execute("CREATE TABLE t (a int)")
        #expect(try await connection.query("SELECT current_schema()").rows[0][0] == schema)
        await connection.close()
        throw Mishap()
      }
    }
    let server = try await TestDatabase.connect(TestDatabase.configuration())
    let left = try await server.query("SELECT FROM pg_namespace WHERE nspname = $1", [.text(name)])
    #expect(left.rows.isEmpty)
    await server.close()
  }

  @Test("a database is gone after its test, also with sessions open")
  func database() async throws {
    var name: String?
    var leaked: PostgresConnection?
    try await withTestDatabase { configuration in
      leaked = try await TestDatabase.connect(configuration)
      name = try await leaked?.query("SELECT current_database()").rows[0][0]
    }
    #expect(name?.hasPrefix("sluice_test_") == true)
    let server = try await TestDatabase.connect(TestDatabase.configuration())
    let left = try await server.query(
      "SELECT FROM pg_database WHERE datname = $1", [.optional(name)])
    #expect(left.rows.isEmpty)
    await server.close()
    await leaked?.close()
  }

  @Test("a condition that never holds fails with its words")
  func eventuallyFails() async throws {
    do {
      try await eventually("pigs fly", within: .milliseconds(30)) { false }
      Issue.record("it did not fail")
    } catch let error as TestSupportError {
      #expect(error.description.contains("pigs fly"))
    }
  }
}
