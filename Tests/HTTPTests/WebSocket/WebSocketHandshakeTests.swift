import Testing

@testable import HTTP

@Suite("the opening handshake of a WebSocket")
struct WebSocketHandshakeTests {
  private static let valid: HTTPHeaders = [
    "Host": "localhost", "Upgrade": "websocket", "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
  ]

  private func handshake(
    method: HTTPMethod = .get, version: String = "HTTP/1.1", _ headers: HTTPHeaders = Self.valid
  ) throws(Problem) -> WebSocketHandshake {
    try WebSocketHandshake(
      request: HTTPRequest(method: method, path: "/ws", headers: headers), version: version)
  }

  private func problem(_ body: () throws(Problem) -> WebSocketHandshake) -> Problem? {
    do {
      _ = try body()
      return nil
    } catch {
      return error
    }
  }

  @Test("the key of RFC 6455 gives the accept value of RFC 6455")
  func vector() throws {
    let handshake = try handshake()
    #expect(handshake.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(handshake.subprotocols.isEmpty)
  }

  @Test("offered subprotocols are given in order, over several fields")
  func subprotocols() throws {
    var headers = Self.valid
    headers.add("Sec-WebSocket-Protocol", "sluice.token.abc, chat")
    headers.add("sec-websocket-protocol", "superchat")
    #expect(try handshake(headers).subprotocols == ["sluice.token.abc", "chat", "superchat"])
  }

  @Test("names and tokens are compared without case")
  func ignoresCase() throws {
    var headers = Self.valid
    headers["upgrade"] = "WebSocket"
    headers["connection"] = "UPGRADE"
    #expect(try handshake(headers).accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test("another version is answered 426 with ours", arguments: ["8", "13, 8", "", nil])
  func version(_ version: String?) {
    var headers = Self.valid
    headers["Sec-WebSocket-Version"] = version
    let problem = problem { () throws(Problem) in try handshake(headers) }
    #expect(problem?.status == 426)
    #expect(problem?.headers.contains { $0 == ("Sec-WebSocket-Version", "13") } == true)
  }

  @Test("a request that is no upgrade is answered 426", arguments: ["Upgrade", "Connection"])
  func noUpgrade(field: String) {
    var headers = Self.valid
    headers[field] = nil
    #expect(problem { () throws(Problem) in try handshake(headers) }?.status == 426)
  }

  @Test(
    "a key that is not 16 bytes in base64 is answered 400",
    arguments: [
      nil, "", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZXh4",
      "dGhlIHNhbXBsZSBub25j=Q==", "dGhlIHNhbXBsZSBub25 ZQ==", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
    ])
  func badKey(_ key: String?) {
    var headers = Self.valid
    headers["Sec-WebSocket-Key"] = key
    #expect(problem { () throws(Problem) in try handshake(headers) }?.status == 400)
  }

  @Test("two keys are answered 400")
  func twoKeys() {
    var headers = Self.valid
    headers.add("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
    #expect(problem { () throws(Problem) in try handshake(headers) }?.status == 400)
  }

  @Test("another method or protocol is answered 400")
  func methodAndProtocol() {
    #expect(problem { () throws(Problem) in try handshake(method: .post) }?.status == 400)
    #expect(problem { () throws(Problem) in try handshake(version: "HTTP/1.0") }?.status == 400)
  }
}
