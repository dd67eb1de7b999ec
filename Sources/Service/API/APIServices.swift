public import Postgres
public import Progress
public import Queue
public import Spool
public import Telemetry
import Validation

/// What the API works with.
public struct APIServices: Sendable {
  /// Takes submissions and cancels.
  public var queue: ImportQueue
  /// Reads imports.
  public var snapshots: ImportSnapshots
  /// Tells clients of progress.
  public var hub: ProgressHub
  /// Keeps the bytes of uploads.
  public var spool: SpoolStore
  /// Connections for short statements.
  public var pool: PostgresPool
  /// Where records go.
  public var logger: Logger
  /// What `/metrics` shows.
  public var metrics: Metrics
  /// How it behaves.
  public var settings: APISettings

  /// Gathers the services.
  public init(
    queue: ImportQueue, snapshots: ImportSnapshots, hub: ProgressHub, spool: SpoolStore,
    pool: PostgresPool, logger: Logger, metrics: Metrics, settings: APISettings
  ) {
    self.queue = queue
    self.snapshots = snapshots
    self.hub = hub
    self.spool = spool
    self.pool = pool
    self.logger = logger
    self.metrics = metrics
    self.settings = settings
  }

  /// Has a session look at the catalog before a caller waits for it.
  public func warmUp() async {
    do {
      _ = try await pool.withConnection { try await TargetCatalog().example(on: $0) }
    } catch {
      logger.debug("the session could not be warmed up", ["error": "\(error)"])
    }
  }
}

/// How the API behaves.
public struct APISettings: Sendable {
  /// Largest upload, in bytes.
  public var maxBytes: Int64
  /// Uploads that are received at once; and inspections, which have a limit of their own as well.
  public var uploadLimit: Int
  /// Patterns of targets that may be imported into; nil allows every table the role may write.
  public var targets: [String]?
  /// Origins, besides the server's own, whose pages may open the WebSocket.
  public var allowedOrigins: [String]
  /// The version that is shown.
  public var version: String

  /// Gathers the settings.
  public init(
    maxBytes: Int64, uploadLimit: Int = 200, targets: [String]? = nil,
    allowedOrigins: [String] = [],
    version: String
  ) {
    self.maxBytes = maxBytes
    self.uploadLimit = uploadLimit
    self.targets = targets
    self.allowedOrigins = allowedOrigins
    self.version = version
  }
}
