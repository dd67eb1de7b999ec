import HTTP
import Testing

@Suite("routing")
struct RoutingTests {
  private func routes(_ router: inout HTTPRouter) {
    router.on(.get, "/") { _ in .text("root") }
    router.on(.get, "/imports/{id}/errors") { .text("errors of \($0.parameters["id"] ?? "?")") }
    router.on(.get, "/imports/stats") { _ in .text("stats") }
    router.on(.get, "/imports/{id}") { request in
      .text("\(request.path)|\(request.parameters["id"] ?? "?")|\(request.method.rawValue)")
    }
    router.on(.delete, "/imports/{id}") { _ in HTTPResponse(status: 204) }
    router.on(.get, "/query") { request in
      .text(request.query.pairs.map { "\($0.name)=\($0.value)" }.joined(separator: ";"))
    }
  }

  @Test(
    "a path leads to its route",
    arguments: [
      ("/", "root"), ("/imports/7/errors", "errors of 7"), ("/imports/stats", "stats"),
      ("/imports/stats/errors", "errors of stats"), ("/imports/7", "/imports/7|7|GET"),
      ("/imports/a%2Fb", "/imports/a/b|a/b|GET"), ("/imports/%C3%A4+1", "/imports/ä+1|ä+1|GET"),
      ("/imports/stat%73", "stats"), ("http://test/imports/stats", "stats"),
      ("/query?a=1&b&a=%20x+y&=z", "a=1;b=;a= x y;=z"),
    ])
  func finds(path: String, text: String) async throws {
    try await withServer(routes) { bench in
      let response = try await bench.get(path)
      #expect(response.status == 200)
      #expect(response.text == text)
    }
  }

  @Test(
    "a path without a route is 404 as problem+json",
    arguments: ["/nothing", "/imports", "/imports/", "/imports/7/", "/imports/7/errors/x", "//"])
  func notFound(path: String) async throws {
    try await withServer(routes) { bench in
      let response = try await bench.get(path)
      #expect(response.status == 404)
      #expect(response["Content-Type"] == "application/problem+json")
      #expect(try response.object()["code"] as? String == "not_found")
    }
  }

  @Test("a method that a path does not know is 405 with Allow")
  func notAllowed() async throws {
    try await withServer(routes) { bench in
      let response = try await bench.exchange("PUT /imports/7 HTTP/1.1\r\nHost: test\r\n\r\n")
      #expect(response.status == 405)
      #expect(response["Allow"] == "DELETE, GET, HEAD, OPTIONS")
      #expect(try response.object()["code"] as? String == "method_not_allowed")
    }
  }

  @Test("OPTIONS is answered with what a path allows", arguments: ["/imports/7", "*"])
  func options(target: String) async throws {
    try await withServer(routes) { bench in
      let response = try await bench.exchange("OPTIONS \(target) HTTP/1.1\r\nHost: test\r\n\r\n")
      #expect(response.status == 204)
      #expect(response["Allow"]?.contains("DELETE, GET, HEAD, OPTIONS") == true)
    }
  }

  @Test("HEAD gets what GET gets, without the body, and the connection goes on")
  func head() async throws {
    try await withServer(routes) { bench in
      let socket = try bench.connect()
      try await socket.send("HEAD /imports/stats HTTP/1.1\r\nHost: test\r\n\r\n")
      let head = try await socket.response(isHead: true)
      #expect(head.status == 200)
      #expect(head["Content-Length"] == "5")
      try await socket.send("GET /imports/stats HTTP/1.1\r\nHost: test\r\n\r\n")
      #expect(try await socket.response().text == "stats")
    }
  }

  @Test(
    "malformed percent-encoding, NUL and bytes that are not UTF-8 are 400",
    arguments: [
      "/imports/%", "/imports/%4", "/imports/%zz", "/imports/a%00b", "/imports/%ff",
      "/query?a=%", "/query?a=%00", "/query?%ff=1", "imports", "*",
    ])
  func badTargets(target: String) async throws {
    try await withServer(routes) { bench in
      let response = try await bench.get(target)
      #expect(response.status == 400)
      #expect(try response.object()["code"] as? String == "bad_request")
    }
  }

  @Test("several requests in one packet are answered one after the other")
  func pipelining() async throws {
    try await withServer(routes) { bench in
      let socket = try bench.connect()
      let request = "GET /imports/stats HTTP/1.1\r\nHost: test\r\n\r\n"
      try await socket.send(request + request + request)
      for _ in 0..<3 { #expect(try await socket.response().text == "stats") }
    }
  }
}
