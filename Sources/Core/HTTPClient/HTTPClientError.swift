/// Why there is no answer.
public struct HTTPClientError: Error, Sendable, CustomStringConvertible {
  /// What kind of fault it is; stable.
  public enum Code: String, Sendable {
    /// The server's name is not known, or nobody listens there.
    case connect
    /// It took too long.
    case timeout
    /// No trust: certificate or protocol.
    case tls
    /// The task was cancelled.
    case aborted
    /// The task was cancelled when all of a body had been sent, and no answer had come: what becomes of it
    /// is not known.
    case unanswered
    /// The connection ended before the answer did.
    case disconnected
    /// The answer is larger than `HTTPClientResponse.bodyLimit`.
    case tooLarge = "too_large"
    /// The file cannot be read, or changed its length meanwhile.
    case file
    /// A URL or a header field that cannot be sent.
    case badRequest = "bad_request"
    /// Anything else that libcurl reports.
    case transfer
  }

  /// What kind of fault it is.
  public let code: Code
  /// What is wrong, for people.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// What is wrong.
  public var description: String { message }
}
