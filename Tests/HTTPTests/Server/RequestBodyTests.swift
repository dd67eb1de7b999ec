import Glibc
import HTTP
import Synchronization
import Testing

@Suite("request bodies")
struct RequestBodyTests {
  private static let mib = 1024 * 1024

  private static func echo(_ router: inout HTTPRouter, maxBytes: Int64 = 1 << 40) {
    router.on(.post, "/echo", maxBodyBytes: maxBytes) { request in
      var all: [UInt8] = []
      for try await block in request.body { all += block }
      return HTTPResponse(body: .bytes(all))
    }
  }

  @Test("a body with a length arrives as it was sent", arguments: [0, 1, 4096, 300_000, 3_000_000])
  func knownLength(size: Int) async throws {
    let body = pattern(size)
    try await withServer {
      Self.echo(&$0)
    } _: { bench in
      let socket = try bench.connect()
      for _ in 0..<2 {
        try await socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
        try await socket.send(body)
        let response = try await socket.response()
        #expect(response.status == 200)
        #expect(response.body == body)
      }
    }
  }

  @Test("a chunked body arrives as it was sent", arguments: [1, 7, 1000, 70_000])
  func chunked(chunk: Int) async throws {
    let body = pattern(chunk * 40)
    try await withServer {
      Self.echo(&$0)
    } _: { bench in
      let socket = try bench.connect()
      for _ in 0..<2 {
        try await socket.send(
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in stride(from: 0, to: body.count, by: chunk) {
          try await socket.send("\(String(chunk, radix: 16))\r\n")
          try await socket.send(Array(body[start..<start + chunk]) + Array("\r\n".utf8))
        }
        try await socket.send("0\r\n\r\n")
        #expect(try await socket.response().body == body)
      }
    }
  }

  @Test("a handler that does not read holds the sender back; when it reads, everything arrives")
  func backpressure() async throws {
    let gate = Gate()
    let total = 64 * Self.mib
    try await withServer { router in
      router.on(.post, "/slow", maxBodyBytes: 1 << 40) { request in
        var count = try await request.body.next()?.count ?? 0
        await gate.wait()
        for try await block in request.body { count += block.count }
        return .text("\(count)")
      }
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: \(total)\r\n\r\n")
      let block = [UInt8](repeating: 0x61, count: Self.mib)
      var sent = 0
      var idle = 0
      while sent < total, idle < 100 {
        let count = try socket.write(block.prefix(total - sent))
        sent += count
        idle = count > 0 ? 0 : idle + 1
        try await Task.sleep(for: .milliseconds(1))
      }
      // What the kernel's socket buffers take comes on top of the server's 256 KiB.
      #expect(sent < total / 2)
      gate.open()
      while sent < total {
        let piece = block.prefix(total - sent)
        try await socket.send(Array(piece))
        sent += piece.count
      }
      #expect(try await socket.response().text == "\(total)")
    }
  }

  @Test(
    "a client that disappears in the midst of a body makes reading throw", arguments: [true, false])
  func disappears(chunked: Bool) async throws {
    let seen = Mutex<(any Error)?>(nil)
    let framing =
      chunked ? "Transfer-Encoding: chunked\r\n\r\n5\r\nab" : "Content-Length: 9\r\n\r\nab"
    try await withServer { router in
      router.on(.post, "/") { request in
        do {
          for try await _ in request.body {}
          return .text("whole")
        } catch {
          seen.withLock { $0 = error }
          throw error
        }
      }
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("POST / HTTP/1.1\r\nHost: a\r\n\(framing)")
      socket.close()
      #expect(await eventually { seen.withLock { $0 != nil } })
      #expect(seen.withLock { $0 } as? HTTPBodyError == .connectionClosed)
    }
  }

  @Test("a chunked body over the limit is 413 while it still comes in")
  func chunkedOverLimit() async throws {
    try await withServer {
      Self.echo(&$0, maxBytes: 100_000)
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
      let chunk = Array("10000\r\n".utf8) + pattern(65536) + Array("\r\n".utf8)
      for _ in 0..<200 {
        do { try await socket.send(chunk) } catch {
          // The server has closed; what matters is that its answer can still be read.
          break
        }
        if try socket.hasData() { break }
      }
      let response = try await socket.response()
      #expect(response.status == 413)
      let code = try response.object()["code"] as? String
      #expect(code == "too_large")
    }
  }

  @Test("the server's limit holds on routes that do not set their own")
  func defaultLimit() async throws {
    try await withServer { router in
      router.on(.post, "/") { request in
        let bytes = try await request.body.collect(upTo: .max)
        return .text("\(bytes.count)")
      }
    } configure: {
      $0.maxBodyBytes = 10
    } _: { bench in
      let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:"
      let within = try await bench.exchange("\(head) 10\r\n\r\n0123456789")
      let beyond = try await bench.exchange("\(head) 11\r\n\r\n0123456789a")
      #expect(within.text == "10")
      #expect(beyond.status == 413)
    }
  }

  @Test("a length over the limit is 413 before a byte of the body is asked for")
  func lengthOverLimit() async throws {
    try await withServer {
      Self.echo(&$0, maxBytes: 10)
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n")
      let response = try await socket.response()
      #expect(response.status == 413)
      #expect(try await socket.isClosed())
    }
  }

  @Test("100 Continue is sent when the handler asks for the body, and not before")
  func expectation() async throws {
    let gate = Gate()
    try await withServer { router in
      router.on(.post, "/") { request in
        await gate.wait()
        return HTTPResponse(body: .bytes(try await request.body.collect(upTo: 10)))
      }
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
      try await Task.sleep(for: .milliseconds(50))
      let early = try socket.hasData()
      #expect(!early)
      gate.open()
      #expect(try await socket.response().status == 100)
      try await socket.send("ab")
      #expect(try await socket.response().text == "ab")
    }
  }

  @Test(
    "an early refusal reaches curl, with and without Expect, before and during the body",
    arguments: ["Expect:", "Expect: 100-continue"], ["/before", "/during"])
  func earlyRefusal(expect: String, path: String) async throws {
    let file = try TemporaryFile(size: 64 * Self.mib)
    try await withServer { router in
      router.on(.post, "/before", maxBodyBytes: 1 << 40) { _ in
        throw Problem(status: 429, code: "queue_full", detail: "Full.")
      }
      router.on(.post, "/during", maxBodyBytes: 1 << 40) { request in
        _ = try await request.body.next()
        throw Problem(status: 422, code: "unknown_target", detail: "Unknown.")
      }
    } _: { bench in
      for transfer in ["Content-Type: a/b", "Transfer-Encoding: chunked"] {
        let (code, output) = try await curl([
          "-H", expect, "-H", transfer, "-w", "|%{http_code}", "-X", "POST",
          "-T", file.path, bench.url(path),
        ])
        #expect(code == 0, "\(output)")
        #expect(output.hasSuffix(path == "/before" ? "|429" : "|422"), "\(output)")
        #expect(output.contains(path == "/before" ? "queue_full" : "unknown_target"))
      }
    }
  }

  @Test(
    "an early refusal can be read by a client that first sends everything",
    arguments: ["/before", "/during"], ["Content-Length: 20971520", "Transfer-Encoding: chunked"])
  func lingering(path: String, framing: String) async throws {
    try await withServer { router in
      router.on(.post, "/before", maxBodyBytes: 1 << 40) { _ in throw Problem.notFound("None.") }
      router.on(.post, "/during", maxBodyBytes: 1 << 40) { request in
        _ = try await request.body.next()
        throw Problem.notFound("None.")
      }
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("POST \(path) HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
      let block = [UInt8](repeating: 0x61, count: Self.mib)
      let isChunked = framing.hasSuffix("chunked")
      for _ in 0..<20 {
        if isChunked { try await socket.send("100000\r\n") }
        try await socket.send(block)
        if isChunked { try await socket.send("\r\n") }
      }
      let response = try await socket.response()
      #expect(response.status == 404)
      #expect(response.isWhole)
      #expect(response["Connection"] == "close")
    }
  }

  @Test("a small body that nobody reads is dropped, and the connection goes on")
  func unreadBody() async throws {
    try await withServer { router in
      router.on(.post, "/") { _ in .text("done") }
    } _: { bench in
      let socket = try bench.connect()
      let body = String(repeating: "a", count: 500_000)
      for _ in 0..<3 {
        try await socket.send(
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        #expect(try await socket.response().text == "done")
      }
    }
  }

  @Test("collect refuses more than it was told to take")
  func collectLimit() async throws {
    try await withServer { router in
      router.on(.post, "/") { request in
        let bytes = try await request.body.collect(upTo: 3)
        return .text("\(bytes.count)")
      }
    } _: { bench in
      let head = "POST / HTTP/1.1\r\nHost: a\r\n"
      let chunks = "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"
      let within = try await bench.exchange("\(head)Content-Length: 3\r\n\r\nabc")
      let beyond = try await bench.exchange("\(head)Content-Length: 4\r\n\r\nabcd")
      let chunked = try await bench.exchange(head + chunks)
      #expect(within.text == "3")
      #expect(beyond.status == 413)
      #expect(chunked.status == 413)
    }
  }

  @Test(
    "a body whose chunks are broken is answered once, as any error is", arguments: [true, false])
  func brokenChunk(isFirst: Bool) async throws {
    try await withServer {
      Self.echo(&$0)
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
      if !isFirst { try await socket.send("3\r\nabc\r\n") }
      try await socket.send("zz\r\nabc\r\n0\r\n\r\n")
      let response = try await socket.response()
      #expect(response.status == 400)
      #expect(try response.object()["code"] as? String == "bad_request")
      #expect(try await socket.isClosed())
      #expect(await eventually { !bench.log.containing("\"status\":\"400\"").isEmpty })
    }
  }

  @Test("a body that makes no progress is answered 408, and the connection ends")
  func stalledBody() async throws {
    let seen = Mutex<(any Error)?>(nil)
    try await withServer { router in
      router.on(.post, "/") { request in
        do { return .text("\(try await request.body.collect(upTo: 100).count)") } catch {
          seen.withLock { $0 = error }
          throw error
        }
      }
    } configure: {
      $0.progressTimeout = .milliseconds(200)
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n")
      var sent = 0
      // One byte at a time is no progress.
      while await !isOver(socket), sent < 49 {
        sent += try socket.write([0x61])
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(await eventually { seen.withLock { $0 != nil } })
      #expect(seen.withLock { $0 } as? HTTPBodyError == .timeout)
      #expect(sent < 49)
      let response = try await socket.response()
      #expect(response.status == 408)
      #expect(response["Connection"] == "close")
      #expect(try response.object()["code"] as? String == "request_timeout")
      #expect(try await socket.isClosed())
    }

    func isOver(_ socket: TestSocket) async -> Bool {
      seen.withLock { $0 != nil }
    }
  }
}
