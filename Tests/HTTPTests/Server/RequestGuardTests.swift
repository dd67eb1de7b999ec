import HTTP
import Testing

@Suite("guards on a request's head")
struct RequestGuardTests {
  private static let refused: [(name: String, head: String, status: Int)] = [
    ("length and chunked", "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
    ("another coding", "Host: a\r\nTransfer-Encoding: gzip\r\n", 400),
    ("two codings", "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", 400),
    (
      "chunked twice", "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      400
    ),
    ("two lengths", "Host: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n", 400),
    ("no host", "X-A: b\r\n", 400),
    ("two hosts", "Host: a\r\nHost: a\r\n", 400),
    ("a host with a path", "Host: a/b\r\n", 400),
    ("a name with a space", "Host: a\r\nContent-Length : 5\r\n", 400),
    ("a control character", "Host: a\r\nX-A: b\u{1}c\r\n", 400),
    ("another expectation", "Host: a\r\nExpect: tea\r\n", 417),
    ("a large head", "Host: a\r\nX-A: \(String(repeating: "b", count: 40_000))\r\n", 431),
    ("another host", "Host: evil.example\r\n", 403),
  ]

  @Test("a head that cannot be trusted is refused and the connection closed", arguments: refused)
  func refuses(name: String, head: String, status: Int) async throws {
    try await withServer { router in
      router.on(.post, "/") { _ in .text("passed") }
    } configure: {
      $0.allowedHosts = ["a", "127.0.0.1"]
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("POST / HTTP/1.1\r\n\(head)\r\n")
      let response = try await socket.response()
      #expect(response.status == status)
      #expect(response["Content-Type"] == "application/problem+json")
      #expect(response["Connection"] == "close")
      #expect(try await socket.isClosed())
    }
  }

  @Test(
    "a length that is no number never reaches a handler, and is answered once, as any error is",
    arguments: ["", "x", "-1", "+5", "5,5", "3, 3", "0x5", "5 5", "99999999999999999999999"])
  func badLengths(length: String) async throws {
    let calls = Tally()
    try await withServer { router in
      router.on(.post, "/") { _ in
        calls.add()
        return .text("passed")
      }
    } _: { bench in
      // Others are about, idle or with half a head: the answer is not theirs.
      let half = try bench.connect()
      try await half.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1")
      let idle = try bench.connect()
      let socket = try bench.connect()
      try await socket.send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\nabc")
      let response = try await socket.response()
      let isLarge = length.hasPrefix("9")
      #expect(response.status == (isLarge ? 413 : 400))
      #expect(response["Content-Type"] == "application/problem+json")
      #expect(try response.object()["code"] as? String == (isLarge ? "too_large" : "bad_request"))
      #expect(try await socket.isClosed())
      #expect(calls.count == 0)
      try await half.send("\r\n\r\na")
      #expect(try await half.response().text == "passed")
      try await idle.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
      #expect(try await idle.response().text == "passed")
      #expect(
        await eventually { !bench.log.containing("\"status\":\"\(response.status)\"").isEmpty })
    }
  }

  @Test("a bad length on a connection that has served before is answered once, too")
  func badLengthLater() async throws {
    try await withServer { router in
      router.on(.post, "/") { _ in .text("passed") }
    } _: { bench in
      let socket = try bench.connect()
      let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:"
      try await socket.send("\(head) 0\r\n\r\n\(head) -3\r\n\r\n")
      #expect(try await socket.response().text == "passed")
      let response = try await socket.response()
      #expect(response.status == 400)
      #expect(try response.object()["code"] as? String == "bad_request")
      #expect(try await socket.isClosed())
    }
  }

  @Test("an unknown method is 501")
  func unknownMethod() async throws {
    try await withServer { _ in
    } _: { bench in
      let response = try await bench.exchange("BREW / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(response.status == 501)
    }
  }

  @Test("HTTP/1.0 needs no host and ends its connection")
  func oldProtocol() async throws {
    try await withServer { router in
      router.on(.get, "/") { _ in .text("old") }
    } configure: {
      $0.allowedHosts = ["localhost"]
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("GET / HTTP/1.0\r\n\r\n")
      #expect(try await socket.response().text == "old")
      #expect(try await socket.isClosed())
    }
  }

  @Test(
    "the allowed hosts are met with and without port, in any case",
    arguments: ["LocalHost", "localhost:8080", "localhost.", "127.0.0.1:1", "[::1]:8080"])
  func allowedHosts(host: String) async throws {
    try await withServer { router in
      router.on(.get, "/") { _ in .text("in") }
    } configure: {
      $0.allowedHosts = ["localhost", "127.0.0.1", "[::1]"]
    } _: { bench in
      let response = try await bench.exchange("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
      #expect(response.status == 200)
    }
  }
}
