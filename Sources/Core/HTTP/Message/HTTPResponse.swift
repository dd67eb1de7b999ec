import FoundationEssentials

/// An answer: status, header fields and a body.
public struct HTTPResponse: Sendable {
  /// How the bytes of a body come about.
  public enum Body: Sendable {
    /// No bytes.
    case empty
    /// Bytes in memory.
    case bytes([UInt8])
    /// Bytes made while they are sent; chunked unless the length is given.
    ///
    /// An error thrown by the function, or fewer bytes than announced, close the connection, so that
    /// the client sees a body cut short and not a good end.
    case stream(contentLength: Int64?, @Sendable (HTTPResponseWriter) async throws -> Void)
  }

  /// The status code, 200 to 599.
  public var status: Int
  /// The header fields; `Content-Length`, `Date` and `Connection` are the server's.
  public var headers: HTTPHeaders
  /// The body.
  public var body: Body

  /// Makes an answer.
  public init(status: Int = 200, headers: HTTPHeaders = [:], body: Body = .empty) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A value as JSON, keys sorted, dates as ISO 8601.
  public static func json<T: Encodable>(_ value: T, status: Int = 200) throws -> HTTPResponse {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    let data = try encoder.encode(value)
    return HTTPResponse(
      status: status, headers: ["Content-Type": "application/json"], body: .bytes(Array(data)))
  }

  /// Plain text, or text of another kind, in UTF-8.
  public static func text(
    _ text: String, status: Int = 200, contentType: String = "text/plain; charset=utf-8"
  ) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": contentType], body: .bytes(Array(text.utf8)))
  }
}

/// Where a streamed answer's bytes go.
public struct HTTPResponseWriter: Sendable {
  private let put: @Sendable ([UInt8]) async throws -> Void

  /// Makes a writer from a function that takes the next block.
  public init(write: @escaping @Sendable ([UInt8]) async throws -> Void) {
    put = write
  }

  /// Sends a block; waits while 256 KiB wait to be sent.
  ///
  /// Throws `HTTPBodyError.connectionClosed` when the client is gone, `CancellationError` when the
  /// task is cancelled.
  public func write(_ bytes: [UInt8]) async throws {
    try await put(bytes)
  }

  /// Sends a text in UTF-8.
  public func write(_ text: String) async throws {
    try await put(Array(text.utf8))
  }
}
