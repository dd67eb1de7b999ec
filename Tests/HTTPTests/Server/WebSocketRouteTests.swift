import HTTP
import Testing

@Suite("WebSocket routes")
struct WebSocketRouteTests {
  private static func handshake(_ protocols: String = "") -> String {
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      + protocols + "\r\n"
  }

  private static func echo(_ router: inout HTTPRouter) {
    router.webSocket("/ws") { request in
      if request.query["token"] == "bad" {
        throw Problem(status: 401, code: "unauthenticated", detail: "No.")
      }
      let offers = request.headers.contains("sluice.a", in: "Sec-WebSocket-Protocol")
      return WebSocketAcceptance(subprotocol: offers ? "sluice.a" : nil)
    } _: { connection in
      for await text in connection.messages { connection.send("echo \(text)") }
    }
  }

  private static func frame(_ text: String) -> [UInt8] {
    let payload = Array(text.utf8)
    return [0x81, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload
  }

  @Test("a handshake is answered with 101, and bytes sent along with it are not lost")
  func upgrade() async throws {
    try await withServer {
      Self.echo(&$0)
    } _: { bench in
      let socket = try bench.connect()
      let offer = "Sec-WebSocket-Protocol: other, sluice.a\r\n"
      try await socket.send(Array(Self.handshake(offer).utf8) + Self.frame("early"))
      let response = try await socket.head()
      #expect(response.status == 101)
      #expect(response["Upgrade"] == "websocket")
      #expect(response["Connection"] == "Upgrade")
      #expect(response["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
      #expect(response["Sec-WebSocket-Protocol"] == "sluice.a")
      #expect(try await socket.bytes(12) == [0x81, 10] + Array("echo early".utf8))
      try await socket.send(Self.frame("late"))
      #expect(try await socket.bytes(11) == [0x81, 9] + Array("echo late".utf8))
      #expect(!bench.log.containing("\"status\":\"101\"").isEmpty)
    }
  }

  @Test("a WebSocket is one of the connections that a server takes, and one too many is told so")
  func tooMany() async throws {
    try await withServer {
      Self.echo(&$0)
    } configure: {
      $0.maxConnections = 1
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send(Self.handshake())
      #expect(try await socket.head().status == 101)
      let refused = try await bench.exchange(Self.handshake())
      #expect(refused.status == 503)
      #expect(try refused.object()["code"] as? String == "too_many_connections")
      #expect(refused["Retry-After"] == "5")
      try await socket.send(Self.frame("still"))
      #expect(try await socket.bytes(12) == [0x81, 10] + Array("echo still".utf8))
    }
  }

  @Test("a refused authorization is an ordinary answer")
  func refused() async throws {
    try await withServer {
      Self.echo(&$0)
    } _: { bench in
      let request = Self.handshake().replacing("/ws", with: "/ws?token=bad")
      let response = try await bench.exchange(request)
      #expect(response.status == 401)
      #expect(try response.object()["code"] as? String == "unauthenticated")
    }
  }

  @Test("a request that is no handshake is 426")
  func noHandshake() async throws {
    try await withServer {
      Self.echo(&$0)
    } _: { bench in
      let response = try await bench.get("/ws")
      #expect(response.status == 426)
      #expect(response["Sec-WebSocket-Version"] == "13")
    }
  }

  @Test("shutdown closes WebSockets with 1001")
  func shutdown() async throws {
    let bench = try ServerBench { Self.echo(&$0) }
    let socket = try bench.connect()
    try await socket.send(Self.handshake())
    #expect(try await socket.head().status == 101)
    async let ended: Void = bench.server.shutdown(grace: .seconds(10))
    #expect(try await socket.bytes(4).prefix(4) == [0x88, 2, 0x03, 0xE9])
    try await socket.send([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE9])
    await ended
    #expect(try await socket.isClosed())
  }
}
