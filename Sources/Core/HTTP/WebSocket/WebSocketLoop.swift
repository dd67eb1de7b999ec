internal import CWslay
import Glibc
import Telemetry

/// The thread of all WebSockets: waits with epoll(7), reads, writes and keeps the time.
final class WebSocketLoop: @unchecked Sendable {
  // Proof of Sendable: what changes below is touched by `run` only, and `run` is called once.
  private let configuration: WebSocketConfiguration
  private let logger: Logger
  private let mailbox: WebSocketMailbox
  private let epoll: Int32
  private let bell: Int32
  private let clients: Gauge
  private let messagesSent: Counter
  private var sockets: [Int: WebSocketSocket] = [:]
  private var handlers: [Int: Task<Void, Never>] = [:]
  private var stopping = false
  /// No socket has anything due before this.
  private var nextDue: Duration?

  /// Epoll's name for the bell; sockets count from 1.
  private static let bellID: UInt64 = 0

  /// Makes the loop and opens its mailbox; nil when the process may not have more descriptors.
  init?(
    configuration: WebSocketConfiguration, logger: Logger, metrics: WebSocketMetrics,
    mailbox: WebSocketMailbox
  ) {
    self.configuration = configuration
    self.logger = logger
    self.mailbox = mailbox
    clients = metrics.clients
    messagesSent = metrics.messagesSent
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { return nil }
    bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.u64 = Self.bellID
    guard bell >= 0, epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &event) == 0 else {
      if bell >= 0 { _ = close(bell) }
      _ = close(epoll)
      return nil
    }
    mailbox.open(bell: bell)
  }

  /// Runs until the mailbox asks for the end and the last socket is gone.
  func run() {
    while true {
      takeMail()
      checkTimes()
      if stopping, sockets.isEmpty { break }
      wait()
    }
    mailbox.retire()
    _ = close(epoll)
  }

  private func takeMail() {
    let mail = mailbox.take()
    for adoption in mail.adoptions { adopt(adoption) }
    for id in mail.touched {
      if let socket = sockets[id] { settle(socket) { $0.pump(now: $1) } }
    }
    guard let stop = mail.stop else { return }
    stopping = true
    for socket in sockets.values { settle(socket) { $0.stop(stop, now: $1) } }
  }

  private func adopt(_ adoption: WebSocketMailbox.Adoption) {
    let connection = adoption.connection
    let socket = WebSocketSocket(
      adoption: adoption, configuration: configuration, messagesSent: messagesSent)
    guard let socket, watch(socket, EPOLL_CTL_ADD) else {
      logger.error("WebSocket not taken over", ["ws_id": "\(connection.id)"])
      Self.release(adoption)
      return
    }
    sockets[connection.id] = socket
    clients.add(1)
    logger.debug(
      "WebSocket open", ["ws_id": "\(connection.id)", "request_id": connection.request.id])
    let handler = adoption.handler
    handlers[connection.id] = Task {
      await handler(connection)
      connection.close(code: 1000, reason: "")
    }
    settle(socket) { $0.pump(now: $1) }
  }

  /// Lets a socket act, then ends it or watches for what it wants next.
  private func settle(
    _ socket: WebSocketSocket, _ act: (WebSocketSocket, Duration) -> WebSocketSocket.Ending?
  ) {
    if let ending = act(socket, configuration.now()) {
      end(socket, ending)
      return
    }
    if socket.wanted != socket.interest, !watch(socket, EPOLL_CTL_MOD) {
      end(socket, .failed(.system(errno: errno)))
      return
    }
    if let due = socket.liveness.deadline { nextDue = min(nextDue ?? due, due) }
  }

  private func watch(_ socket: WebSocketSocket, _ operation: Int32) -> Bool {
    let wanted = socket.wanted
    var event = epoll_event()
    if wanted.contains(.read) { event.events |= EPOLLIN.rawValue }
    if wanted.contains(.write) { event.events |= EPOLLOUT.rawValue }
    event.data.u64 = UInt64(socket.adoption.connection.id)
    socket.interest = wanted
    return epoll_ctl(epoll, operation, socket.adoption.fileDescriptor, &event) == 0
  }

  private func end(_ socket: WebSocketSocket, _ ending: WebSocketSocket.Ending) {
    let connection = socket.adoption.connection
    sockets[connection.id] = nil
    clients.add(-1)
    logger.debug(
      "WebSocket closed",
      [
        "ws_id": "\(connection.id)", "request_id": connection.request.id, "ending": "\(ending)",
        "code_sent": "\(socket.framer.sentCode)", "code_received": "\(socket.framer.receivedCode)",
      ])
    var event = epoll_event()
    _ = epoll_ctl(epoll, EPOLL_CTL_DEL, socket.adoption.fileDescriptor, &event)
    handlers.removeValue(forKey: connection.id)?.cancel()
    Self.release(socket.adoption)
  }

  /// The last use of a socket's file descriptor.
  private static func release(_ adoption: WebSocketMailbox.Adoption) {
    adoption.connection.end()
    _ = shutdown(adoption.fileDescriptor, Int32(SHUT_RDWR))
    adoption.onClosed()
  }

  private func checkTimes() {
    let now = configuration.now()
    guard let due = nextDue, now >= due else { return }
    nextDue = nil
    for socket in sockets.values { settle(socket) { $0.checkTime(now: $1) } }
  }

  private func wait() {
    let ready = withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { buffer in
      let count = epoll_wait(epoll, buffer.baseAddress, Int32(buffer.count), timeout())
      // Interrupted by a signal: no event, and the caller comes back.
      return (0..<max(0, Int(count))).map { (id: buffer[$0].data.u64, events: buffer[$0].events) }
    }
    for event in ready {
      if event.id == Self.bellID {
        var rings: eventfd_t = 0
        _ = eventfd_read(bell, &rings)
      } else if let socket = sockets[Int(event.id)] {
        let broken = event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
        if broken, !socket.interest.contains(.read) {
          // Reading would tell the cause, but nobody reads now: epoll would repeat itself for ever.
          end(socket, .failed(.endOfStream))
        } else {
          settle(socket) { $0.pump(now: $1) }
        }
      }
    }
  }

  /// Milliseconds until something is due, for epoll_wait(2).
  private func timeout() -> Int32 {
    guard let nextDue else { return -1 }
    let left = (nextDue - configuration.now()).components
    if left.seconds < 0 || left.attoseconds < 0 { return 0 }
    if left.seconds >= 60 { return 60_000 }
    // Rounded up, so as not to wake a moment too early, again and again.
    return Int32(left.seconds) * 1000 + Int32(left.attoseconds / 1_000_000_000_000_000) + 1
  }
}
