import EmbeddedPostgres
import Foundation
import ImportModel
import Postgres
import TestSupport
import Testing

@testable import Merging

/// A server of its own: what counts is what its configuration says.
@Suite("Images of pages in the WAL")
struct PageImagesTests {
  private static func compression(
    of connection: PostgresConnection, afterwards: Bool = false
  ) async throws -> String {
    let sql = "SHOW wal_compression"
    let inside = try await connection.transaction { connection in
      try await PageImages.hasten(on: connection)
      return try await connection.query(sql).rows[0].string("wal_compression")
    }
    guard afterwards else { return inside }
    return try await connection.query(sql).rows[0].string("wal_compression")
  }

  /// Connects anew, as settings of roles count from the start.
  private static func compression(
    _ configuration: PostgresConfiguration, as role: String? = nil, afterwards: Bool = false
  ) async throws -> String {
    var configuration = configuration
    if let role { configuration.settings["role"] = role }
    let connection = try await TestDatabase.connect(configuration)
    let found = try await compression(of: connection, afterwards: afterwards)
    await connection.close()
    return found
  }

  @Test(
    "are compressed by lz4 in a merge where they would be by pglz, and the administrator lets it")
  func hasten() async throws {
    let folder = "/tmp/" + TestDatabase.uniqueName()
    let cluster = EmbeddedCluster(folder: folder, logger: TestDatabase.logger)
    let configuration = PostgresConfiguration(
      url: try await cluster.start(), applicationName: "test")
    let outcome = await Task { try await Self.look(configuration) }.result
    await cluster.stop()
    try FileManager.default.removeItem(atPath: folder)
    try outcome.get()
  }

  private static func look(_ configuration: PostgresConfiguration) async throws {
    let connection = try await TestDatabase.connect(configuration)
    try await configure("wal_compression", "off", over: connection)
    #expect(try await compression(configuration) == "off")
    try await configure("wal_compression", "pglz", over: connection)
    #expect(try await compression(configuration) == "lz4")
    #expect(try await compression(configuration, afterwards: true) == "pglz")

    try await connection.execute("CREATE ROLE loader")
    #expect(try await compression(configuration, as: "loader") == "pglz")
    try await connection.execute("GRANT SET ON PARAMETER wal_compression TO loader")
    #expect(try await compression(configuration, as: "loader") == "lz4")

    try await ImportBench.run(on: configuration) { bench in
      try await bench.connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
      for mode in [ImportOptions.Mode.upsert, .replace] {
        let done = try await bench.importFile("id\n1\n") { $0.mode = mode }
        #expect(done.plan?.settings["wal_compression"] == "lz4", "\(mode)")
      }
      let batched = try await bench.importFile("id\n1\n2\n") { $0.commit = .batched }
      #expect(batched.plan?.settings["wal_compression"] == "lz4")
      // Somebody wants it as it is.
      try await bench.connection.execute(
        "DO $$ BEGIN EXECUTE format('ALTER ROLE %I SET wal_compression = pglz', current_user); END $$"
      )
      #expect(try await compression(configuration) == "pglz")
      let done = try await bench.importFile("id\n3\n")
      #expect(try #require(done.plan).settings["wal_compression"] == nil)
    }
    await connection.close()
  }
}

/// Sets something for the whole server, and waits until it is so.
func configure(
  _ name: String, _ value: String, over connection: PostgresConnection
) async throws {
  _ = try await connection.query("ALTER SYSTEM SET \(name) = '\(value)'")
  _ = try await connection.query("SELECT pg_reload_conf()")
  try await eventually("\(name) = \(value)") {
    try await connection.query("SHOW \(name)").rows[0].string(name) == value
  }
}
