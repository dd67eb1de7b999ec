import Postgres
import TestSupport

/// Gives the body a connection whose search path begins with a schema of its own.
func withConnection<R: Sendable>(
  _ body: (PostgresConnection) async throws -> R
) async throws -> R {
  try await withTestSchema { configuration, _ in
    let connection = try await TestDatabase.connect(configuration)
    do {
      let result = try await body(connection)
      await connection.close()
      return result
    } catch {
      await connection.close()
      throw error
    }
  }
}

/// Runs the body, which must throw a `PostgresError`, and returns it.
func postgresError(_ body: () async throws -> Void) async throws -> PostgresError {
  do {
    try await body()
  } catch let error as PostgresError {
    return error
  }
  throw UnexpectedSuccess()
}

struct UnexpectedSuccess: Error {}

/// An error of a test's own making.
struct Mishap: Error, Equatable {
  var number = 0
}

/// The number in the first row's first column.
func number(_ connection: PostgresConnection, _ sql: String) async throws -> Int? {
  try await connection.query(sql).rows.first?[0].flatMap { Int($0) }
}
