import Glibc

/// An answer that is sent past libmicrohttpd, where that would not send it: while it reads a body, or
/// instead of an answer of its own. The connection must be closed behind it.
struct DirectAnswer {
  /// The header fields that are the server's own, so that a handler's are left out.
  private static let ownFields: Set<String> = [
    "content-length", "date", "transfer-encoding", "x-request-id", "x-content-type-options",
  ]

  /// The size of the body.
  let bodyBytes: Int64
  private let bytes: [UInt8]

  /// - Parameter response: its body is sent only if it is in memory.
  init(_ response: HTTPResponse, requestID: String) {
    var body: [UInt8] = []
    if case .bytes(let bytes) = response.body { body = bytes }
    var head = "HTTP/1.1 \(response.status) \(HTTPStatus.phrase(response.status))\r\n"
    head += "Date: \(HTTPDate.now())\r\nConnection: close\r\nContent-Length: \(body.count)\r\n"
    for (name, value) in Self.fields(response, requestID: requestID)
    where Self.isSafe(name + value) {
      head += "\(name): \(value)\r\n"
    }
    bodyBytes = Int64(body.count)
    bytes = Array((head + "\r\n").utf8) + body
  }

  /// The header fields of any answer, but for those that tell of its body and connection.
  static func fields(_ response: HTTPResponse, requestID: String) -> [(String, String)] {
    response.headers.fields.filter { !ownFields.contains($0.name.lowercased()) }
      .map { ($0.name, $0.value) } + [
        ("X-Request-ID", requestID), ("X-Content-Type-Options", "nosniff"),
      ]
  }

  /// Sends it without waiting; whether all of it was taken.
  ///
  /// Nothing of an answer was sent before, so the socket's buffer takes it; if not, the client gets a
  /// part of it and the end of the connection.
  func send(to fileDescriptor: Int32) -> Bool {
    Glibc.send(fileDescriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      == bytes.count
  }

  private static func isSafe(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 }
  }
}
