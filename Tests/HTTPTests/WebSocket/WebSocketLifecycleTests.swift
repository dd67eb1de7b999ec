import Glibc
import Testing

@testable import HTTP

@Suite("start and end of the WebSocket engine", .timeLimit(.minutes(3)))
struct WebSocketLifecycleTests {
  @Test("shutdown sends 1001 to all, behind what waits, and waits for their answers")
  func shutdown() async throws {
    let bench = WebSocketBench()
    let ready = Tally()
    let clients = (0..<10).map { _ in
      bench.open { connection in
        connection.send("state")
        ready.add()
        for await _ in connection.messages {}
      }
    }
    #expect(await eventually { ready.count == 10 })
    async let done: Void = bench.engine.shutdown(code: 1001, grace: .seconds(20))
    for client in clients {
      #expect(try await client.next() == .text("state"))
      #expect(try await client.next()?.code == 1001)
      try await client.sendClose(1001)
      #expect(try await client.next() == nil)
    }
    await done
    #expect(bench.closed.count == 10)
    #expect(bench.metric("sluice_ws_clients") == 0)
  }

  @Test("a client that does not answer is dropped when the grace is over")
  func grace() async throws {
    let bench = WebSocketBench()
    let client = bench.openEcho()
    async let done: Void = bench.engine.shutdown(code: 1001, grace: .seconds(2))
    #expect(try await client.next()?.code == 1001)
    #expect(bench.closed.count == 0)
    bench.advance(by: .seconds(2))
    await done
    #expect(bench.closed.count == 1)
  }

  @Test("after shutdown no socket is taken over, and none is forgotten")
  func adoptionAfterShutdown() async throws {
    let bench = WebSocketBench()
    await bench.stop()
    let client = bench.openEcho()
    #expect(try await client.next() == nil)
    #expect(bench.closed.count == 1)
    await bench.stop()
  }

  @Test("an engine that is let go ends by itself")
  func letGo() async throws {
    var bench: WebSocketBench? = WebSocketBench()
    let closed = try #require(bench?.closed)
    let client = try #require(bench?.openEcho())
    try await client.send("hello")
    #expect(try await client.next() == .text("hello"))
    bench = nil
    #expect(try await client.rest().allSatisfy { $0.code == 1001 })
    #expect(await eventually { closed.count == 1 })
  }

  @Test("100 sockets talk at once")
  func hundred() async throws {
    let bench = WebSocketBench()
    try await withThrowingTaskGroup { group in
      for number in 0..<100 {
        group.addTask {
          let client = bench.openEcho()
          for turn in 0..<20 {
            try await client.send("\(number) \(turn)")
            #expect(try await client.next() == .text("\(number) \(turn)"))
          }
          try await client.sendClose(1000)
          #expect(try await client.rest().map(\.code) == [1000])
        }
      }
      try await group.waitForAll()
    }
    #expect(await eventually { bench.closed.count == 100 })
    #expect(bench.metric("sluice_ws_messages_total") == 2000)
    await bench.stop()
  }

  @Test("engines and sockets that come and go leave no file descriptor behind")
  func stress() async throws {
    let before = try openDescriptors()
    let rounds = 40
    for round in 0..<rounds {
      let bench = WebSocketBench()
      try await withThrowingTaskGroup { group in
        for number in 0..<8 {
          group.addTask {
            let client = bench.openEcho()
            if (number + round) % 4 == 0 { return client.close() }
            try await client.send("hello")
            let answer = try await client.next()
            if round % 2 != 0 { #expect(answer == .text("hello")) }
            guard number % 3 == 0 else { return }
            try await client.sendClose(1000)
            _ = try await client.rest()
          }
        }
        if round % 2 == 0 { group.addTask { await bench.stop() } }
        // A client may find its socket shut down by `stop`: that is the point.
        while let result = await group.nextResult() {
          if round % 2 != 0 { try result.get() }
        }
      }
      await bench.stop()
      #expect(bench.closed.count == 8)
    }
    // Other tests run at the same time; a leak of one descriptor a round would still show.
    #expect(try openDescriptors() < before + rounds)
  }

  private func openDescriptors() throws -> Int {
    let folder = try #require(opendir("/proc/self/fd"))
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return count
  }
}
