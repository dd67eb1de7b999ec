import HTTP
import Synchronization
import Telemetry
import Testing

@Suite("connections and the server's life")
struct ServerLifecycleTests {
  @Test("a client that goes away cancels its handler", arguments: [true, false])
  func disconnectCancels(reset: Bool) async throws {
    let started = Tally()
    let cancelled = Tally()
    try await withServer { router in
      router.on(.get, "/") { _ in
        started.add()
        do { try await Task.sleep(for: .seconds(60)) } catch {
          cancelled.add()
          throw error
        }
        return .text("late")
      }
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await eventually { started.count == 1 })
      if reset { socket.reset() } else { socket.close() }
      #expect(await eventually { cancelled.count == 1 })
      #expect(await eventually { !bench.log.containing("\"status\":\"499\"").isEmpty })
    }
  }

  @Test("a client that goes away makes the writer of its stream throw")
  func disconnectEndsStream() async throws {
    let thrown = Tally()
    try await withServer { router in
      router.on(.get, "/") { _ in
        HTTPResponse(
          body: .stream(contentLength: nil) { writer in
            do {
              try await writer.write("first")
              while true {
                try await Task.sleep(for: .milliseconds(5))
                try await writer.write("more")
              }
            } catch {
              thrown.add()
              throw error
            }
          })
      }
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await socket.head().status == 200)
      socket.close()
      #expect(await eventually { thrown.count == 1 })
    }
  }

  @Test("a client that only ends its sending still gets the answer of a handler that gives one")
  func halfClose() async throws {
    try await withServer { router in
      router.on(.post, "/") { request in
        .text(String(decoding: try await request.body.collect(upTo: 10), as: UTF8.self))
      }
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
      socket.finishSending()
      #expect(try await socket.response().text == "ab")
    }
  }

  @Test("shutdown waits for the request that runs, and ends when it has its answer")
  func shutdownWaits() async throws {
    let gate = Gate()
    let started = Tally()
    let bench = try ServerBench { router in
      router.on(.get, "/") { _ in
        started.add()
        await gate.wait()
        return .text("done")
      }
    }
    let socket = try bench.connect()
    let idle = try bench.connect()
    try await socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(await eventually { started.count == 1 })
    let ended = Tally()
    async let shutdown: Void = {
      await bench.server.shutdown(grace: .seconds(30))
      ended.add()
    }()
    #expect(try await idle.isClosed())
    #expect(ended.count == 0)
    #expect(bench.refusesConnections)
    gate.open()
    let response = try await socket.response()
    #expect(response.text == "done")
    #expect(response["Connection"] == "close")
    await shutdown
    #expect(ended.count == 1)
  }

  @Test(
    "shutdown ends requests that outlast the grace; who still sends is told why",
    arguments: ["/body", "/answer", "/nothing"])
  func shutdownAborts(path: String) async throws {
    let started = Tally()
    let bench = try ServerBench { router in
      router.on(.post, "/body") { request in
        started.add()
        for try await _ in request.body {}
        return .text("done")
      }
      router.on(.post, "/answer") { _ in
        HTTPResponse(
          body: .stream(contentLength: nil) { writer in
            try await writer.write("first")
            started.add()
            try await Task.sleep(for: .seconds(60))
          })
      }
      router.on(.post, "/nothing") { _ in
        started.add()
        try await Task.sleep(for: .seconds(60))
        return .text("late")
      }
    }
    let socket = try bench.connect()
    let length = path == "/body" ? 5 : 0
    try await socket.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n")
    #expect(await eventually { started.count == 1 })
    let began = ContinuousClock.now
    await bench.server.shutdown(grace: .milliseconds(100))
    #expect(ContinuousClock.now - began < .seconds(30))
    switch path {
    case "/answer": #expect(try await !socket.response().isWhole)
    case "/body":
      let response = try await socket.response()
      #expect(response.status == 503)
      #expect(try response.object()["code"] as? String == "shutting_down")
      #expect(response["Retry-After"] != nil)
    default: break
    }
    #expect(try await socket.isClosed())
  }

  @Test("a handler that heeds no end does not hold up the server, and may answer when that is gone")
  func answersTooLate() async throws {
    let gate = Gate()
    let started = Tally()
    let ended = Tally()
    let socket: TestSocket
    do {
      let bench = try ServerBench { router in
        router.on(.get, "/") { _ in
          started.add()
          await gate.wait()
          ended.add()
          return .text("late")
        }
      }
      socket = try bench.connect()
      try await socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await eventually { started.count == 1 })
      await bench.server.shutdown(grace: .zero)
    }
    #expect(try await socket.isClosed())
    gate.open()
    #expect(await eventually { ended.count == 1 })
  }

  @Test("answers given while the server drains end their connections")
  func drains() async throws {
    let gate = Gate()
    let started = Tally()
    let bench = try ServerBench { router in
      router.on(.get, "/") { _ in
        started.add()
        await gate.wait()
        return .text("done")
      }
    }
    let socket = try bench.connect()
    try await socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(await eventually { started.count == 1 })
    let half = try bench.connect()
    try await half.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(await eventually { started.count == 2 })
    async let shutdown: Void = bench.server.shutdown(grace: .seconds(30))
    #expect(await eventually { bench.refusesConnections })
    gate.open()
    #expect(try await socket.response()["Connection"] == "close")
    #expect(try await half.response()["Connection"] == "close")
    await shutdown
  }

  @Test("a server can be shut down twice, and without having started")
  func shutdownTwice() async throws {
    let bench = try ServerBench { _ in }
    await bench.server.shutdown(grace: .zero)
    await bench.server.shutdown(grace: .zero)
    #expect(throws: HTTPServerError.self) { try bench.server.start() }
    let other = HTTPServer(
      configuration: HTTPServerConfiguration(), router: HTTPRouter(),
      logger: Logger(level: .error, format: .text), metrics: Metrics())
    await other.shutdown(grace: .zero)
  }

  @Test("starting and stopping under load ends cleanly each time")
  func startStop() async throws {
    for _ in 0..<20 {
      let bench = try ServerBench { router in
        router.on(.get, "/") { _ in .text("a") }
        router.on(.post, "/") { .text("\(try await $0.body.collect(upTo: 1 << 20).count)") }
      }
      let sockets = try (0..<10).map { _ in try bench.connect() }
      for (index, socket) in sockets.enumerated() {
        let request =
          index.isMultiple(of: 2)
          ? "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
          : "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"
        try await socket.send(request)
      }
      await bench.server.shutdown(grace: .zero)
    }
  }

  @Test("an address that is taken, or none, cannot be listened at")
  func startErrors() async throws {
    try await withServer { _ in
    } _: { bench in
      func start(_ address: String, _ port: UInt16) throws(HTTPServerError) {
        let server = HTTPServer(
          configuration: HTTPServerConfiguration(address: address, port: port),
          router: HTTPRouter(), logger: Logger(level: .error, format: .text), metrics: Metrics())
        _ = try server.start()
      }
      let taken = #expect(throws: HTTPServerError.self) { try start("127.0.0.1", bench.port) }
      #expect(taken?.code == .addressInUse)
      let bad = #expect(throws: HTTPServerError.self) { try start("localhost!", 0) }
      #expect(bad?.code == .badAddress)
    }
  }

  @Test(
    "a head that is not whole in time ends the connection, however it trickles in",
    arguments: ["", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n"])
  func idleTimeout(start: String) async throws {
    try await withServer { router in
      router.on(.get, "/") { _ in .text("a") }
    } configure: {
      $0.idleTimeout = .milliseconds(200)
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send(start)
      #expect(try await socket.isClosed())
    }
  }

  @Test("one connection too many is told so before its body is read, and to come back")
  func tooManyConnections() async throws {
    let begun = Tally()
    try await withServer { router in
      router.on(.post, "/", maxBodyBytes: 1 << 40) { request in
        begun.add()
        return .text("\(try await request.body.collect(upTo: 10).count)")
      }
    } configure: {
      $0.maxConnections = 2
    } _: { bench in
      let held = try [bench.connect(), bench.connect()]
      for socket in held {
        try await socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
      }
      #expect(await eventually { begun.count == 2 })
      let late = try bench.connect()
      try await late.send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n")
      let refused = try await late.response()
      #expect(refused.status == 503)
      #expect(try refused.object()["code"] as? String == "too_many_connections")
      #expect(refused["Retry-After"] == "5")
      #expect(refused["Connection"] == "close")
      #expect(try await late.isClosed())
      #expect(begun.count == 2)
      for socket in held {
        try await socket.send("ab")
        #expect(try await socket.response().text == "2")
        socket.close()
      }
      // It is known a moment later that they are gone.
      let next = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
      var answer = try await bench.exchange(next)
      while answer.status == 503 { answer = try await bench.exchange(next) }
      #expect(answer.text == "2")
    }
  }

  @Test("connections beyond the limit that ask for nothing are not kept")
  func spareConnections() async throws {
    try await withServer { router in
      router.on(.get, "/") { _ in .text("a") }
    } configure: {
      $0.maxConnections = 1
      $0.spareConnections = 1
      $0.spareTimeout = .milliseconds(100)
    } _: { bench in
      let held = try bench.connect()
      try await held.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await held.response().text == "a")
      let silent = try bench.connect()
      // It waits to be accepted until the silent one is gone.
      let refused = try await bench.get("/")
      #expect(refused.status == 503)
      #expect(try await silent.isClosed())
      try await held.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await held.response().text == "a")
    }
  }

  @Test("a request that takes longer than it may is ended")
  func requestTimeout() async throws {
    let cancelled = Tally()
    try await withServer { router in
      router.on(.get, "/") { _ in
        do { try await Task.sleep(for: .seconds(60)) } catch {
          cancelled.add()
          throw error
        }
        return .text("late")
      }
    } configure: {
      $0.requestTimeout = .milliseconds(100)
    } _: { bench in
      let socket = try bench.connect()
      try await socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await socket.isClosed())
      #expect(await eventually { cancelled.count == 1 })
    }
  }

  @Test("many requests on many connections are each answered once")
  func manyConnections() async throws {
    try await withServer { router in
      router.on(.get, "/{n}") { .text($0.parameters["n"] ?? "") }
    } _: { bench in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for connection in 0..<50 {
          group.addTask {
            let socket = try bench.connect()
            for turn in 0..<20 {
              let name = "\(connection)-\(turn)"
              try await socket.send("GET /\(name) HTTP/1.1\r\nHost: a\r\n\r\n")
              #expect(try await socket.response().text == name)
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }
}
