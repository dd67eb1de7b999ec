internal import CMicrohttpd

/// A WebSocket that was let in, until its socket is handed over.
struct WebSocketUpgrade: Sendable {
  let request: HTTPRequest
  /// The header fields of the 101 answer; `Connection: Upgrade` is added by MHD.
  let headers: [(String, String)]
  let handler: @Sendable (WebSocketConnection) async -> Void

  /// Checks what the authorization chose against what the client offered.
  init(
    request: HTTPRequest, handshake: WebSocketHandshake, acceptance: WebSocketAcceptance,
    handler: @escaping @Sendable (WebSocketConnection) async -> Void
  ) throws(Problem) {
    self.request = request
    self.handler = handler
    var headers = [("Upgrade", "websocket"), ("Sec-WebSocket-Accept", handshake.accept)]
    if let chosen = acceptance.subprotocol {
      // RFC 6455, section 4.2.2: only one that was offered may be chosen.
      guard handshake.subprotocols.contains(chosen) else { throw Problem.internalError }
      headers.append(("Sec-WebSocket-Protocol", chosen))
    }
    self.headers = headers
  }
}

/// MHD's hold on an upgraded socket.
struct UpgradedSocket: @unchecked Sendable {
  // Proof of Sendable: MHD_upgrade_action may be called from any thread; it is called once, at the end.
  let handle: OpaquePointer?

  /// Gives the socket back to MHD, which closes it.
  func close() {
    cmicrohttpd_close_upgraded(handle)
  }
}
