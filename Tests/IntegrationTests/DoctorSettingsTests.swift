import Doctor
import EmbeddedPostgres
import Foundation
import Postgres
import TestSupport
import Testing

@Suite("The doctor, on a server of its own")
struct DoctorSettingsTests {
  private static func findings(
    _ connection: PostgresConnection, _ change: (inout Thresholds) -> Void
  ) async throws -> [Finding] {
    var limits = Thresholds()
    change(&limits)
    let examination = Examination(
      targets: [], spoolFolder: "/nowhere", retentionSeconds: 86_400, limits: limits)
    return try await examination.run(on: connection).sections.flatMap(\.findings)
  }

  /// Finds something, runs its SQL as psql does, and looks until it is gone.
  private static func mend(
    _ code: String, over connection: PostgresConnection, _ change: (inout Thresholds) -> Void
  ) async throws {
    let found = try await findings(connection, change).filter { $0.code == code }
    #expect(found.count == 1, "\(code)")
    for statement in try #require(found.first?.sql).split(separator: ";\n") {
      _ = try await connection.query(String(statement))
    }
    try await eventually("\(code) is gone") {
      try await !findings(connection, change).contains { $0.code == code }
    }
  }

  @Test("forgotten transactions, settings as delivered and page images: their SQL mends them")
  func mends() async throws {
    let folder = "/tmp/" + TestDatabase.uniqueName()
    let cluster = EmbeddedCluster(folder: folder, logger: TestDatabase.logger)
    let configuration = PostgresConfiguration(
      url: try await cluster.start(), applicationName: "test")
    #expect(EmbeddedCluster.running(in: folder) == configuration.url)
    let first = try await TestDatabase.connect(configuration)
    _ = try await first.query("ALTER SYSTEM SET max_prepared_transactions = 5")
    await first.close()
    await cluster.stop()
    #expect(EmbeddedCluster.running(in: folder) == nil)
    _ = try await cluster.start()
    let outcome = await Task { try await look(configuration) }.result
    await cluster.stop()
    try FileManager.default.removeItem(atPath: folder)
    try outcome.get()
  }

  private func look(_ configuration: PostgresConfiguration) async throws {
    let connection = try await TestDatabase.connect(configuration)
    _ = try await connection.query("CREATE TABLE t (id int)")
    _ = try await connection.query("BEGIN")
    _ = try await connection.query("INSERT INTO t VALUES (1)")
    _ = try await connection.query("PREPARE TRANSACTION 'it''s forgotten'")
    #expect(
      try await !Self.findings(connection) { _ in }.contains { $0.code == "prepared_transaction" })
    try await Self.mend("prepared_transaction", over: connection) { $0.oldPreparedSeconds = 0 }
    for name in ["work_mem", "maintenance_work_mem"] {
      #expect(
        try await !Self.findings(connection) { _ in }.contains { $0.code == "\(name)_default" })
      try await Self.mend("\(name)_default", over: connection) { $0.largeBytes = 1 }
    }
    try await Self.mend("wal_compression_off", over: connection) {
      $0.pageImageWALBytes = 0
      $0.pageImageShare = 0
    }
    await connection.close()
  }
}
