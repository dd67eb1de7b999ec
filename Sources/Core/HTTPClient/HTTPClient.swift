import Threading

/// A client for one HTTP server, for the command line: few requests, large uploads, constant memory.
///
/// Each request has a connection and a thread of its own while it lasts. Cancelling the task that
/// waits for it ends it within about a second with `HTTPClientError.Code.aborted`. An answer of any
/// status is a response; redirects are not followed.
public struct HTTPClient: Sendable {
  private let baseURL: String
  private let token: String?
  private let timeouts: HTTPClientTimeouts

  /// Makes a client; nothing is connected yet.
  ///
  /// - Parameters:
  ///   - baseURL: scheme, host and port, for instance `http://127.0.0.1:8080`; `http` and `https`.
  ///   - token: sent as `Authorization: Bearer`.
  public init(baseURL: String, token: String?, timeouts: HTTPClientTimeouts = .init()) {
    self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
    self.token = token
    self.timeouts = timeouts
  }

  /// Sends `GET`.
  ///
  /// - Parameter path: path and query, already percent-encoded; see `query`.
  /// - Throws: `HTTPClientError`.
  public func get(
    _ path: String, headers: [(String, String)] = []
  ) async throws -> HTTPClientResponse {
    try await send(.get, path, headers: headers, body: .none)
  }

  /// Sends `DELETE`.
  ///
  /// - Throws: `HTTPClientError`.
  public func delete(
    _ path: String, headers: [(String, String)] = []
  ) async throws -> HTTPClientResponse {
    try await send(.delete, path, headers: headers, body: .none)
  }

  /// Sends `POST` with a JSON text.
  ///
  /// - Throws: `HTTPClientError`.
  public func post(
    _ path: String, json: [UInt8], headers: [(String, String)] = []
  ) async throws -> HTTPClientResponse {
    try await send(
      .post, path, headers: headers + [("Content-Type", "application/json")], body: .bytes(json))
  }

  /// Sends a file with `POST`, streamed from the disk.
  ///
  /// For more than 1 MiB it asks with `Expect: 100-continue`, so that a server that refuses can say so
  /// before the file is on its way. What is not a regular file has no known length and is sent in
  /// chunks.
  ///
  /// - Parameters:
  ///   - file: path of the file; `-` is standard input.
  ///   - progress: called on the thread of the transfer when more was sent, with bytes sent and, where
  ///     it is known, bytes in all.
  ///   - answerGrace: how long to wait for the answer all the same when the task is cancelled after the
  ///     last byte was sent.
  /// - Throws: `HTTPClientError`.
  public func upload(
    _ path: String, file: String, contentType: String, headers: [(String, String)] = [],
    answerGrace: Duration = .zero,
    progress: @escaping @Sendable (_ sent: Int64, _ total: Int64?) -> Void = { _, _ in }
  ) async throws -> HTTPClientResponse {
    try await send(
      .post, path, headers: headers + [("Content-Type", contentType)],
      body: .file(path: file, progress: progress), answerGrace: answerGrace)
  }

  /// A query with its question mark, percent-encoded (RFC 3986); empty where there are no pairs.
  public static func query(_ pairs: [(String, String)]) -> String {
    guard !pairs.isEmpty else { return "" }
    return "?" + pairs.map { "\(encoded($0.0))=\(encoded($0.1))" }.joined(separator: "&")
  }

  /// One segment of a path, or one word of a query, percent-encoded but for RFC 3986's unreserved
  /// characters.
  public static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        bytes.append(byte)
      default:
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func send(
    _ method: TransferRequest.Method, _ path: String, headers: [(String, String)],
    body: TransferRequest.Body, answerGrace: Duration = .zero
  ) async throws -> HTTPClientResponse {
    var headers = headers
    if let token { headers.append(("Authorization", "Bearer \(token)")) }
    let request = TransferRequest(
      method: method, url: baseURL + (path.hasPrefix("/") ? path : "/" + path), headers: headers,
      body: body, timeouts: timeouts, answerGrace: answerGrace)
    let cancellation = Cancellation()
    // libcurl's easy interface blocks: it has a thread for as long as the request lasts.
    let executor = ThreadExecutor(name: "http-client")
    return try await withTaskCancellationHandler {
      try await withTaskExecutorPreference(executor) {
        try Transfer(request, cancellation).perform()
      }
    } onCancel: {
      cancellation.cancel()
    }
  }
}

/// How long a client waits, in seconds.
public struct HTTPClientTimeouts: Sendable {
  /// For a connection.
  public var connect: Int
  /// For a whole request that is not an upload.
  public var request: Int
  /// For an upload, or a server that works on what it got, in which nothing moves.
  public var stall: Int

  /// Makes time-outs.
  public init(connect: Int = 10, request: Int = 60, stall: Int = 300) {
    self.connect = connect
    self.request = request
    self.stall = stall
  }
}
