import Threading

/// Decides when a cancel request may go to the server: only while the statement runs that it is for.
///
/// A statement begins and ends here. A request sent for it is over before the next one begins, so
/// that a late one never hits a stranger.
final class CancelGate: @unchecked Sendable {
  // Proof of Sendable: all that changes is guarded by `lock`.
  private let lock = TimedCondition()
  private let send: @Sendable () -> Void
  private let patience: Duration
  private var lastTicket: UInt64 = 0
  private var active: UInt64?
  private var sending = false
  private var pursued: UInt64?

  /// - Parameters:
  ///   - send: sends a request, and blocks until the server has acted on it.
  ///   - patience: how long the end of a statement waits for a request that is under way.
  init(patience: Duration = .seconds(10), send: @escaping @Sendable () -> Void) {
    self.patience = patience
    self.send = send
  }

  /// A statement is about to be sent; the ticket stands for it.
  func begin() -> UInt64 {
    lock.withLock {
      lastTicket += 1
      active = lastTicket
      return lastTicket
    }
  }

  /// The statement is over. Blocks while a request for it is under way.
  ///
  /// - Returns: false if that request did not end in time: it may yet hit, and the connection must
  ///   not be used again.
  func end() -> Bool {
    lock.withLock {
      active = nil
      lock.broadcast()
      let deadline = ContinuousClock.now + patience
      while sending {
        if !lock.wait(until: deadline) { return !sending }
      }
      return true
    }
  }

  /// Cancels the statement of the ticket, or whichever runs; nothing if it is over. Never blocks.
  func cancel(_ ticket: UInt64? = nil) {
    let target: UInt64? = lock.withLock {
      guard let active, ticket == nil || ticket == active, pursued != active else { return nil }
      pursued = active
      return active
    }
    guard let target else { return }
    let executor = ThreadExecutor(name: "pg-cancel")
    Task.detached(executorPreference: executor) { self.pursue(target) }
  }

  /// Sends requests until the statement is over: one that comes before the statement has reached the
  /// server finds an idle session and does nothing.
  private func pursue(_ ticket: UInt64) {
    var pause = Duration.milliseconds(50)
    while startSending(ticket) {
      send()
      lock.withLock {
        sending = false
        lock.broadcast()
        let deadline = ContinuousClock.now + pause
        while active == ticket, lock.wait(until: deadline) {}
      }
      pause = min(pause * 2, .seconds(1))
    }
  }

  private func startSending(_ ticket: UInt64) -> Bool {
    lock.withLock {
      guard active == ticket else { return false }
      sending = true
      return true
    }
  }
}
