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

  init(_ request: TransferRequest, _ cancellation: Cancellation) {
    self.request = request
    self.cancellation = cancellation
  }

  /// Sends the request and gives the answer; blocks.
  func perform() throws -> HTTPClientResponse {
    source = try makeSource()
    var handle = try CurlHandle()
    try setOptions(of: &handle)
    // libcurl calls back only while perform() runs, and self lives until it has returned.
    let context = Unmanaged.passUnretained(self).toOpaque()
    try TransferCallbacks.install(in: handle, context: context)
    let code = withExtendedLifetime(self) { handle.perform() }
    return try result(of: code, handle)
  }

  /// Tells how far it is, when that has changed.
  func report(sent: Int64) {
    guard case .file(_, let progress) = request.body, sent != lastSent else { return }
    lastSent = sent
    progress(sent, source?.size)
  }

  private func makeSource() throws -> (any UploadSource)? {
    switch request.body {
    case .none: nil
    case .bytes(let bytes): BytesSource(bytes)
    case .file(let path, _): try FileSource(path: path, cancellation: cancellation)
    }
  }

  private func setOptions(of handle: inout CurlHandle) throws {
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
    case .post: lines += try setBody(of: handle)
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
  private func setBody(of handle: borrowing CurlHandle) throws -> [String] {
    try handle.set(CURLOPT_POST, 1)
    try handle.set(CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10)
    let expect: String
    if case .file = request.body { expect = "Expect: 100-continue" } else { expect = "Expect:" }
    guard let size = source?.size else { return [expect, "Transfer-Encoding: chunked"] }
    try handle.set(CURLOPT_POSTFIELDSIZE_LARGE, size: size)
    return [expect]
  }

  private func result(
    of code: CURLcode, _ handle: borrowing CurlHandle
  ) throws -> HTTPClientResponse {
    if cancellation.isCancelled { throw HTTPClientError(.aborted, "The transfer was aborted") }
    if let fault { throw fault }
    // A server that refuses an upload may answer and hang up while we still send: the answer counts.
    let refused = handle.status >= 400 && answer.headersAreComplete
    let cutWhileSending = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR
    guard code == CURLE_OK || (refused && cutWhileSending) else {
      throw HTTPClientError(Self.kind(of: code), handle.explain(code))
    }
    report(sent: source?.sent ?? 0)
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
