import Glibc
public import Postgres
public import Telemetry

/// The Postgres server that the tests run against.
public enum TestDatabase {
  /// The variable that holds its libpq URL; the role must be allowed to create databases.
  public static let variable = "SLUICE_TEST_DATABASE_URL"

  /// A logger that writes errors only.
  public static let logger = Logger(level: .error, format: .text)

  /// The server, as the environment names it.
  ///
  /// - Throws: `TestSupportError` without the variable: a test that needs a database does not pass
  ///   for want of one.
  public static func configuration() throws -> PostgresConfiguration {
    guard let url = getenv(variable).map({ String(cString: $0) }), !url.isEmpty else {
      throw TestSupportError("\(variable) is not set: run the tests with `make test`")
    }
    return PostgresConfiguration(url: url, applicationName: "sluice-test")
  }

  /// A name that no other test has.
  public static func uniqueName() -> String {
    "sluice_test_" + String(UInt64.random(in: .min ... .max), radix: 36)
  }

  /// Opens a connection to the server.
  public static func connect(
    _ configuration: PostgresConfiguration
  ) async throws -> PostgresConnection {
    try await PostgresConnection.connect(configuration, logger: logger)
  }
}

/// Gives the body a schema of its own, empty and first in the search path, and drops it afterwards.
public func withTestSchema<R: Sendable>(
  _ body: (PostgresConfiguration, String) async throws -> R
) async throws -> R {
  let server = try TestDatabase.configuration()
  let name = TestDatabase.uniqueName()
  var own = server
  own.settings["search_path"] = "\(quotedIdentifier(name)), public"
  return try await scoped(
    on: server, setUp: "CREATE SCHEMA \(quotedIdentifier(name))",
    tearDown: "DROP SCHEMA IF EXISTS \(quotedIdentifier(name)) CASCADE"
  ) { try await body(own, name) }
}

/// Gives the body a database of its own, empty, and drops it afterwards with all its sessions.
///
/// The configuration's `url` names the database, so that another process can be sent there.
public func withTestDatabase<R: Sendable>(
  _ body: (PostgresConfiguration) async throws -> R
) async throws -> R {
  let server = try TestDatabase.configuration()
  let name = TestDatabase.uniqueName()
  let own = try server.replacing(database: name)
  return try await scoped(
    on: server, setUp: "CREATE DATABASE \(quotedIdentifier(name)) TEMPLATE template0",
    tearDown: "DROP DATABASE IF EXISTS \(quotedIdentifier(name)) WITH (FORCE)"
  ) { try await body(own) }
}

/// Runs the body between two statements; the second one runs also after a failure or a cancellation.
private func scoped<R: Sendable>(
  on server: PostgresConfiguration, setUp: String, tearDown: String,
  _ body: () async throws -> R
) async throws -> R {
  try await Slots.shared.run {
    try await bracketed(on: server, setUp: setUp, tearDown: tearDown, body)
  }
}

private func bracketed<R: Sendable>(
  on server: PostgresConfiguration, setUp: String, tearDown: String,
  _ body: () async throws -> R
) async throws -> R {
  try await run(setUp, on: server)
  let outcome: Result<R, any Error>
  do {
    outcome = .success(try await body())
  } catch {
    outcome = .failure(error)
  }
  // A task of its own: a cancelled one could not talk to the server any more.
  let cleaning = await Task { try await run(tearDown, on: server) }.result
  let result = try outcome.get()
  try cleaning.get()
  return result
}

private func run(_ sql: String, on server: PostgresConfiguration) async throws {
  var patient = server
  // What a test forgot to close must not hang the run for ever.
  patient.settings["lock_timeout"] = "30s"
  let connection = try await TestDatabase.connect(patient)
  _ = try await connection.query(sql)
  await connection.close()
}
