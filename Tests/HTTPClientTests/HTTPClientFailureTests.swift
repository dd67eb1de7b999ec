import Glibc
import HTTPClient
import Testing

@Suite("An HTTP client's failures")
struct HTTPClientFailureTests {
  private func failure(
    _ url: String, timeouts: HTTPClientTimeouts = .init()
  ) async throws -> HTTPClientError {
    try await #require(throws: HTTPClientError.self) {
      try await HTTPClient(baseURL: url, token: nil, timeouts: timeouts).get("/")
    }
  }

  @Test("are 'connect' where nobody listens")
  func refused() async throws {
    // Port 1 is reserved (tcpmux) and served nowhere; a port just closed could be taken again.
    let error = try await failure("http://127.0.0.1:1")
    #expect(error.code == .connect)
    #expect(!error.message.isEmpty)
  }

  @Test("are 'timeout' where no answer comes")
  func silent() async throws {
    let server = try ScriptedServer { _ = $0.drain() }
    defer { server.stop() }
    let error = try await failure(server.url, timeouts: .init(request: 1))
    #expect(error.code == .timeout)
  }

  @Test("are 'timeout' where an upload does not move")
  func stalled() async throws {
    let file = try TemporaryPath([1, 2, 3])
    let server = try ScriptedServer { connection in
      _ = connection.readHead()
      connection.send("HTTP/1.1 100 Continue\r\n\r\n")
      _ = connection.drain()
    }
    defer { server.stop() }
    let error = try await #require(throws: HTTPClientError.self) {
      try await HTTPClient(baseURL: server.url, token: nil, timeouts: .init(stall: 1))
        .upload("/", file: file.path, contentType: "text/csv")
    }
    #expect(error.code == .timeout)
  }

  @Test("are 'tls' where the server speaks no TLS")
  func noTLS() async throws {
    let server = try ScriptedServer { $0.answer("400 Bad Request") }
    defer { server.stop() }
    let error = try await failure("https://127.0.0.1:\(server.port)")
    #expect(error.code == .tls)
  }

  @Test(
    "are 'disconnected' where the server hangs up",
    arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
  func hangUp(answer: String) async throws {
    let server = try ScriptedServer { connection in
      _ = connection.readHead()
      connection.send(answer)
    }
    defer { server.stop() }
    #expect(try await failure(server.url).code == .disconnected)
  }

  @Test(
    "are 'bad_request' for other schemes and broken URLs",
    arguments: ["file:///etc", "http://[", "nonsense://x"])
  func badURL(url: String) async throws {
    #expect(try await failure(url).code == .badRequest)
  }

  @Test("are 'too_large' beyond the limit, and not at it")
  func tooLarge() async throws {
    let limit = HTTPClientResponse.bodyLimit
    let fits = try ScriptedServer.answering(body: String(repeating: "x", count: limit))
    defer { fits.stop() }
    let answer = try await HTTPClient(baseURL: fits.url, token: nil).get("/")
    #expect(answer.body.count == limit)
    let over = try ScriptedServer.answering(body: String(repeating: "x", count: limit + 1))
    defer { over.stop() }
    #expect(try await failure(over.url).code == .tooLarge)
  }

  @Test("are 'aborted' when the task is cancelled while the server thinks")
  func cancelledWaiting() async throws {
    let arrived = Box(false)
    let left = Box(false)
    let server = try ScriptedServer { connection in
      _ = connection.readHead()
      arrived.value = true
      _ = connection.drain()
      left.value = true
    }
    defer { server.stop() }
    let client = HTTPClient(baseURL: server.url, token: nil)
    let task = Task { try await client.get("/") }
    try await eventually { arrived.value }
    task.cancel()
    let error = try await #require(throws: HTTPClientError.self) { try await task.value }
    #expect(error.code == .aborted)
    try await eventually { left.value }
  }

  @Test("are 'aborted' when the task is cancelled while a pipe is silent")
  func cancelledReading() async throws {
    let pipe = try TemporaryPath.pipe()
    // Open for writing as well, so that the client's open does not wait and no end of file comes.
    let writer = open(pipe.path, O_RDWR)
    defer { close(writer) }
    let arrived = Box(false)
    let server = try ScriptedServer { connection in
      _ = connection.readHead()
      connection.send("HTTP/1.1 100 Continue\r\n\r\n")
      arrived.value = true
      _ = connection.drain()
    }
    defer { server.stop() }
    let client = HTTPClient(baseURL: server.url, token: nil)
    let task = Task { try await client.upload("/", file: pipe.path, contentType: "text/csv") }
    try await eventually { arrived.value }
    task.cancel()
    let error = try await #require(throws: HTTPClientError.self) { try await task.value }
    #expect(error.code == .aborted)
  }

  @Test("do not begin at all in a task that is cancelled already")
  func cancelledBefore() async throws {
    let server = try ScriptedServer.answering()
    defer { server.stop() }
    let client = HTTPClient(baseURL: server.url, token: nil)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await client.get("/")
    }
    let error = try await #require(throws: HTTPClientError.self) { try await task.value }
    #expect(error.code == .aborted)
  }
}
