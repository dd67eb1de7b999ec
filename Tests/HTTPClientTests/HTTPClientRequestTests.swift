import HTTPClient
import Testing

@Suite("An HTTP client's requests")
struct HTTPClientRequestTests {
  @Test("carry method, path, query and token, and bring back status, header and body")
  func get() async throws {
    let head = Box("")
    let server = try ScriptedServer.answering(
      "404 Not Found", headers: ["X-Request-ID:  a b ", "Set-Cookie: 1", "Set-Cookie: 2"],
      body: "gone"
    ) { seen, _ in head.value = seen }
    defer { server.stop() }
    let client = HTTPClient(baseURL: server.url + "/", token: "secret")
    let answer = try await client.get("/imports" + HTTPClient.query([("target", "a.b c&d")]))
    #expect(answer.status == 404)
    #expect(answer.header("x-request-id") == "a b")
    #expect(answer.headers.filter { $0.name == "Set-Cookie" }.map(\.value) == ["1", "2"])
    #expect(answer.body == Array("gone".utf8))
    #expect(head.value.hasPrefix("GET /imports?target=a.b%20c%26d HTTP/1.1\r\n"))
    #expect(head.value.contains("\r\nAuthorization: Bearer secret\r\n"))
  }

  @Test("send no Authorization without a token")
  func noToken() async throws {
    let head = Box("")
    let server = try ScriptedServer.answering { seen, _ in head.value = seen }
    defer { server.stop() }
    _ = try await HTTPClient(baseURL: server.url, token: nil).delete("imports/7")
    #expect(head.value.hasPrefix("DELETE /imports/7 HTTP/1.1\r\n"))
    #expect(!head.value.contains("Authorization"))
  }

  @Test("post JSON with its length")
  func post() async throws {
    let seen = Box(("", [UInt8]()))
    let server = try ScriptedServer.answering("201 Created") { seen.value = ($0, $1) }
    defer { server.stop() }
    let json = Array(#"{"upload_id":"ü"}"#.utf8)
    let answer = try await HTTPClient(baseURL: server.url, token: nil)
      .post("/imports", json: json, headers: [("Idempotency-Key", "k 1"), ("X-Empty", "")])
    #expect(answer.status == 201)
    #expect(seen.value.0.hasPrefix("POST /imports HTTP/1.1\r\n"))
    #expect(seen.value.0.contains("\r\nContent-Type: application/json\r\n"))
    #expect(seen.value.0.contains("\r\nIdempotency-Key: k 1\r\n"))
    #expect(seen.value.0.contains("\r\nX-Empty:\r\n"))
    #expect(!seen.value.0.contains("Expect"))
    #expect(seen.value.1 == json)
  }

  @Test("do not follow a redirection")
  func redirect() async throws {
    let server = try ScriptedServer.answering("302 Found", headers: ["Location: /elsewhere"])
    defer { server.stop() }
    let answer = try await HTTPClient(baseURL: server.url, token: nil).get("/")
    #expect(answer.status == 302)
    #expect(answer.header("Location") == "/elsewhere")
  }

  @Test("run beside one another")
  func concurrent() async throws {
    let server = try ScriptedServer.answering(body: "x")
    defer { server.stop() }
    let client = HTTPClient(baseURL: server.url, token: nil)
    let total = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<16 { group.addTask { try await client.get("/").body.count } }
      return try await group.reduce(0, +)
    }
    #expect(total == 16)
  }

  @Test(
    "are refused before they are sent where a line end could forge a header",
    arguments: [
      ("/", "X-A", "b\r\nX-Forged: 1"), ("/", "X-A\n", "b"), ("/", "", "b"), ("/", "X:A", "b"),
      ("/a b", "X-A", "b"), ("/a\r\nX-Forged: 1", "X-A", "b"),
    ])
  func injection(path: String, name: String, value: String) async throws {
    let server = try ScriptedServer.answering()
    defer { server.stop() }
    let error = try await #require(throws: HTTPClientError.self) {
      try await HTTPClient(baseURL: server.url, token: nil).get(path, headers: [(name, value)])
    }
    #expect(error.code == .badRequest)
  }

  @Test("percent-encode all but the unreserved characters")
  func encoding() {
    #expect(HTTPClient.encoded("aZ09-._~/?&=+ %ü") == "aZ09-._~%2F%3F%26%3D%2B%20%25%C3%BC")
    #expect(HTTPClient.query([]) == "")
    #expect(HTTPClient.query([("a", "1"), ("b", "{}")]) == "?a=1&b=%7B%7D")
  }
}
