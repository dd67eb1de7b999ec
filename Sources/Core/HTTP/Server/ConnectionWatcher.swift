internal import CWslay  // brings epoll(7) and eventfd(2), which Glibc's module leaves out
import Glibc
import Synchronization
import Telemetry
import Threading

/// A thread that sees what the HTTP library does not: clients that leave while their connection is
/// suspended, requests that take too long, and answers that were sent before the client had finished.
final class ConnectionWatcher: Sendable {
  private struct State {
    var connections: [UInt64: ClientConnection] = [:]
    var lingering: [UInt64: (fileDescriptor: Int32, deadline: ContinuousClock.Instant)] = [:]
    var nextID: UInt64 = 1
    var stopped = false
  }

  /// The most sockets that linger at a time; further ones are closed at once.
  private static let lingerLimit = 128
  /// How long a socket lingers at most.
  private static let lingerTime: Duration = .seconds(10)
  private static let wakeID: UInt64 = 0

  private let epoll: Int32
  private let wake: Int32
  private let configuration: HTTPServerConfiguration
  private let tickMilliseconds: Int32
  private let logger: Logger
  private let state = Mutex(State())

  /// Nil when the system has no descriptors left.
  init?(configuration: HTTPServerConfiguration, logger: Logger) {
    let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    let wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    self.epoll = epoll
    self.wake = wake
    self.logger = logger
    self.configuration = configuration
    let shortest = [
      .seconds(4), configuration.headTimeout(spare: true), configuration.progressTimeout,
      configuration.requestTimeout ?? .seconds(4),
    ].reduce(Duration.seconds(4)) { min($0, $1) }
    let quarter = shortest / 4
    let milliseconds =
      quarter.components.seconds * 1000 + quarter.components.attoseconds / 1_000_000_000_000_000
    tickMilliseconds = Int32(max(10, milliseconds))
    // After the properties: an object whose making fails is deinitialised, which closes what is open.
    guard epoll >= 0, wake >= 0, control(EPOLL_CTL_ADD, wake, EPOLLIN.rawValue, id: Self.wakeID)
    else { return nil }
  }

  deinit {
    for linger in state.withLock({ $0.lingering.values }) { Glibc.close(linger.fileDescriptor) }
    if epoll >= 0 { Glibc.close(epoll) }
    if wake >= 0 { Glibc.close(wake) }
  }

  /// Starts the thread. It holds on to the watcher until `stop`.
  func start() {
    let executor = ThreadExecutor(name: "http-watch")
    Task(executorPreference: executor) { withExtendedLifetime(executor) { self.run() } }
  }

  /// Ends the thread and closes the lingering sockets.
  func stop() {
    state.withLock { $0.stopped = true }
    var one: UInt64 = 1
    // Fails only when the counter is full, and then the thread is awake anyway.
    _ = write(wake, &one, MemoryLayout<UInt64>.size)
  }

  // MARK: - Connections

  /// A client has connected.
  func add(_ handle: ConnectionHandle, fileDescriptor: Int32) -> ClientConnection {
    let connection = state.withLock { state in
      let connection = ClientConnection(
        id: state.nextID, fileDescriptor: fileDescriptor, handle: handle,
        isSpare: state.connections.count >= configuration.maxConnections)
      state.nextID += 1
      state.connections[connection.id] = connection
      return connection
    }
    // Edge-triggered and without EPOLLIN: one event when the client ends its side, none for its data.
    let events = EPOLLRDHUP.rawValue | EPOLLET.rawValue
    if !control(EPOLL_CTL_ADD, fileDescriptor, events, id: connection.id) {
      logger.warning("a connection cannot be watched", ["error": String(cString: strerror(errno))])
    }
    return connection
  }

  /// The socket is no longer ours to look at: closed, or handed to a WebSocket.
  func unwatch(_ connection: ClientConnection) {
    // Explicitly, because a lingering duplicate would keep the registration alive. It is not there
    // any more after an upgrade.
    _ = control(EPOLL_CTL_DEL, connection.fileDescriptor, 0, id: connection.id)
  }

  /// The socket is about to be closed.
  func remove(_ connection: ClientConnection) {
    unwatch(connection)
    connection.close()
    state.withLock { $0.connections[connection.id] = nil }
  }

  /// All connections.
  var connections: [ClientConnection] { state.withLock { Array($0.connections.values) } }

  // MARK: - Lingering

  /// Keeps a socket open behind an answer that the client may not have read, and drops what it sends.
  ///
  /// Closing a socket with unread data resets the connection, and the reset can overtake the answer.
  /// Source: RFC 9112, section 9.6.
  func linger(duplicating fileDescriptor: Int32) {
    let copy = fcntl(fileDescriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else {
      logger.warning("a socket cannot linger", ["error": String(cString: strerror(errno))])
      return
    }
    let id = state.withLock { state -> UInt64? in
      guard !state.stopped, state.lingering.count < Self.lingerLimit else { return nil }
      defer { state.nextID += 1 }
      state.lingering[state.nextID] = (copy, ContinuousClock.now + Self.lingerTime)
      return state.nextID
    }
    guard let id else {
      Glibc.close(copy)
      return
    }
    if !control(EPOLL_CTL_ADD, copy, EPOLLIN.rawValue | EPOLLRDHUP.rawValue, id: id) {
      endLinger(id)
    }
  }

  private func endLinger(_ id: UInt64) {
    if let linger = state.withLock({ $0.lingering.removeValue(forKey: id) }) {
      Glibc.close(linger.fileDescriptor)
    }
  }

  /// Drops what a lingering socket has received; ends it when the client has.
  private func drain(_ id: UInt64, _ fileDescriptor: Int32) {
    var scratch: UInt8 = 0
    for _ in 0..<64 {
      // MSG_TRUNC: the kernel drops the bytes of a TCP socket without copying them (tcp(7)).
      let count = recv(
        fileDescriptor, &scratch, 1 << 20, Int32(MSG_TRUNC | MSG_DONTWAIT))
      if count > 0 { continue }
      if count < 0, errno == EAGAIN || errno == EINTR { return }
      return endLinger(id)
    }
  }

  // MARK: - The thread

  private func run() {
    var events = [epoll_event](repeating: epoll_event(), count: 64)
    var nextTick = ContinuousClock.now
    while !state.withLock({ $0.stopped }) {
      let count = epoll_wait(epoll, &events, Int32(events.count), tickMilliseconds)
      if count < 0, errno != EINTR {
        logger.error("epoll_wait failed", ["error": String(cString: strerror(errno))])
        break
      }
      for event in events.prefix(max(0, Int(count))) { handle(event) }
      let now = ContinuousClock.now
      if now >= nextTick {
        tick(now)
        nextTick = now + .milliseconds(Int64(tickMilliseconds))
      }
    }
    for id in state.withLock({ Array($0.lingering.keys) }) { endLinger(id) }
  }

  private func handle(_ event: epoll_event) {
    let id = event.data.u64
    let (connection, linger) = state.withLock { ($0.connections[id], $0.lingering[id]) }
    if let connection {
      connection.peerClosed(hard: event.events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0)
    } else if let linger {
      drain(id, linger.fileDescriptor)
    }
  }

  private func tick(_ now: ContinuousClock.Instant) {
    for connection in connections {
      connection.tick(
        now: now, headTimeout: configuration.headTimeout(spare: connection.isSpare))
    }
    let overdue = state.withLock { $0.lingering.filter { $0.value.deadline < now }.keys }
    for id in overdue { endLinger(id) }
  }

  private func control(
    _ operation: Int32, _ fileDescriptor: Int32, _ events: UInt32, id: UInt64
  ) -> Bool {
    var event = epoll_event(events: events, data: epoll_data_t(u64: id))
    return epoll_ctl(epoll, operation, fileDescriptor, &event) == 0
  }
}
