public import ImportModel
public import Postgres
public import Progress
public import Queue
public import Spool
public import Telemetry

/// What a worker works with.
public struct WorkerServices: Sendable {
  /// Who may begin and how it ends.
  public var queue: ImportQueue
  /// Reads imports.
  public var snapshots: ImportSnapshots
  /// Tells how far they are.
  public var publisher: ProgressPublisher
  /// Holds the files.
  public var spool: SpoolStore
  /// How to connect to the database of the targets.
  public var database: PostgresConfiguration
  /// Sessions for work on the rows of targets: those that have ended one import know the catalog for the next.
  let sessions: PostgresPool
  /// Read, validate and encode, one for each import at hand.
  let threads = ParseThreads()
  /// What the report of an import has room for.
  public var rejectRoom: RejectRoom
  /// Where records go.
  public var logger: Logger
  /// What is counted.
  var metrics: WorkerMetrics

  /// Gathers the services.
  ///
  /// - Parameter sessionLimit: sessions on targets at most; an import has two.
  public init(
    queue: ImportQueue, snapshots: ImportSnapshots, publisher: ProgressPublisher,
    spool: SpoolStore, database: PostgresConfiguration, logger: Logger, metrics: Metrics,
    rejectRoom: RejectRoom = .standard, sessionLimit: Int = 8
  ) {
    self.queue = queue
    self.snapshots = snapshots
    self.publisher = publisher
    self.spool = spool
    self.database = database
    self.logger = logger
    self.rejectRoom = rejectRoom
    self.metrics = WorkerMetrics(metrics)
    sessions = PostgresPool(
      configuration: WorkerServices.sessionOnTargets(database), limit: sessionLimit,
      maxIdle: .seconds(60), kept: WarmUp.sessions, logger: logger, metrics: metrics,
      name: "targets")
  }
}
