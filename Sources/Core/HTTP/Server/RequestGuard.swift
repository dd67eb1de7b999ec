/// Refuses requests whose framing or addressing cannot be trusted, before anything is done for them.
///
/// libmicrohttpd accepts some that two programs may understand in two ways (request smuggling).
/// Source: RFC 9112, sections 3.2, 5.1, 6.1 and 6.3.
struct RequestGuard: Sendable {
  /// A request that is refused.
  struct Refusal: Error {
    let problem: Problem
    /// Whether the connection must be closed because what follows cannot be told apart.
    var closes = true
  }

  /// A request that may pass.
  struct Passed {
    let method: HTTPMethod
    let target: RequestTarget
    var plan: UploadPlan
  }

  let maxHeaderBytes: Int
  let allowedHosts: Set<String>?

  init(configuration: HTTPServerConfiguration) {
    maxHeaderBytes = configuration.maxHeaderBytes
    allowedHosts = configuration.allowedHosts.map { Set($0.map { $0.lowercased() }) }
  }

  func check(_ head: RequestHead) throws(Refusal) -> Passed {
    try checkSize(head)
    try checkFields(head.headers)
    guard head.version == "HTTP/1.1" || head.version == "HTTP/1.0" else {
      throw Self.malformed("The protocol must be HTTP/1.1 or HTTP/1.0.")
    }
    var plan = UploadPlan()
    plan.length = try length(head)
    guard let method = HTTPMethod(rawValue: head.method) else {
      throw Refusal(
        problem: Problem(
          status: 501, code: "not_implemented", detail: "The method is not known here."))
    }
    let target: RequestTarget
    do { target = try RequestTarget(head.target, method: method) } catch {
      throw Refusal(problem: error)
    }
    try checkHost(head, authority: target.authority)
    plan.expectsContinue = try expectsContinue(head) && plan.length != .none
    return Passed(method: method, target: target, plan: plan)
  }

  private func checkSize(_ head: RequestHead) throws(Refusal) {
    guard head.size <= maxHeaderBytes else {
      throw Refusal(
        problem: Problem(
          status: 431, code: "headers_too_large",
          detail: "The request's head is larger than \(maxHeaderBytes) bytes."))
    }
  }

  private func checkFields(_ headers: HTTPHeaders) throws(Refusal) {
    for field in headers.fields {
      guard !field.name.isEmpty, field.name.utf8.allSatisfy(\.isTokenByte) else {
        throw Self.malformed("A header field's name is not valid.")
      }
      guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        throw Self.malformed("A header field's value holds a control character.")
      }
    }
  }

  private func length(_ head: RequestHead) throws(Refusal) -> UploadPlan.Length {
    let codings = head.headers.values("Transfer-Encoding")
    let lengths = head.headers.values("Content-Length")
    if !codings.isEmpty {
      guard lengths.isEmpty else {
        throw Self.malformed("Transfer-Encoding and Content-Length exclude each other.")
      }
      guard codings.count == 1, codings[0].equalsIgnoringASCIICase("chunked"),
        head.version == "HTTP/1.1"
      else { throw Self.malformed("The only Transfer-Encoding understood here is chunked.") }
      return .unknown
    }
    guard lengths.count <= 1 else { throw Self.malformed("Content-Length stands more than once.") }
    guard let text = lengths.first else { return .none }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int64(text) else {
      throw Self.malformed("Content-Length is not a number of bytes.")
    }
    return length == 0 ? .none : .known(length)
  }

  private func checkHost(_ head: RequestHead, authority: String?) throws(Refusal) {
    let hosts = head.headers.values("Host")
    guard hosts.count == 1 || (hosts.isEmpty && head.version == "HTTP/1.0") else {
      throw Self.malformed("There must be one Host header.")
    }
    // Only HTTP/1.0 comes here without: no browser speaks it, so that no page can rebind a name.
    guard let host = authority ?? hosts.first else { return }
    guard host.utf8.allSatisfy(Self.isHostByte) else {
      throw Self.malformed("The host is not valid.")
    }
    guard let allowedHosts else { return }
    guard allowedHosts.contains(Self.name(of: host)) else {
      throw Refusal(
        problem: Problem(
          status: 403, code: "forbidden", detail: "The service does not answer to this host name.",
          hint: "Use the address that the service was started with."))
    }
  }

  private func expectsContinue(_ head: RequestHead) throws(Refusal) -> Bool {
    guard let expectation = head.headers["Expect"] else { return false }
    guard expectation.equalsIgnoringASCIICase("100-continue") else {
      throw Refusal(
        problem: Problem(
          status: 417, code: "bad_request", detail: "The only expectation met is 100-continue."))
    }
    return head.version == "HTTP/1.1"
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    // Registered names, IPv4 and bracketed IPv6, and a port: no user info, path or space.
    byte.isTokenByte || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "[")
      || byte == UInt8(ascii: "]")
  }

  /// The host in small letters, without port and without the dot of a full name.
  static func name(of host: String) -> String {
    var name = host.lowercased()
    if name.hasPrefix("["), let end = name.firstIndex(of: "]") {
      return String(name[...end])
    }
    if let colon = name.firstIndex(of: ":") { name = String(name[..<colon]) }
    if name.hasSuffix(".") { name.removeLast() }
    return name
  }

  private static func malformed(_ detail: String) -> Refusal {
    Refusal(problem: .badRequest(detail))
  }
}
