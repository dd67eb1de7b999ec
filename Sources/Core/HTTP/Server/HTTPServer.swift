import Synchronization
public import Telemetry
import Threading

/// An HTTP/1.1 server with WebSockets.
///
/// Connections are served on one thread of libmicrohttpd; handlers run as tasks. A client that goes
/// away cancels the task of its handler.
public final class HTTPServer: Sendable {
  private enum Phase {
    case new
    case running(ServerCore, Daemon, ConnectionWatcher)
    case stopped
  }

  private let configuration: HTTPServerConfiguration
  private let router: HTTPRouter
  private let logger: Logger
  private let metrics: Metrics
  private let accessLog: AccessLog
  private let phase = Mutex(Phase.new)

  /// Makes a server that does not listen yet.
  public init(
    configuration: HTTPServerConfiguration, router: HTTPRouter, logger: Logger, metrics: Metrics
  ) {
    self.configuration = configuration
    self.router = router
    self.logger = logger
    self.metrics = metrics
    accessLog = AccessLog(logger: logger, metrics: metrics)
  }

  /// Starts to listen. A started server runs until `shutdown(grace:)`.
  ///
  /// - Returns: the port that it listens at.
  public func start() throws(HTTPServerError) -> UInt16 {
    try phase.withLock { phase throws(HTTPServerError) in
      guard case .new = phase else {
        throw HTTPServerError(code: .alreadyStarted, message: "The server was started before.")
      }
      guard let watcher = ConnectionWatcher(configuration: configuration, logger: logger) else {
        throw HTTPServerError(code: .cannotListen, message: "The system has no descriptors left.")
      }
      let (listener, port) = try Listener.open(
        address: configuration.address, port: configuration.port)
      let core = ServerCore(
        configuration: configuration, router: router, logger: logger, metrics: metrics,
        watcher: watcher, accessLog: accessLog)
      let daemon = try Daemon(core: core, listener: listener, configuration: configuration)
      watcher.start()
      phase = .running(core, daemon, watcher)
      return port
    }
  }

  /// Ends the server in good order.
  ///
  /// Takes no more connections, answers new requests with 503 `shutting_down`, closes WebSockets with
  /// 1001, lets running requests finish, and ends those that have not when the time is over: a body that
  /// still comes in is answered with 503 as well, if its handler is done within two seconds.
  ///
  /// - Parameter grace: how long running requests may take.
  public func shutdown(grace: Duration) async {
    let taken = phase.withLock { phase -> (ServerCore, Daemon, ConnectionWatcher)? in
      guard case .running(let core, let daemon, let watcher) = phase else { return nil }
      phase = .stopped
      return (core, daemon, watcher)
    }
    guard let (core, daemon, watcher) = taken else { return }
    let deadline = ContinuousClock.now + grace
    core.drains.store(true, ordering: .releasing)
    daemon.quiesce()
    for connection in watcher.connections { connection.closeIfIdle() }
    async let webSocketsClosed: Void = core.engine.shutdown(code: 1001, grace: grace)
    await Self.waitForExchanges(watcher, until: deadline)
    let cut = watcher.connections.compactMap(\.exchange).filter { $0.cutUpload(.shuttingDown) }
    let end = deadline + configuration.lastWords
    await Self.wait(until: end) { cut.allSatisfy(\.isCompleted) }
    for connection in watcher.connections { connection.exchange?.abort(.connectionClosed) }
    await webSocketsClosed
    let isQuiet = await Self.waitForExchanges(watcher, until: end + .seconds(3))
    if isQuiet {
      await Self.stop(daemon)
    } else {
      // MHD aborts the process when it is stopped with suspended connections.
      logger.error("connections do not end; the listening thread is left behind")
      // Its callbacks go on, and what they work on is not retained by it: it must outlive the thread.
      _ = Unmanaged.passRetained(daemon)
    }
    watcher.stop()
  }

  /// Waits until no request is under way; false if the time was over first.
  @discardableResult
  private static func waitForExchanges(
    _ watcher: ConnectionWatcher, until deadline: ContinuousClock.Instant
  ) async -> Bool {
    await wait(until: deadline) { watcher.connections.allSatisfy { $0.exchange == nil } }
  }

  @discardableResult
  private static func wait(
    until deadline: ContinuousClock.Instant, for isReached: () -> Bool
  ) async -> Bool {
    while !isReached() {
      guard ContinuousClock.now < deadline else { return false }
      // In a task of its own, because one that is cancelled does not sleep, and the thread must not be
      // stopped before its connections have ended.
      _ = await Task { try await Task.sleep(for: .milliseconds(5)) }.result
    }
    return true
  }

  /// Stops the daemon on a thread of its own, because that blocks.
  private static func stop(_ daemon: Daemon) async {
    let executor = ThreadExecutor(name: "http-stop")
    await Task(executorPreference: executor) {
      withExtendedLifetime(executor) { daemon.stop() }
    }.value
  }
}
