/// What the head of a request says about its body, and what the server allows.
struct UploadPlan: Sendable {
  /// How a body's end is told.
  enum Length: Sendable, Equatable {
    /// There is no body.
    case none
    /// `Content-Length`, more than 0.
    case known(Int64)
    /// Chunked.
    case unknown
  }

  /// How the body's end is told.
  var length: Length = .none
  /// Whether the client waits for `100 Continue` before it sends the body.
  var expectsContinue = false
  /// The most bytes to accept.
  var maxBytes: Int64 = .max
  /// Whether the connection must end with this request, because its framing cannot be trusted.
  var mustClose = false
}

/// The bounds of one exchange.
struct ExchangeLimits: Sendable {
  /// The most bytes that wait in a queue, in either direction.
  var queueBytes = 256 * 1024
  /// The most bytes of a body that are thrown away to keep a connection.
  var discardBytes: Int64 = 1024 * 1024
  /// The same for a body of unknown length, whose end may be far.
  var discardUnknownBytes: Int64 = 64 * 1024
  /// How long a body may take for the next `progressBytes`.
  var progressTimeout: Duration = .seconds(60)
  /// What counts as progress.
  var progressBytes: Int64 = 1024
  /// How long an exchange may take as a whole.
  var requestTimeout: Duration?
}
