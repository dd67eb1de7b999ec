import HTTP
import Synchronization
import Telemetry
import Testing

@Suite("answers")
struct ResponseTests {
  private struct Secret: Error { let sql = "SELECT secret" }

  @Test("a problem is answered as problem+json with its code, hint, headers and the request's id")
  func problem() async throws {
    try await withServer { router in
      router.on(.get, "/") { _ in
        throw Problem(
          status: 429, code: "queue_full", detail: "The queue is full.", hint: "Wait.",
          headers: [("Retry-After", "7")], extra: ["waiting": .int(1000)])
      }
    } _: { bench in
      let response = try await bench.exchange(
        "GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: abc-1\r\n\r\n")
      let object = try response.object()
      #expect(response.status == 429)
      #expect(response["Content-Type"] == "application/problem+json")
      #expect(response["Retry-After"] == "7")
      #expect(response["X-Request-ID"] == "abc-1")
      #expect(object["type"] as? String == "about:blank")
      #expect(object["title"] as? String == "Too Many Requests")
      #expect(object["status"] as? Int == 429)
      #expect(object["detail"] as? String == "The queue is full.")
      #expect(object["code"] as? String == "queue_full")
      #expect(object["hint"] as? String == "Wait.")
      #expect(object["request_id"] as? String == "abc-1")
      #expect(object["waiting"] as? Int == 1000)
    }
  }

  @Test("any other error is a 500 that shows nothing of it, and is logged with the request's id")
  func internalError() async throws {
    try await withServer { router in
      router.on(.get, "/") { _ in throw Secret() }
    } _: { bench in
      let response = try await bench.get("/")
      let object = try response.object()
      #expect(response.status == 500)
      #expect(object["code"] as? String == "internal")
      #expect(!response.text.contains("Secret") && !response.text.contains("SELECT"))
      let id = try #require(object["request_id"] as? String)
      #expect(bench.log.containing(id).contains { $0.contains("Secret") && $0.contains("error") })
    }
  }

  @Test("a request id that is not sane is replaced", arguments: ["a b", "a\"b", "", "ä"])
  func badRequestID(id: String) async throws {
    try await withServer { router in
      router.on(.get, "/") { .text($0.id) }
    } _: { bench in
      let response = try await bench.exchange(
        "GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: \(id)\r\n\r\n")
      #expect(response.text.count == 16)
      #expect(response["X-Request-ID"] == response.text)
    }
  }

  @Test("answers carry a date and nosniff, and do not name the server")
  func commonHeaders() async throws {
    try await withServer { router in
      router.on(.get, "/") { _ in .text("a") }
    } _: { bench in
      let response = try await bench.get("/")
      #expect(response["Date"]?.hasSuffix("GMT") == true)
      #expect(response["X-Content-Type-Options"] == "nosniff")
      #expect(response["Server"] == nil)
    }
  }

  @Test("a line break in a header's value forges nothing")
  func headerInjection() async throws {
    try await withServer { router in
      router.on(.get, "/") { _ in
        HTTPResponse(headers: ["X-A": "b\r\nX-Evil: c", "X-B": "d"])
      }
    } _: { bench in
      let response = try await bench.get("/")
      #expect(response.status == 200)
      #expect(response["X-Evil"] == nil)
      #expect(response["X-B"] == "d")
    }
  }

  @Test("a streamed answer arrives in order, with and without a length", arguments: [true, false])
  func streamed(announced: Bool) async throws {
    let block = pattern(10_000)
    try await withServer { router in
      router.on(.get, "/") { _ in
        HTTPResponse(
          body: .stream(contentLength: announced ? 1_000_000 : nil) { writer in
            for _ in 0..<100 { try await writer.write(block) }
          })
      }
    } _: { bench in
      let socket = try bench.connect()
      for _ in 0..<2 {
        try await socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let response = try await socket.response()
        #expect(response.isWhole)
        #expect(response.body == (0..<100).flatMap { _ in block })
        #expect((response["Content-Length"] == "1000000") == announced)
      }
    }
  }

  @Test("what is written reaches the client at once")
  func liveStream() async throws {
    let gate = Gate()
    try await withServer { router in
      router.on(.get, "/") { _ in
        HTTPResponse(
          body: .stream(contentLength: nil) { writer in
            try await writer.write("first")
            await gate.wait()
            try await writer.write("second")
          })
      }
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await socket.head().status == 200)
      #expect(try await socket.bytes(10) == Array("5\r\nfirst\r\n".utf8))
      gate.open()
      #expect(try await socket.bytes(16) == Array("6\r\nsecond\r\n0\r\n\r\n".utf8))
    }
  }

  @Test("a slow reader holds the writer back, and gets everything")
  func slowReader() async throws {
    let written = Tally()
    let blocks = 512
    try await withServer { router in
      router.on(.get, "/") { _ in
        HTTPResponse(
          body: .stream(contentLength: nil) { writer in
            let block = [UInt8](repeating: 0x61, count: 65536)
            for _ in 0..<blocks {
              try await writer.write(block)
              written.add()
            }
          })
      }
    } _: { bench in
      let socket = try bench.connect(receiveBuffer: 65536)
      try await socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      var last = -1
      while written.count != last {
        last = written.count
        try await Task.sleep(for: .milliseconds(100))
      }
      #expect(written.count < blocks / 2)
      let response = try await socket.response()
      #expect(response.isWhole)
      #expect(response.body.count == blocks * 65536)
    }
  }

  @Test("an error in the midst of a streamed answer cuts it short", arguments: [true, false])
  func brokenStream(announced: Bool) async throws {
    try await withServer { router in
      router.on(.get, "/") { _ in
        HTTPResponse(
          body: .stream(contentLength: announced ? 1_000_000 : nil) { writer in
            try await writer.write([UInt8](repeating: 0x61, count: 1000))
            throw Secret()
          })
      }
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      let response = try await socket.response()
      #expect(response.status == 200)
      #expect(!response.isWhole)
      #expect(try await socket.isClosed())
      #expect(bench.log.containing("broke off").count == 1)
    }
  }

  @Test("an answer shorter or longer than announced never looks whole", arguments: [999, 1001])
  func wrongLength(size: Int) async throws {
    try await withServer { router in
      router.on(.get, "/") { _ in
        HTTPResponse(
          body: .stream(contentLength: 1000) { writer in
            try await writer.write([UInt8](repeating: 0x61, count: size))
          })
      }
    } _: { bench in
      let response = try await bench.get("/")
      #expect(!response.isWhole)
      let line = size < 1000 ? "an answer is shorter than announced" : "an answer broke off"
      #expect(await eventually { bench.log.containing(line).count == 1 })
    }
  }

  @Test("HEAD of a streamed answer does not run the stream")
  func headOfStream() async throws {
    let runs = Tally()
    try await withServer { router in
      router.on(.get, "/") { _ in HTTPResponse(body: .stream(contentLength: 5) { _ in runs.add() })
      }
    } _: { bench in
      let response = try await bench.exchange("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(response.status == 200)
      #expect(response["Content-Length"] == "5")
      #expect(runs.count == 0)
    }
  }

  @Test("each request is logged and counted by its route, never by its path")
  func accessLog() async throws {
    try await withServer { router in
      router.on(.get, "/imports/{id}") { _ in .text("four") }
      router.on(.get, "/healthz") { _ in .text("ok") }
    } _: { bench in
      _ = try await bench.get("/imports/secret-path")
      _ = try await bench.get("/healthz")
      _ = try await bench.get("/made-up")
      #expect(await eventually { bench.log.containing("\"route\"").count == 3 })
      let line = try #require(bench.log.containing("/imports/{id}").first)
      #expect(line.contains("\"level\":\"info\"") && line.contains("\"bytes\":\"4\""))
      #expect(line.contains("\"status\":\"200\"") && line.contains("\"method\":\"GET\""))
      #expect(bench.log.containing("/healthz").first?.contains("\"level\":\"debug\"") == true)
      let text = bench.metrics.render()
      #expect(
        text.contains(
          #"sluice_http_request_seconds_count{route="/imports/{id}",method="GET",status="200"} 1"#))
      #expect(
        text.contains(
          #"sluice_http_request_seconds_count{route="unmatched",method="GET",status="404"} 1"#))
      #expect(!text.contains("secret-path") && bench.log.containing("secret-path").isEmpty)
    }
  }
}
