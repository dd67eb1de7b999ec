/// What NOTIFY sent.
public struct PostgresNotification: Sendable, Equatable {
  /// The channel's name.
  public let channel: String
  /// At most 8000 bytes; empty if there is none.
  public let payload: String
  /// The server process of the session that sent it.
  public let pid: Int32
}
