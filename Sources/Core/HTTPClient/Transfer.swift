internal import CCurl

/// One request from its options to its response, on a thread that may block.
final class Transfer {
  private let request: TransferRequest
  let cancellation: Cancellation
  /// What is sent; nil where the request has no body.
  private(set) var source: (any UploadSource)?
  /// What has come of the answer.
  var answer = ResponseParser()
  /// The first fault that a callback met: libcurl only learns that there was one.
  var fault: HTTPClientError?
  private var lastSent: Int64 = -1
  private var cancelledAt: ContinuousClock.Instant?

  init(_ request: TransferRequest, _ cancellation: Cancellation) {
    self.request = request
    self.cancellation = cancellation
  }

  /// Sends the request and gives the answer; blocks.
  func perform() throws -> HTTPClientResponse {
    source = try makeSource()
    let response = try attempt(asksFirst: true)
    guard response.status == 417, let source, source.rewind() else { return response }
    // Expectation Failed: the server, or a proxy, wants no question but the body (RFC 9110, 10.1.1).
    answer = ResponseParser()
    return try attempt(asksFirst: false)
  }

  private func attempt(asksFirst: Bool) throws -> HTTPClientResponse {
    var handle = try CurlHandle()
    try setOptions(of: &handle, asksFirst: asksFirst)
    // libcurl calls back only while perform() runs, and self lives until it has returned.
    let context = Unmanaged.passUnretained(self).toOpaque()
    try TransferCallbacks.install(in: handle, context: context)
    let code = withExtendedLifetime(self) { handle.perform() }
    return try result(of: code, handle)
  }

  /// Whether to break off: not at once where only the answer is missing, which may tell of something done.
  var shouldAbort: Bool {
    guard cancellation.isCancelled else { return false }
    guard let source, source.isAtEnd else { return true }
    let now = ContinuousClock.now
    let since = cancelledAt ?? now
    cancelledAt = since
    return now - since >= request.answerGrace
  }

  /// Tells how far it is, when that has changed.
  func report() {
    guard case .file(_, let progress) = request.body, let source, source.sent != lastSent else {
      return
    }
    // Not libcurl's own number, which counts the frame of a chunked body as well.
    lastSent = source.sent
    progress(source.sent, source.size)
  }

  private func makeSource() throws -> (any UploadSource)? {
    switch request.body {
    case .none: nil
    case .bytes(let bytes): BytesSource(bytes)
    case .file(let path, _): try FileSource(path: path, cancellation: cancellation)
    }
  }

  private func setOptions(of handle: inout CurlHandle, asksFirst: Bool) throws {
    try handle.set(CURLOPT_URL, request.checkedURL())
    try handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
    try handle.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    try handle.set(CURLOPT_USERAGENT, "sluice")
    // Signals would reach whatever thread of the process they like.
    try handle.set(CURLOPT_NOSIGNAL, 1)
    try handle.set(CURLOPT_NOPROGRESS, 0)
    try handle.set(CURLOPT_CONNECTTIMEOUT, request.timeouts.connect)
    if request.isLoopback { try handle.set(CURLOPT_NOPROXY, "*") }
    var lines = try request.headerLines()
    switch request.method {
    case .get: try handle.set(CURLOPT_HTTPGET, 1)
    case .delete: try handle.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    case .post: lines += try setBody(of: handle, asksFirst: asksFirst)
    }
    if case .file = request.body {
      try handle.set(CURLOPT_LOW_SPEED_LIMIT, 1)
      try handle.set(CURLOPT_LOW_SPEED_TIME, request.timeouts.stall)
    } else {
      try handle.set(CURLOPT_TIMEOUT, request.timeouts.request)
    }
    try handle.setHeaders(lines)
  }

  /// Announces the body, and gives the header lines that go with it.
  private func setBody(of handle: borrowing CurlHandle, asksFirst: Bool) throws -> [String] {
    try handle.set(CURLOPT_POST, 1)
    try handle.set(CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10)
    var lines: [String] = []
    if let size = source?.size {
      try handle.set(CURLOPT_POSTFIELDSIZE_LARGE, size: size)
    } else {
      lines.append("Transfer-Encoding: chunked")
    }
    // Above 1 MiB and for an unknown length libcurl asks by itself, unless it is told not to.
    if case .file = request.body, asksFirst { return lines }
    lines.append("Expect:")
    return lines
  }

  private func result(
    of code: CURLcode, _ handle: borrowing CurlHandle
  ) throws -> HTTPClientResponse {
    if let fault { throw fault }
    if code == CURLE_ABORTED_BY_CALLBACK {
      let message = "The transfer was aborted"
      throw HTTPClientError(source?.isAtEnd == true ? .unanswered : .aborted, message)
    }
    // A server that refuses an upload may answer and hang up while we still send: the answer counts.
    let refused = handle.status >= 400 && answer.headersAreComplete
    let cutWhileSending = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR
    guard code == CURLE_OK || (refused && cutWhileSending) else {
      throw HTTPClientError(Self.kind(of: code), handle.explain(code))
    }
    report()
    return HTTPClientResponse(status: handle.status, headers: answer.headers, body: answer.body)
  }

  private static func kind(of code: CURLcode) -> HTTPClientError.Code {
    switch code {
    case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .connect
    case CURLE_OPERATION_TIMEDOUT: .timeout
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_USE_SSL_FAILED:
      .tls
    case CURLE_ABORTED_BY_CALLBACK: .aborted
    case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: .disconnected
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .badRequest
    default: .transfer
    }
  }
}
