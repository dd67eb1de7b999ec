import Glibc
import Synchronization
import Telemetry

@testable import HTTP

/// A server's socket and its client's end, without the thread that would wait for them. The handler sends
/// each message back.
final class WebSocketSession {
  /// All bytes that the client got.
  private(set) var received: [UInt8] = []

  private let connection: WebSocketConnection
  private let socket: WebSocketSocket
  private let executor = InlineExecutor()
  private let handled: Handled
  private let client: Int32
  private let server: Int32
  private var ending: WebSocketSocket.Ending?

  private final class Handled: Sendable {
    let texts = Mutex<[[UInt8]]>([])
    let isDone = Mutex(false)
  }

  init(_ configuration: WebSocketConfiguration, leftover: [UInt8]) throws {
    var ends: [Int32] = [0, 0]
    try hold(
      socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0, "there is a pair of sockets")
    (client, server) = (ends[0], ends[1])
    let connection = WebSocketConnection(
      id: 1, request: HTTPRequest(method: .get, path: "/ws"), configuration: configuration,
      mailbox: WebSocketMailbox())
    self.connection = connection
    let made = WebSocketSocket(
      adoption: WebSocketMailbox.Adoption(
        fileDescriptor: server, leftover: leftover, connection: connection, handler: { _ in },
        onClosed: {}),
      configuration: configuration, messagesSent: Self.counter)
    guard let made else { throw FuzzBreach(description: "there is memory for a socket") }
    socket = made
    let handled = Handled()
    self.handled = handled
    _ = Task(executorPreference: executor) {
      for await text in connection.messages {
        handled.texts.withLock { $0.append(Array(text.utf8)) }
        connection.send(text)
      }
      handled.isDone.withLock { $0 = true }
    }
    executor.drain()
  }

  deinit {
    connection.end()
    executor.drain()
    close(client)
    close(server)
  }

  private static let counter = WebSocketMetrics(Metrics()).messagesSent

  /// What the handler got.
  var texts: [[UInt8]] { handled.texts.withLock { $0 } }

  /// Whether the connection takes no more messages.
  var isClosed: Bool { connection.isClosed }

  /// Sends the client's bytes and lets the server do what it can.
  func send(_ bytes: ArraySlice<UInt8>, seed: UInt8?) throws {
    var sizes = seed.map { PieceSizes(seed: $0) }
    var rest = bytes
    repeat {
      let piece = Array(rest.prefix(sizes?.next() ?? Int.max))
      // The server may have stopped to read.
      let count = Glibc.send(client, piece, piece.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
      rest = rest.dropFirst(max(count, 0))
      try settle()
    } while !rest.isEmpty && ending == nil
  }

  /// Lets server, handler and client do what they can, until nothing changes.
  private func settle() throws {
    for _ in 0..<100_000 {
      guard ending == nil else { return }
      let before = (texts.count, received.count, unread)
      ending = socket.pump(now: .zero)
      executor.drain()
      receive()
      if before == (texts.count, received.count, unread), !connection.hasOutgoing { return }
    }
    throw FuzzBreach(description: "a socket comes to rest")
  }

  /// How many bytes wait for the server.
  private var unread: Int32 {
    var count: Int32 = 0
    _ = ioctl(server, UInt(FIONREAD), &count)
    return count
  }

  private func receive() {
    var buffer = [UInt8](repeating: 0, count: 8192)
    while true {
      let count = recv(client, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { return }
      received += buffer[..<count]
    }
  }

  /// Closes the client's end: the server has to see that, whatever came before.
  func hangUp() throws {
    shutdown(client, Int32(SHUT_WR))
    try settle()
    try hold(ending != nil, "a socket ends when its client hangs up")
    connection.end()
    executor.drain()
    try hold(handled.isDone.withLock { $0 }, "the handler ends with its socket")
  }
}
