internal import CLibpq
public import Telemetry
import Threading

/// A session with a Postgres server.
///
/// It lives on a thread of its own, where libpq may block. One connection is for one task at a time:
/// calls are taken one after the other, but nothing keeps two tasks from mixing their statements in
/// one transaction.
///
/// All calls that talk to the server throw `PostgresError`, or `CancellationError` if the caller's
/// task is cancelled, in which case the server is told to stop.
public actor PostgresConnection {
  private let executor: ThreadExecutor
  private let notices: NoticeSink
  private var handle: ConnectionHandle
  let configuration: PostgresConfiguration
  let logger: Logger
  let gate: CancelGate
  /// Called with the seconds that each statement took.
  let observer: (@Sendable (Double) -> Void)?
  var session = SessionTracker()
  var statements = StatementCache()
  var copy = CopyState()
  var savepoints = 0
  /// How the session plans statements, unless `planningOnce` has it otherwise.
  var planCacheMode = "auto"
  var planning: PlanningOnce?
  /// See `queryOnce`.
  var lastingAnswers: [String: PostgresResult] = [:]

  /// The process of the server that serves this session, as in `pg_stat_activity`.
  public nonisolated let backendPID: Int32
  /// The server's version, such as 150020 for 15.20.
  public nonisolated let serverVersion: Int

  /// The thread of this connection, for tasks that ask it much.
  public nonisolated var thread: any TaskExecutor { executor }

  /// The thread of this connection.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// Connects to the first host of the configuration that takes us.
  ///
  /// Returns early with `CancellationError` if the task is cancelled; the attempt then ends in the
  /// background, after `connectTimeout` at the latest.
  public static func connect(
    _ configuration: PostgresConfiguration, logger: Logger
  ) async throws -> PostgresConnection {
    try await connect(configuration, logger: logger, observer: nil)
  }

  static func connect(
    _ configuration: PostgresConfiguration, logger: Logger,
    observer: (@Sendable (Double) -> Void)?
  ) async throws -> PostgresConnection {
    try Task.checkCancellation()
    let executor = ThreadExecutor(name: "postgres")
    let handoff = Handoff<PostgresConnection>()
    Task.detached(executorPreference: executor) {
      handoff.finish(
        Result {
          try PostgresConnection(configuration, executor, logger: logger, observer: observer)
        })
    }
    let connection = try await handoff.value()
    try await connection.applySettings()
    return connection
  }

  /// Blocks until connected.
  private init(
    _ configuration: PostgresConfiguration, _ executor: ThreadExecutor, logger: Logger,
    observer: (@Sendable (Double) -> Void)?
  ) throws {
    let handle = try ConnectionHandle.connect(configuration)
    guard let raw = handle.raw else {
      throw PostgresError(code: .closed, message: "the connection is closed")
    }
    self.configuration = configuration
    self.executor = executor
    self.logger = logger
    self.observer = observer
    let cancelHandle = CancelHandle(connection: raw)
    gate = CancelGate { cancelHandle.send() }
    notices = NoticeSink(logger: logger)
    notices.attach(to: raw)
    backendPID = PQbackendPID(raw)
    serverVersion = Int(PQserverVersion(raw))
    self.handle = handle
  }

  /// A way to cancel, from any thread, what the connection is doing.
  public nonisolated var cancellation: PostgresCancellation { PostgresCancellation(gate: gate) }

  /// Runs a body on the thread of this connection, so that a body that asks it much has no way to go to and fro.
  ///
  /// What the body begins to run beside itself (`async let`, a group) is on that thread as well, and stands still
  /// while the connection waits for the server, unless it prefers another `thread`, as `beside` does.
  public nonisolated func onItsThread<R: Sendable>(
    _ body: @Sendable () async throws -> R
  ) async throws -> R {
    try await withTaskExecutorPreference(executor) { try await body() }
  }

  /// Runs a body where it is, and a task on the thread of this connection beside it.
  ///
  /// If the body throws, the task is cancelled and waited for; an error of the task is thrown when the body has ended.
  public nonisolated func beside<Helped: Sendable, R: Sendable>(
    _ task: @escaping @Sendable () async throws -> Helped,
    while body: @Sendable () async throws -> R
  ) async throws -> (helped: Helped, result: R) {
    try await withThrowingTaskGroup(of: Helped.self) { group in
      group.addTask(executorPreference: thread, operation: task)
      let result = try await body()
      guard let helped = try await group.next() else {
        preconditionFailure("a task was lost before it had ended")
      }
      return (helped, result)
    }
  }

  /// True if the connection is open and not in the middle of a COPY.
  public var isUsable: Bool {
    guard let raw = handle.raw else { return false }
    return PQstatus(raw) == CONNECTION_OK && !copy.isActive
  }

  /// Ends the session; calls after this throw `closed`. The server rolls an open transaction back.
  public func close() {
    handle.close()
  }

  /// The open connection.
  func raw() throws -> OpaquePointer {
    guard let raw = handle.raw else {
      throw PostgresError(code: .closed, message: "the connection is closed")
    }
    return raw
  }

  /// The open connection, when it is ready to take a statement.
  func ready() throws -> OpaquePointer {
    let raw = try raw()
    guard !copy.isActive else {
      throw PostgresError(code: .protocolViolation, message: "a COPY is under way")
    }
    return raw
  }

  /// Where the session stands with regard to transactions.
  var transactionStatus: PGTransactionStatusType {
    handle.raw.map { PQtransactionStatus($0) } ?? PQTRANS_UNKNOWN
  }
}
