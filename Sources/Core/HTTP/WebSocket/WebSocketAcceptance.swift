/// The decision to let a WebSocket in.
public struct WebSocketAcceptance: Sendable {
  /// The subprotocol that was chosen; must be one that the client offered. Nil chooses none.
  public var subprotocol: String?

  /// Lets the WebSocket in.
  public init(subprotocol: String? = nil) {
    self.subprotocol = subprotocol
  }
}
