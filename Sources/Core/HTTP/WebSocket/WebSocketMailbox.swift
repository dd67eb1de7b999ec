internal import CWslay
import Glibc
import Synchronization

/// What other threads have for the epoll thread, and the bell that wakes it.
///
/// Bounded by the number of sockets: however often a socket is touched, it stands here once.
final class WebSocketMailbox: Sendable {
  /// A socket that the epoll thread is to take over.
  struct Adoption: Sendable {
    let fileDescriptor: Int32
    let leftover: [UInt8]
    let connection: WebSocketConnection
    let handler: @Sendable (WebSocketConnection) async -> Void
    let onClosed: @Sendable () -> Void
  }

  /// The wish that all sockets close.
  struct Stop: Sendable {
    let code: UInt16
    let grace: Duration
  }

  /// All that came since the last look.
  struct Mail: Sendable {
    var adoptions: [Adoption] = []
    var touched: Set<Int> = []
    var stop: Stop?
  }

  private struct State {
    var mail = Mail()
    /// An eventfd(2), while the thread runs.
    var bell: Int32?
    var stopping = false
    var rung = false
  }

  private let state = Mutex(State())

  /// Begins a run with a bell; the mailbox owns it until `retire`.
  func open(bell: Int32) {
    state.withLock { $0.bell = bell }
  }

  /// Hands over a socket. False when no more are taken.
  func put(_ adoption: Adoption) -> Bool {
    state.withLock { state in
      if state.stopping { return false }
      state.mail.adoptions.append(adoption)
      ring(&state)
      return true
    }
  }

  /// Asks the epoll thread to look at a socket.
  func touch(_ id: Int) {
    state.withLock { state in
      guard state.bell != nil else { return }
      state.mail.touched.insert(id)
      ring(&state)
    }
  }

  /// Asks the epoll thread to look at its clock.
  func clockChanged() {
    state.withLock { ring(&$0) }
  }

  /// Asks for the end. Only the first call has an effect.
  func stop(_ stop: Stop) {
    state.withLock { state in
      guard !state.stopping else { return }
      state.stopping = true
      state.mail.stop = stop
      ring(&state)
    }
  }

  /// Takes all mail. For the epoll thread.
  func take() -> Mail {
    state.withLock { state in
      state.rung = false
      defer { state.mail = Mail() }
      return state.mail
    }
  }

  /// Silences and closes the bell. For the epoll thread, at its end.
  func retire() {
    state.withLock { state in
      if let bell = state.bell { _ = Glibc.close(bell) }
      state.bell = nil
    }
  }

  private func ring(_ state: inout State) {
    guard let bell = state.bell, !state.rung else { return }
    state.rung = true
    // Fails only when the counter is full, and then the thread is awake anyhow.
    _ = eventfd_write(bell, 1)
  }
}
