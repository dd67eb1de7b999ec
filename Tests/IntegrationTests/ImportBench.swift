import Foundation
import ImportModel
import Postgres
import Progress
import Queue
import Spool
import Telemetry
import TestSupport
import Worker

/// A database with the schema `sluice`, a queue over it and a spool: what a server and its workers share.
struct ImportBench: Sendable {
  let database: PostgresConfiguration
  let pool: PostgresPool
  let connection: PostgresConnection
  let spool: SpoolStore

  var queue: ImportQueue { ImportQueue(pool: pool, limit: 1000) }
  var snapshots: ImportSnapshots { ImportSnapshots(pool: pool) }

  /// Gives the body a database of its own, and removes all of it afterwards.
  static func run(_ body: @Sendable (ImportBench) async throws -> Void) async throws {
    try await withTestDatabase { try await run(on: $0, body) }
  }

  /// Works in a database that has nothing in it yet.
  static func run(
    on database: PostgresConfiguration, _ body: @Sendable (ImportBench) async throws -> Void
  ) async throws {
    let folder = NSTemporaryDirectory() + "/" + TestDatabase.uniqueName()
    let bench = ImportBench(
      database: database, pool: pool(over: database),
      connection: try await TestDatabase.connect(database),
      spool: try SpoolStore(folder: folder, maxBytes: 1 << 30, reserveFreeBytes: 0))
    let outcome: Result<Void, any Error>
    do {
      _ = try await SluiceSchema.migrator.migrate(on: bench.connection)
      outcome = .success(try await body(bench))
    } catch {
      outcome = .failure(error)
    }
    await bench.connection.close()
    await bench.pool.close()
    try FileManager.default.removeItem(atPath: folder)
    try outcome.get()
  }

  static func pool(over database: PostgresConfiguration, limit: Int = 8) -> PostgresPool {
    PostgresPool(
      configuration: database, limit: limit, waitTimeout: .seconds(20), maxIdle: .seconds(60),
      logger: TestDatabase.logger, metrics: Metrics(), name: "test")
  }

  func janitor(retentionSeconds: Int64 = 86_400) -> Janitor {
    Janitor(
      queue: queue, spool: spool, retentionSeconds: retentionSeconds, logger: TestDatabase.logger,
      metrics: Metrics())
  }

  // MARK: Imports

  /// A submission of bytes that are in the spool.
  func submission(
    of text: String, into target: String, key: [String] = ["id"], idempotencyKey: String? = nil,
    _ change: (inout ImportOptions) -> Void = { _ in }
  ) async throws -> Submission {
    let id = ImportID()
    let chunks = AsyncStream { continuation in
      continuation.yield(Array(text.utf8))
      continuation.finish()
    }
    let file = try await spool.write(id: id.description, expected: nil, chunks: chunks)
    var options = ImportOptions()
    change(&options)
    return Submission(
      id: id, idempotencyKey: idempotencyKey, target: target, key: key, options: options,
      source: ImportSource(name: "rows.csv", bytes: file.bytes, sha256: file.sha256),
      header: Array(text.utf8.prefix { $0 != 10 }))
  }

  /// Queues an import that is new.
  func submit(
    _ text: String, into target: String, key: [String] = ["id"],
    _ change: (inout ImportOptions) -> Void = { _ in }
  ) async throws -> ImportID {
    let submission = try await submission(of: text, into: target, key: key, change)
    guard case .accepted = try await queue.submit(submission) else {
      throw ImportBenchError("the submission is not new")
    }
    return submission.id
  }

  func record(_ id: ImportID) async throws -> ImportRecord {
    guard let record = try await snapshots.one(id) else {
      throw ImportBenchError("no import \(id)")
    }
    return record
  }

  /// Waits for the end of an import.
  func ended(_ id: ImportID, within limit: Duration = .seconds(60)) async throws -> ImportRecord {
    try await eventually("import \(id) ends", within: limit) {
      try await record(id).status.isTerminal
    }
    return try await record(id)
  }

  func count(_ sql: String) async throws -> Int {
    try await connection.query("SELECT count(*) AS n FROM \(sql)").rows[0].int("n")
  }

  // MARK: Workers

  /// Runs the body beside a worker.
  func withWorker<R: Sendable>(
    concurrency: Int = 2, leaseSeconds: Int = 30, batches: BatchSettings = BatchSettings(),
    stopGrace: Duration = .seconds(2),
    _ body: @Sendable (ImportWorker) async throws -> R
  ) async throws -> R {
    let own = ImportBench.pool(over: database)
    let publishing = ImportBench.pool(over: database, limit: 1)
    let worker = ImportWorker(
      configuration: WorkerConfiguration(
        name: "test", concurrency: concurrency, leaseSeconds: leaseSeconds,
        pollInterval: .milliseconds(100), stopGrace: stopGrace, batches: batches),
      services: WorkerServices(
        queue: ImportQueue(pool: own, limit: 1000), snapshots: ImportSnapshots(pool: own),
        publisher: ProgressPublisher(
          pool: publishing, logger: TestDatabase.logger, interval: .milliseconds(50)),
        spool: spool, database: database, logger: Logger(level: .error, format: .text),
        metrics: Metrics()))
    let running = Task { await worker.run() }
    let outcome: Result<R, any Error>
    do {
      outcome = .success(try await body(worker))
    } catch {
      outcome = .failure(error)
    }
    await worker.stop()
    await running.value
    await own.close()
    await publishing.close()
    return try outcome.get()
  }
}

struct ImportBenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
