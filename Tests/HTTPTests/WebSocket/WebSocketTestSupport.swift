import Glibc
import Synchronization
import Telemetry
import Testing

@testable import HTTP

/// An engine, and raw clients of it over socketpair(2).
final class WebSocketBench: Sendable {
  let engine: WebSocketEngine
  let metrics: Metrics
  /// Stands unless it is moved, so that a slow machine makes nothing time out; nil: the real clock.
  let clock: ManualClock?
  /// How often `onClosed` was called, over all sockets.
  let closed = Tally()

  init(
    clock: ManualClock? = ManualClock(), _ change: (inout WebSocketConfiguration) -> Void = { _ in }
  ) {
    var configuration = WebSocketConfiguration()
    if let clock { configuration.now = { clock.now } }
    change(&configuration)
    metrics = Metrics()
    self.clock = clock
    engine = WebSocketEngine(
      configuration: configuration, logger: Logger(level: .error, format: .text), metrics: metrics)
  }

  /// Opens a WebSocket with a handler, and gives its client.
  func open(
    leftover: [UInt8] = [], countedBy tally: Tally? = nil,
    _ handler: @escaping @Sendable (WebSocketConnection) async -> Void
  ) -> RawClient {
    var ends: [Int32] = [-1, -1]
    let code = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
    precondition(code == 0, "socketpair failed")
    let (server, client) = (ends[0], ends[1])
    let closed = tally ?? closed
    engine.adopt(
      fileDescriptor: server, leftover: leftover,
      request: HTTPRequest(method: .get, path: "/ws"), handler: handler,
      onClosed: {
        _ = Glibc.close(server)
        closed.add()
      })
    return RawClient(fileDescriptor: client)
  }

  /// Opens a WebSocket that sends back each message.
  func openEcho(leftover: [UInt8] = []) -> RawClient {
    open(leftover: leftover) { connection in
      for await text in connection.messages { connection.send(text) }
    }
  }

  /// Moves the clock, and makes the engine look at it.
  func advance(by duration: Duration) {
    clock?.advance(by: duration)
    engine.clockChanged()
  }

  /// The value of a metric without labels.
  func metric(_ name: String) -> Double? {
    metrics.render().split(separator: "\n").first { $0.hasPrefix("\(name) ") }
      .flatMap { Double($0.dropFirst(name.count + 1)) }
  }

  /// Ends the engine without waiting for clients.
  func stop() async {
    await engine.shutdown(code: 1001, grace: .zero)
  }
}

/// A clock that stands until it is moved.
final class ManualClock: Sendable {
  private let time = Mutex(Duration.seconds(1000))

  var now: Duration { time.withLock { $0 } }

  func advance(by duration: Duration) {
    time.withLock { $0 += duration }
  }
}

/// A count, from any thread.
final class Tally: Sendable {
  private let value = Atomic(0)

  var count: Int { value.load(ordering: .sequentiallyConsistent) }

  func add() {
    value.add(1, ordering: .sequentiallyConsistent)
  }
}

/// Holds tasks until it is opened.
final class Gate: Sendable {
  private let state = Mutex((open: false, waiting: [CheckedContinuation<Void, Never>]()))

  func wait() async {
    await withCheckedContinuation { continuation in
      let open = state.withLock { state in
        if !state.open { state.waiting.append(continuation) }
        return state.open
      }
      if open { continuation.resume() }
    }
  }

  func open() {
    let waiting = state.withLock { state in
      state.open = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }
}

/// Waits until a condition holds; false when it does not within 100 s.
func eventually(_ condition: () -> Bool) async -> Bool {
  let end = ContinuousClock.now + .seconds(100)
  while !condition() {
    if ContinuousClock.now > end || Task.isCancelled { return false }
    await pause()
  }
  return true
}

/// Gives other tasks the processor for a moment.
private func pause() async {
  let continuous = ContinuousClock()
  do {
    try await continuous.sleep(for: .milliseconds(1))
  } catch {
    // Cancelled: the caller's loop sees that too.
    await Task.yield()
  }
}

/// The client's side of a WebSocket, frame by frame, with every rule breakable.
final class RawClient: Sendable {
  struct Frame: Equatable {
    var fin = true
    var opcode: UInt8
    var payload: [UInt8]

    var text: String { String(decoding: payload, as: UTF8.self) }

    /// The code of a close frame.
    var code: UInt16? {
      guard opcode == 8, payload.count >= 2 else { return nil }
      return UInt16(payload[0]) << 8 | UInt16(payload[1])
    }

    var reason: String { String(decoding: payload.dropFirst(2), as: UTF8.self) }

    static func text(_ text: String) -> Frame { Frame(opcode: 1, payload: Array(text.utf8)) }
    static func close(_ code: UInt16) -> Frame {
      Frame(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 0xFF)])
    }
  }

  struct TimedOut: Error {}

  private let fileDescriptor: Int32
  private let buffer = Mutex([UInt8]())
  private let isOpen = Mutex(true)

  init(fileDescriptor: Int32) {
    self.fileDescriptor = fileDescriptor
  }

  deinit { close() }

  /// Closes the socket without a word.
  func close() {
    isOpen.withLock { isOpen in
      if isOpen { _ = Glibc.close(fileDescriptor) }
      isOpen = false
    }
  }

  /// The bytes of a frame.
  static func bytes(
    _ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, reserved: UInt8 = 0, masked: Bool = true
  ) -> [UInt8] {
    var bytes: [UInt8] = [(fin ? 0x80 : 0) | reserved << 4 | opcode]
    let mask: UInt8 = masked ? 0x80 : 0
    switch payload.count {
    case ..<126: bytes.append(mask | UInt8(payload.count))
    case ..<65536: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default:
      bytes.append(mask | 127)
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift))
      }
    }
    guard masked else { return bytes + payload }
    // A key of zeros is a key as well; to mask much takes long in a debug build.
    if payload.count > 1000 { return bytes + [0, 0, 0, 0] + payload }
    let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
  }

  static func bytes(_ text: String) -> [UInt8] {
    bytes(1, Array(text.utf8))
  }

  /// Sends all bytes, waiting while the socket is full.
  func send(_ bytes: [UInt8]) async throws {
    var rest = bytes[...]
    let end = ContinuousClock.now + .seconds(100)
    while !rest.isEmpty {
      let count = write(rest)
      guard count >= 0 else { throw TimedOut() }
      rest = rest.dropFirst(count)
      if count == 0 {
        if ContinuousClock.now > end { throw TimedOut() }
        await pause()
      }
    }
  }

  func send(_ text: String) async throws {
    try await send(Self.bytes(text))
  }

  func sendClose(_ code: UInt16) async throws {
    try await send(Self.bytes(8, Frame.close(code).payload))
  }

  /// Sends what the socket takes at once: the number of bytes, -1 when it is broken.
  func write(_ bytes: ArraySlice<UInt8>) -> Int {
    let count = bytes.withUnsafeBytes {
      Glibc.send(
        fileDescriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }
    return count >= 0 ? count : errno == EAGAIN ? 0 : -1
  }

  /// The next frame; nil at the end of the stream.
  func next() async throws -> Frame? {
    let end = ContinuousClock.now + .seconds(100)
    while true {
      if let frame = buffer.withLock({ Self.parse(&$0) }) { return frame }
      var block = [UInt8](repeating: 0, count: 65536)
      let count = recv(fileDescriptor, &block, block.count, Int32(MSG_DONTWAIT))
      if count > 0 {
        buffer.withLock { $0 += block.prefix(count) }
      } else if count == 0 || errno == ECONNRESET {
        return nil
      } else {
        if ContinuousClock.now > end { throw TimedOut() }
        await pause()
      }
    }
  }

  /// The frames up to the end of the stream.
  func rest() async throws -> [Frame] {
    var frames: [Frame] = []
    while let frame = try await next() { frames.append(frame) }
    return frames
  }

  private static func parse(_ bytes: inout [UInt8]) -> Frame? {
    guard bytes.count >= 2 else { return nil }
    var length = Int(bytes[1] & 0x7F)
    var start = 2
    if length >= 126 {
      start = length == 126 ? 4 : 10
      guard bytes.count >= start else { return nil }
      length = bytes[2..<start].reduce(0) { $0 << 8 | Int($1) }
    }
    guard bytes.count >= start + length else { return nil }
    defer { bytes.removeFirst(start + length) }
    return Frame(
      fin: bytes[0] & 0x80 != 0, opcode: bytes[0] & 0x0F,
      payload: Array(bytes[start..<start + length]))
  }
}
