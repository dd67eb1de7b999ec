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
    for setting in [
      "max_prepared_transactions = 5", "autovacuum_max_workers = 1", "autovacuum_naptime = '1s'",
      // A table of 20,000 rows takes a minute then.
      "autovacuum_vacuum_cost_delay = '100ms'", "autovacuum_vacuum_cost_limit = 1",
    ] {
      _ = try await first.query("ALTER SYSTEM SET \(setting)")
    }
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
    for (setting, code) in [("off", "wal_compression_off"), ("pglz", "wal_compression_slow")] {
      try await configure("wal_compression", setting, over: connection)
      try await Self.mend(code, over: connection) {
        $0.pageImageWALBytes = 0
        $0.pageImageShare = 0
      }
    }
    let disk = try await Self.findings(connection) { $0.diskBytes = .max }
    #expect(disk.contains { $0.code == "disk_low" && $0.severity == .serious && $0.sql == nil })
    let old = try await Self.findings(connection) { $0.oldestVersion = 999_999 }
    #expect(old.contains { $0.code == "old_version" })
    try await starve(connection)
    await connection.close()
  }

  /// One worker and two tables that are due.
  private func starve(_ connection: PostgresConnection) async throws {
    for name in ["one", "two"] {
      _ = try await connection.query(
        "CREATE TABLE \(name) (id int PRIMARY KEY, a text) WITH (autovacuum_enabled = off)")
      _ = try await connection.query(
        "INSERT INTO \(name) SELECT g, 'x' FROM generate_series(1, 20000) AS g")
    }
    for name in ["one", "two"] { _ = try await connection.query("UPDATE \(name) SET a = 'y'") }
    // To make a clean page dirty costs most.
    _ = try await connection.query("CHECKPOINT")
    try await connection.execute(
      "ALTER TABLE one RESET (autovacuum_enabled); ALTER TABLE two RESET (autovacuum_enabled)")
    var found: Finding?
    try await eventually("it is starved", within: .seconds(60)) {
      found = try await Self.findings(connection) { _ in }
        .first { $0.code == "autovacuum_starved" }
      return found != nil
    }
    #expect(found?.message.hasPrefix("all 1 autovacuum workers are busy, and 2 tables") == true)
    for statement in try #require(found?.sql).split(separator: ";\n") {
      _ = try await connection.query(String(statement))
    }
    // A worker goes on as it began; the next one goes by the new settings.
    _ = try await connection.query(
      """
      SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'
      """)
    try await eventually("it comes round", within: .seconds(60)) {
      try await !Self.findings(connection) { _ in }.contains { $0.code == "autovacuum_starved" }
    }
  }
}
