import EmbeddedPostgres
import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

@Suite("An embedded cluster", .serialized)
struct EmbeddedClusterTests {
  /// The process that a cluster's own file names.
  private func server(of configuration: PostgresConfiguration) async throws -> pid_t {
    let connection = try await TestDatabase.connect(configuration)
    let file = try await connection.query(
      "SELECT pg_read_file(current_setting('data_directory') || '/postmaster.pid') AS text"
    ).rows[0].string("text")
    await connection.close()
    return try #require(file.split(separator: "\n").first.flatMap { pid_t($0) })
  }

  @Test("it starts, listens on a Unix socket only, and leaves no process behind")
  func life() async throws {
    let folder = "/tmp/" + TestDatabase.uniqueName()
    defer { removeCluster(folder) }
    let cluster = EmbeddedCluster(folder: folder, logger: TestDatabase.logger)
    let configuration = PostgresConfiguration(
      url: try await cluster.start(), applicationName: "test")
    let connection = try await TestDatabase.connect(configuration)
    let setting = try await connection.query("SHOW listen_addresses").rows[0]
    #expect(setting["listen_addresses"] == "")
    let pid = try await server(of: configuration)
    #expect(kill(pid, 0) == 0)
    // With a session open: a stop does not wait for it.
    await cluster.stop()
    #expect(kill(pid, 0) == -1 && errno == ESRCH)
    await connection.close()
  }

  @Test("a folder that is in use is refused")
  func inUse() async throws {
    let folder = "/tmp/" + TestDatabase.uniqueName()
    defer { removeCluster(folder) }
    let first = EmbeddedCluster(folder: folder, logger: TestDatabase.logger)
    _ = try await first.start()
    let second = EmbeddedCluster(folder: folder, logger: TestDatabase.logger)
    await #expect(throws: EmbeddedClusterError.self) { _ = try await second.start() }
    await first.stop()
  }

  private func removeCluster(_ folder: String) {
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      Issue.record("the cluster's folder is left behind: \(error)")
    }
  }
}
