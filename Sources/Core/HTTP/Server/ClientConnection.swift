import Synchronization

/// One connection of a client, from accept to close; carries one exchange after another.
final class ClientConnection: Sendable {
  private enum Peer { case open, finished, gone }

  private struct State {
    var target: String?
    var exchange: Exchange?
    var idleSince: ContinuousClock.Instant
    var peer = Peer.open
    var isOpen = true
    var speaksHTTP = true
  }

  let id: UInt64
  let fileDescriptor: Int32
  let handle: ConnectionHandle
  /// Whether the server had as many connections as it takes before this one: it is told so, and no more.
  let isSpare: Bool
  private let state: Mutex<State>

  init(id: UInt64, fileDescriptor: Int32, handle: ConnectionHandle, isSpare: Bool) {
    self.id = id
    self.fileDescriptor = fileDescriptor
    self.handle = handle
    self.isSpare = isSpare
    state = Mutex(State(idleSince: ContinuousClock.now))
  }

  /// The target of the request whose head is being read; nil if it is not UTF-8.
  var target: String? {
    get { state.withLock { $0.target } }
    set { state.withLock { $0.target = newValue } }
  }

  /// The exchange that is under way.
  var exchange: Exchange? { state.withLock { $0.exchange } }

  /// Whether requests may still come: not on a WebSocket, nor behind a refusal that ends the connection.
  var speaksHTTP: Bool {
    get { state.withLock { $0.speaksHTTP } }
    set { state.withLock { $0.speaksHTTP = newValue } }
  }

  /// A request's head is read. The connection keeps its exchange until it is completed.
  func begin(_ exchange: Exchange) {
    let peer = state.withLock { state in
      state.exchange = exchange
      return state.peer
    }
    if peer != .open { exchange.peerClosed(hard: peer == .gone) }
  }

  /// The exchange is over; the next head may come.
  func end() -> Exchange? {
    state.withLock { state in
      state.idleSince = ContinuousClock.now
      return state.exchange.take()
    }
  }

  /// The socket is about to be closed: its descriptor may not be used any more.
  func close() {
    state.withLock { $0.isOpen = false }
  }

  /// The client has shut down its side, or both.
  func peerClosed(hard: Bool) {
    let exchange = state.withLock { state in
      state.peer = hard ? .gone : .finished
      return state.exchange
    }
    exchange?.peerClosed(hard: hard)
  }

  /// Ends the connection if the head of the next request takes too long, or lets its exchange look at
  /// the clock.
  func tick(now: ContinuousClock.Instant, headTimeout: Duration) {
    let exchange = state.withLock { state in
      if state.exchange == nil, state.isOpen, now - state.idleSince > headTimeout {
        shutDownSocket(fileDescriptor)
      }
      return state.exchange
    }
    exchange?.tick(now: now)
  }

  /// Ends the connection if no request is under way.
  func closeIfIdle() {
    state.withLock { state in
      if state.exchange == nil, state.isOpen { shutDownSocket(fileDescriptor) }
    }
  }
}
