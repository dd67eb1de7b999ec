/// Why a server cannot start.
public struct HTTPServerError: Error, Sendable, CustomStringConvertible {
  /// The stable name of the reason.
  public enum Code: String, Sendable {
    /// The address is not a numeric IPv4 or IPv6 address.
    case badAddress
    /// Another program listens there.
    case addressInUse
    /// The system refuses to listen there.
    case cannotListen
    /// The server was started before.
    case alreadyStarted
    /// The HTTP library does not start.
    case library
  }

  /// The stable name of the reason.
  public let code: Code
  /// The reason in words.
  public let message: String

  /// The reason in words.
  public var description: String { message }
}
