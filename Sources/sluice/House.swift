import API
import EmbeddedPostgres
import Glibc
import HTTP
import ImportModel
import Postgres
import Progress
import Queue
import Spool
import Telemetry
import Worker

/// What `serve`, `worker` and `demo` have in common: the parts, put together.
struct House {
  let settings: Settings
  let logger: Logger
  let metrics: Metrics
  let cluster: EmbeddedCluster?
  let database: PostgresConfiguration
  /// For what callers ask; they must not wait for workers, nor workers for them.
  let pool: PostgresPool
  /// For leases and states.
  let workerPool: PostgresPool
  let spool: SpoolStore

  /// Opens the spool and the database, and makes the schema where there is none.
  static func open(_ settings: Settings, allowEmbedded: Bool) async throws -> House {
    let logger = Logger(level: settings.logLevel, format: settings.logFormat)
    let metrics = Metrics()
    guard mkdir(settings.dataDir, 0o755) == 0 || errno == EEXIST else {
      throw StartError("cannot make \(settings.dataDir): \(String(cString: strerror(errno)))")
    }
    let spool = try SpoolStore(
      folder: settings.spool, maxBytes: settings.maxBytes, reserveFreeBytes: 256 << 20,
      limitBytes: settings.spoolLimit)
    let (cluster, url) = try await database(settings, allowEmbedded: allowEmbedded, logger: logger)
    let configuration = PostgresConfiguration(
      url: url, applicationName: "sluice", connectTimeout: 10, settings: [:])
    let house = House(
      settings: settings, logger: logger, metrics: metrics, cluster: cluster,
      database: configuration,
      pool: makePool("api", limit: 8, configuration, logger, metrics),
      workerPool: makePool("worker", limit: 4, configuration, logger, metrics), spool: spool)
    do {
      try await house.checkSchema()
    } catch {
      await house.close()
      throw error
    }
    metrics.gauge("sluice_build_info", help: "The version that runs.", labels: ["version"])
      .set(1, Sluice.version)
    return house
  }

  /// A pool for short statements: what waits longer than that for a lock is answered with an error. One session stays,
  /// as a new one would have to learn the catalog anew.
  private static func makePool(
    _ name: String, limit: Int, _ configuration: PostgresConfiguration, _ logger: Logger,
    _ metrics: Metrics
  ) -> PostgresPool {
    var configuration = configuration
    configuration.settings["lock_timeout"] = "5s"
    configuration.settings["statement_timeout"] = "30s"
    return PostgresPool(
      configuration: configuration, limit: limit, waitTimeout: .seconds(10), maxIdle: .seconds(60),
      kept: 1, logger: logger, metrics: metrics, name: name)
  }

  private static func database(
    _ settings: Settings, allowEmbedded: Bool, logger: Logger
  ) async throws -> (EmbeddedCluster?, String) {
    if let url = settings.databaseURL { return (nil, url) }
    guard allowEmbedded else {
      throw StartError("SLUICE_DATABASE_URL is not set, and only `serve` has a private cluster")
    }
    let cluster = EmbeddedCluster(folder: "\(settings.dataDir)/cluster", logger: logger)
    return (cluster, try await cluster.start())
  }

  /// Makes the schema where there is none, and brings that of a private cluster up, which nobody else
  /// looks after; refuses any other that this version does not know.
  private func checkSchema() async throws {
    let connection = try await PostgresConnection.connect(database, logger: logger)
    do {
      try await checkSchema(on: connection)
    } catch {
      await connection.close()
      throw error
    }
    await connection.close()
  }

  private func checkSchema(on connection: PostgresConnection) async throws {
    let migrator = SluiceSchema.migrator
    let status = try await migrator.status(on: connection)
    if status.unknown.isEmpty, status.current == 0 || cluster != nil {
      _ = try await migrator.migrate(on: connection, to: nil, dryRun: false)
    } else if !status.isCurrent {
      throw StartError(
        """
        the schema `sluice` is at version \(status.current), and this program knows \
        \(status.latest): run `sluice migrate`, with the newer of the two programs
        """)
    }
  }

  var queue: ImportQueue { ImportQueue(pool: pool, limit: settings.queueLimit) }
  var snapshots: ImportSnapshots { ImportSnapshots(pool: pool) }

  /// A worker over these parts.
  func worker() -> ImportWorker {
    var publishing = database
    publishing.applicationName = "sluice progress"
    let publisher = ProgressPublisher(
      pool: House.makePool("progress", limit: 1, publishing, logger, metrics),
      logger: logger)
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, host.count - 1)
    let name = String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return ImportWorker(
      configuration: WorkerConfiguration(
        // In containers, one process after the other has the same number.
        name: "\(name):\(getpid()):\(String(UInt32.random(in: .min ... .max), radix: 16))",
        concurrency: settings.concurrency,
        leaseSeconds: settings.leaseSeconds, retentionSeconds: settings.retentionSeconds,
        batches: settings.batches),
      services: WorkerServices(
        queue: ImportQueue(pool: workerPool, limit: settings.queueLimit),
        snapshots: ImportSnapshots(pool: workerPool), publisher: publisher, spool: spool,
        database: database, logger: logger, metrics: metrics,
        rejectRoom: RejectRoom(rows: settings.rejectLimit),
        sessionLimit: settings.concurrency * 2))
  }

  /// Ends what was opened.
  func close() async {
    await pool.close()
    await workerPool.close()
    await cluster?.stop()
  }
}

/// Why the program cannot start.
struct StartError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
