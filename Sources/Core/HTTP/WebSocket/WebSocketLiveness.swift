/// When a WebSocket is to be pinged, and when it is given up: times in, verdicts out.
///
/// All times come from the configuration's clock. A value without I/O.
struct WebSocketLiveness {
  /// What is to be done now.
  enum Verdict: Equatable {
    case sendPing
    /// No pong came in time.
    case unanswered
    /// Data waits, and nothing drained.
    case stalled
    /// The closing handshake took too long.
    case closeUnanswered
  }

  private enum Ping {
    /// The next one is sent at this time.
    case idle(until: Duration)
    /// It waits behind other frames.
    case queued
    /// It is out; the pong is due at this time.
    case sent(pongDue: Duration)
    /// It is out, but we do not read: a pong that lies in our buffers is not late.
    case suspended
  }

  private let configuration: WebSocketConfiguration
  private var ping: Ping
  private var drainDue: Duration?
  private var closeDue: Duration?

  init(configuration: WebSocketConfiguration, now: Duration) {
    self.configuration = configuration
    ping = .idle(until: now + configuration.pingInterval)
  }

  /// The next moment at which `verdict` may have something to say; nil for none.
  var deadline: Duration? {
    if let closeDue { return closeDue }
    return switch ping {
    case .idle(let due), .sent(let due): min(due, drainDue ?? due)
    case .queued, .suspended: drainDue
    }
  }

  /// What is due. The caller queues the ping that it is told to send.
  mutating func verdict(now: Duration) -> Verdict? {
    if let closeDue { return now >= closeDue ? .closeUnanswered : nil }
    if let drainDue, now >= drainDue { return .stalled }
    switch ping {
    case .idle(let until) where now >= until:
      ping = .queued
      return .sendPing
    case .sent(let pongDue) where now >= pongDue:
      return .unanswered
    default:
      return nil
    }
  }

  /// All that was queued is out, and so is a ping among it.
  mutating func flushed(now: Duration) {
    guard case .queued = ping else { return }
    ping = .sent(pongDue: now + configuration.pongTimeout)
  }

  /// A pong came, asked for or not.
  mutating func pong(now: Duration) {
    switch ping {
    case .sent, .suspended: ping = .idle(until: now + configuration.pingInterval)
    case .idle, .queued: break
    }
  }

  /// Whether the socket is being read.
  mutating func reading(_ reads: Bool, now: Duration) {
    switch (ping, reads) {
    case (.sent, false): ping = .suspended
    case (.suspended, true): ping = .sent(pongDue: now + configuration.pongTimeout)
    default: break
    }
  }

  /// Whether something went out just now, and whether more waits.
  mutating func drained(progress: Bool, waiting: Bool, now: Duration) {
    if !waiting {
      drainDue = nil
    } else if progress || drainDue == nil {
      drainDue = now + configuration.drainTimeout
    }
  }

  /// The socket is to close; from here on only the time for that counts.
  ///
  /// - Parameter limit: less time than the configuration allows. The earliest end wins.
  mutating func closing(now: Duration, within limit: Duration? = nil) {
    let allowed = min(configuration.closeTimeout, limit ?? configuration.closeTimeout)
    closeDue = min(closeDue ?? now + allowed, now + allowed)
  }
}
