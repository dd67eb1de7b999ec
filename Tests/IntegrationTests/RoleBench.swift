import Postgres
import TestSupport

/// A bench whose workers act as a role of their own, without any right but those given.
enum RoleBench {
  /// - Parameter grants: SQL in which `%` stands for the role.
  static func run(
    _ tables: String, grants: String, _ body: @Sendable (ImportBench) async throws -> Void
  ) async throws {
    try await ImportBench.run(tables) { bench in
      let role = TestDatabase.uniqueName()
      try await bench.connection.execute(
        """
        CREATE ROLE \(role);
        GRANT ALL ON SCHEMA sluice TO \(role);
        GRANT ALL ON ALL TABLES IN SCHEMA sluice TO \(role);
        \(grants.replacing("%", with: role))
        """)
      var database = bench.database
      database.settings["role"] = role
      let own = ImportBench(
        database: database, pool: bench.pool, connection: bench.connection, spool: bench.spool)
      let outcome: Result<Void, any Error>
      do {
        outcome = .success(try await body(own))
      } catch {
        outcome = .failure(error)
      }
      try await bench.connection.execute("DROP OWNED BY \(role); DROP ROLE \(role)")
      try outcome.get()
    }
  }
}
