/// One request, as it goes to libcurl.
struct TransferRequest: Sendable {
  enum Method: String {
    case get = "GET"
    case post = "POST"
    case delete = "DELETE"
  }

  enum Body: Sendable {
    case none
    case bytes([UInt8])
    case file(path: String, progress: @Sendable (Int64, Int64?) -> Void)
  }

  let method: Method
  let url: String
  let headers: [(String, String)]
  let body: Body
  let timeouts: HTTPClientTimeouts
  /// How long to wait for the answer when the wait is cancelled after all of the body was sent.
  var answerGrace: Duration = .zero

  /// The URL, if it is one line of visible characters; the rest is for libcurl to judge.
  func checkedURL() throws -> String {
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw HTTPClientError(.badRequest, "The URL has characters that are not percent-encoded")
    }
    return url
  }

  /// The lines of the header, checked: a line end in a value would make lines of its own.
  func headerLines() throws -> [String] {
    try headers.map { name, value in
      let nameIsFine =
        !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }
      let valueIsFine = value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
      guard nameIsFine, valueIsFine else {
        throw HTTPClientError(.badRequest, "A header field has characters that are not allowed")
      }
      // To libcurl, a name and a colon alone mean that the field is left out.
      return value.isEmpty ? "\(name);" : "\(name): \(value)"
    }
  }

  /// Whether the server is this very machine, which no proxy could reach.
  var isLoopback: Bool {
    guard let start = url.firstRange(of: "://")?.upperBound else { return false }
    let authority = url[start...].prefix { $0 != "/" && $0 != "?" }
    let host =
      authority.hasPrefix("[") ? authority.prefix { $0 != "]" } : authority.prefix { $0 != ":" }
    return host == "localhost" || host.hasPrefix("127.") || host == "[::1"
  }
}
