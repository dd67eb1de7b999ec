internal import CLibpq

/// The one owner of a `PGconn`.
struct ConnectionHandle: ~Copyable {
  /// The connection, until it is closed.
  private(set) var raw: OpaquePointer?

  init(owning raw: OpaquePointer) {
    self.raw = raw
  }

  deinit {
    if let raw { PQfinish(raw) }
  }

  mutating func close() {
    if let raw { PQfinish(raw) }
    raw = nil
  }
}

/// The one owner of a `PGresult`.
struct ResultHandle: ~Copyable {
  let raw: OpaquePointer

  init(owning raw: OpaquePointer) {
    self.raw = raw
  }

  deinit { PQclear(raw) }
}
