import Glibc
import Telemetry

/// One adopted socket on the epoll thread.
///
/// Moves messages between the frames and the connection, and knows when it is over.
final class WebSocketSocket {
  /// How a socket came to its end.
  enum Ending: Equatable {
    /// Both close frames are through.
    case closed
    case failed(WebSocketFramer.Failure)
    case unanswered
    case stalled
    case closeUnanswered
  }

  let adoption: WebSocketMailbox.Adoption
  let framer: WebSocketFramer
  /// What epoll(7) was told to watch for.
  var interest: Interest = []
  private(set) var liveness: WebSocketLiveness

  private var closing = false
  /// The close frame that we want to send, once all messages are out.
  private var farewell: WebSocketClosing?
  private var wroteAll = false
  private var messageUnderWay = false
  private let messagesSent: Counter

  /// So many messages in one turn, so that one reader cannot keep the thread.
  private static let turn = 64

  init?(
    adoption: WebSocketMailbox.Adoption, configuration: WebSocketConfiguration,
    messagesSent: Counter
  ) {
    let framer = WebSocketFramer(
      fileDescriptor: adoption.fileDescriptor, leftover: adoption.leftover,
      maxMessageBytes: configuration.maxMessageBytes, inbox: adoption.connection.inbox)
    guard let framer else { return nil }
    self.adoption = adoption
    self.framer = framer
    self.messagesSent = messagesSent
    liveness = WebSocketLiveness(configuration: configuration, now: configuration.now())
    Self.prepare(adoption.fileDescriptor, sendBufferBytes: configuration.sendBufferBytes)
  }

  private var connection: WebSocketConnection { adoption.connection }

  /// Directions to watch.
  struct Interest: OptionSet {
    let rawValue: Int
    static let read = Interest(rawValue: 1)
    static let write = Interest(rawValue: 2)
  }

  /// What is worth waiting for now.
  var wanted: Interest {
    var wanted: Interest = []
    if framer.readsFrames ? !framer.isPaused : !framer.closeReceived { wanted.insert(.read) }
    if framer.wantsWrite || connection.hasOutgoing { wanted.insert(.write) }
    return wanted
  }

  /// Does all that can be done without waiting; gives the ending when it is over.
  func pump(now: Duration) -> Ending? {
    receive(now)
    if let failure = framer.failure { return .failed(failure) }
    noteClosing(now)
    transmit(now)
    if let failure = framer.failure { return .failed(failure) }
    if framer.closeSent, framer.closeReceived { return .closed }
    // By now the loop below or epoll decides whether we read; a pong unread is not a pong missed.
    liveness.reading(wanted.contains(.read), now: now)
    return nil
  }

  /// Acts on what is due.
  func checkTime(now: Duration) -> Ending? {
    switch liveness.verdict(now: now) {
    case nil: return nil
    case .sendPing:
      framer.queuePing()
      return pump(now: now)
    case .unanswered:
      // It may still hear us, and then knows why.
      framer.queueClose(WebSocketClosing(code: 1011, reason: "no pong"))
      framer.flush()
      return .unanswered
    case .stalled: return .stalled
    case .closeUnanswered: return .closeUnanswered
    }
  }

  /// Closes because the server stops.
  func stop(_ stop: WebSocketMailbox.Stop, now: Duration) -> Ending? {
    connection.beginClosing(WebSocketClosing(code: stop.code))
    liveness.closing(now: now, within: stop.grace)
    return pump(now: now)
  }

  private func receive(_ now: Duration) {
    if framer.readsFrames {
      framer.receive()
    } else if !framer.closeReceived {
      framer.discard()
    }
    if framer.takePong() { liveness.pong(now: now) }
  }

  private func noteClosing(_ now: Duration) {
    if !framer.readsFrames {
      // wslay has queued its own close frame: the echo of the client's, or the rule it broke.
      connection.end()
      farewell = nil
    } else if !closing, let wish = connection.closing {
      connection.inbox.end()
      farewell = wish
    } else {
      return
    }
    if !closing { liveness.closing(now: now) }
    closing = true
  }

  private func transmit(_ now: Duration) {
    let before = framer.bytesSent
    for _ in 0..<Self.turn {
      if framer.queuedCount == 0, !queueNext() { break }
      framer.flush()
      if framer.queuedCount > 0 || framer.failure != nil { break }
      liveness.flushed(now: now)
      if messageUnderWay { messagesSent.increment() }
      messageUnderWay = false
    }
    liveness.drained(
      progress: framer.bytesSent > before, waiting: framer.wantsWrite || connection.hasOutgoing,
      now: now)
    if framer.closeSent, !framer.readsFrames, !framer.closeReceived, !wroteAll {
      // The client broke a rule; it hears the end of the stream, and we wait for its own.
      wroteAll = true
      _ = shutdown(adoption.fileDescriptor, Int32(SHUT_WR))
    }
  }

  /// Gives wslay the next frame. Only one at a time, so that those behind it can be replaced.
  private func queueNext() -> Bool {
    if let text = connection.nextOutgoing() {
      framer.queue(text)
      messageUnderWay = true
    } else if let wish = farewell {
      framer.queueClose(wish)
      farewell = nil
    } else {
      return false
    }
    return true
  }

  private static func prepare(_ fileDescriptor: Int32, sendBufferBytes: Int32) {
    let size = socklen_t(MemoryLayout<Int32>.size)
    var bytes = sendBufferBytes
    var on: Int32 = 1
    // Both only tune: a socket that refuses (a Unix socket knows no TCP_NODELAY) works as well.
    _ = setsockopt(fileDescriptor, SOL_SOCKET, SO_SNDBUF, &bytes, size)
    _ = setsockopt(fileDescriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
  }
}
