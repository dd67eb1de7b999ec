internal import CLibpq

/// The one owner of a `PGcancel`.
final class CancelHandle: @unchecked Sendable {
  // Proof of Sendable: it never changes, and PQcancel may be called from any thread.
  private let raw: OpaquePointer?

  init(connection: OpaquePointer) {
    raw = PQgetCancel(connection)
  }

  deinit {
    if let raw { PQfreeCancel(raw) }
  }

  /// Asks the server to cancel what the session is doing, on a connection of its own.
  ///
  /// Blocks until the server has passed the signal on: it closes the socket then. A request that
  /// fails is made again by the gate, so its error text says nothing of use.
  func send() {
    var text = [CChar](repeating: 0, count: 256)
    _ = PQcancel(raw, &text, Int32(text.count))
  }
}
