/// Cancels, from anywhere, what a connection is doing.
public struct PostgresCancellation: Sendable {
  let gate: CancelGate

  /// Asks the server to cancel the statement that runs now; without one, nothing happens.
  ///
  /// Returns at once: the request goes out on a thread of its own. The statement then throws
  /// `PostgresError` with code `cancelled`, unless it was done before.
  public func cancel() {
    gate.cancel()
  }
}
