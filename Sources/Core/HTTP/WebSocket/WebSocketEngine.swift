import Glibc
import Synchronization
import Telemetry
import Threading

/// All WebSockets of a server, on one thread.
///
/// The thread starts with the first socket and ends with `shutdown`.
final class WebSocketEngine: Sendable {
  private struct State {
    var nextID = 1
    var stopped = false
    var run: Task<Void, Never>?
  }

  private let configuration: WebSocketConfiguration
  private let logger: Logger
  private let metrics: WebSocketMetrics
  private let mailbox = WebSocketMailbox()
  private let state = Mutex(State())

  init(configuration: WebSocketConfiguration, logger: Logger, metrics: Metrics) {
    self.configuration = configuration
    self.logger = logger
    self.metrics = WebSocketMetrics(metrics)
  }

  deinit {
    // Without an orderly shutdown: the thread drops its sockets and ends.
    mailbox.stop(WebSocketMailbox.Stop(code: 1001, grace: .zero))
  }

  /// Takes over a socket whose opening handshake is done.
  ///
  /// The descriptor stays the caller's, who keeps it open until `onClosed`. That is called exactly
  /// once, after the last use, on the epoll thread; or at once, when no more sockets are taken.
  ///
  /// - Parameter leftover: bytes that came behind the handshake's request and were already read.
  func adopt(
    fileDescriptor: Int32, leftover: [UInt8], request: HTTPRequest,
    handler: @escaping @Sendable (WebSocketConnection) async -> Void,
    onClosed: @escaping @Sendable () -> Void
  ) {
    let taken = state.withLock { state in
      guard !state.stopped, start(&state) else { return false }
      let connection = WebSocketConnection(
        id: state.nextID, request: request, configuration: configuration, mailbox: mailbox)
      state.nextID += 1
      return mailbox.put(
        WebSocketMailbox.Adoption(
          fileDescriptor: fileDescriptor, leftover: leftover, connection: connection,
          handler: handler, onClosed: onClosed))
    }
    guard !taken else { return }
    _ = Glibc.shutdown(fileDescriptor, Int32(SHUT_RDWR))
    onClosed()
  }

  /// Closes all sockets, waits for their answers, and ends the thread.
  ///
  /// What waits to be sent goes out first. No socket is taken over from here on.
  ///
  /// - Parameter grace: the longest wait; the configuration's `closeTimeout` if that is shorter.
  func shutdown(code: UInt16, grace: Duration) async {
    let run = state.withLock { state in
      state.stopped = true
      return state.run
    }
    mailbox.stop(WebSocketMailbox.Stop(code: code, grace: grace))
    await run?.value
  }

  /// Makes the thread look at an injected clock that was moved.
  func clockChanged() {
    mailbox.clockChanged()
  }

  /// Starts the thread unless it runs; false when the system refuses.
  private func start(_ state: inout State) -> Bool {
    if state.run != nil { return true }
    let loop = WebSocketLoop(
      configuration: configuration, logger: logger, metrics: metrics, mailbox: mailbox)
    guard let loop else {
      logger.error("no epoll for WebSockets", ["error": String(cString: strerror(errno))])
      return false
    }
    let executor = ThreadExecutor(name: "websocket")
    state.run = Task(executorPreference: executor) {
      withExtendedLifetime(executor) { loop.run() }
    }
    return true
  }
}
