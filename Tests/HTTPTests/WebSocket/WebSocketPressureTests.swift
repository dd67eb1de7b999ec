import Synchronization
import Testing

@testable import HTTP

@Suite("slow and silent WebSocket clients", .timeLimit(.minutes(3)))
struct WebSocketPressureTests {
  private static let padding = String(repeating: ".", count: 2000)

  @Test("a slow reader gets the latest state of each key, and never goes back")
  func latestState() async throws {
    let bench = WebSocketBench()
    let sent = Gate()
    let client = bench.open { connection in
      for step in 1...600 {
        for key in ["a", "b", "c"] {
          connection.send("\(key) \(step) \(Self.padding)", replacing: key)
        }
      }
      sent.open()
    }
    await sent.wait()
    let frames = try await client.rest(untilClose: true)
    var last: [Substring: Int] = [:]
    for frame in frames.dropLast() {
      let words = frame.text.split(separator: " ")
      let step = try #require(Int(words[1]))
      #expect(step > last[words[0], default: 0])
      last[words[0]] = step
    }
    #expect(last == ["a": 600, "b": 600, "c": 600])
    #expect(frames.count < 900)
    #expect(frames.last?.code == 1000)
    await bench.stop()
  }

  @Test("a reader too slow for messages without key is closed with 1013")
  func overflow() async throws {
    let bench = WebSocketBench()
    let overflowed = Gate()
    let client = bench.open { connection in
      while connection.send(Self.padding) == .queued {}
      overflowed.open()
      await Gate().waitUntilCancelled()
    }
    await overflowed.wait()
    let frames = try await client.rest(untilClose: true)
    #expect(frames.last?.code == 1013)
    #expect(frames.dropLast().allSatisfy { $0.text == Self.padding })
    await bench.stop()
  }

  @Test("a reader of which nothing drains for 30 s is dropped")
  func stalled() async throws {
    let bench = WebSocketBench { $0.pingInterval = .seconds(3600) }
    let gate = Gate()
    let resent = Tally()
    let client = bench.open { connection in
      for number in 0..<200 { connection.send("\(number) \(Self.padding)", replacing: "\(number)") }
      await gate.wait()
      if connection.send("newer", replacing: "199") == .replaced { resent.add() }
      await Gate().waitUntilCancelled()
    }
    // Filled: what the kernel does not take waits.
    #expect(try await client.next() != nil)
    #expect(await eventually { (bench.metric("sluice_ws_messages_total") ?? 0) > 2 })
    try await bench.settle()
    bench.advance(by: .seconds(29))
    // More to send is no sign of life.
    gate.open()
    #expect(await eventually { resent.count == 1 })
    try await bench.settle()
    #expect(bench.closed.count == 0)
    bench.advance(by: .seconds(2))
    #expect(await eventually { bench.closed.count == 1 })
    await bench.stop()
  }

  @Test("a ping goes out after 25 s; with a pong the socket lives on, without it is closed")
  func pingPong() async throws {
    let bench = WebSocketBench()
    let client = bench.openEcho()
    try await client.send("hello")
    #expect(try await client.next() == .text("hello"))
    for _ in 0..<3 {
      bench.advance(by: .seconds(25))
      #expect(try await client.next() == RawClient.Frame(opcode: 9, payload: []))
      try await client.send(RawClient.bytes(10, []) + RawClient.bytes("pong is through"))
      #expect(try await client.next() == .text("pong is through"))
    }
    bench.advance(by: .seconds(25))
    #expect(try await client.next() == RawClient.Frame(opcode: 9, payload: []))
    #expect(bench.closed.count == 0)
    bench.advance(by: .seconds(10))
    #expect(try await client.rest().map(\.code) == [1011])
    #expect(await eventually { bench.closed.count == 1 })
    await bench.stop()
  }

  @Test("with the real clock, pings and the end come by themselves")
  func realClock() async throws {
    let bench = WebSocketBench(clock: nil) {
      $0.pingInterval = .milliseconds(5)
      $0.pongTimeout = .seconds(100)
      $0.closeTimeout = .milliseconds(20)
    }
    let client = bench.open { connection in
      for await _ in connection.messages { return }
    }
    for _ in 0..<3 {
      #expect(try await client.next()?.opcode == 9)
      try await client.send(RawClient.bytes(10, []))
    }
    try await client.send("go")
    #expect(try await client.rest().last?.code == 1000)
    #expect(await eventually { bench.closed.count == 1 })
    await bench.stop()
  }

  @Test("an unanswered close is dropped after 5 s")
  func closeUnanswered() async throws {
    let bench = WebSocketBench()
    let client = bench.open { $0.close(code: 4000, reason: "") }
    #expect(try await client.next()?.code == 4000)
    try await bench.settle()
    #expect(bench.closed.count == 0)
    bench.advance(by: .seconds(5))
    #expect(try await client.next() == nil)
    #expect(await eventually { bench.closed.count == 1 })
    await bench.stop()
  }

  @Test("a handler that is behind pauses reading; nothing is lost, and pongs are not missed")
  func boundedInbox() async throws {
    let bench = WebSocketBench()
    let gate = Gate()
    let texts = Mutex([String]())
    let total = 1000
    let client = bench.open { connection in
      await gate.wait()
      for await text in connection.messages {
        let done = texts.withLock { texts in
          texts.append(text)
          return texts.count == total
        }
        if done { return }
      }
    }
    let bytes = (0..<total).flatMap { RawClient.bytes("\($0) \(Self.padding)") }
    var written = 0
    // The kernel's buffers are far smaller than this: without a pause all would be taken.
    var idle = 0
    while idle < 50 {
      let count = client.write(bytes[written...])
      written += max(0, count)
      idle = count > 0 ? 0 : idle + 1
      try await bench.settle()
    }
    #expect(written < bytes.count / 2)
    bench.advance(by: .seconds(25))
    #expect(try await client.next() == RawClient.Frame(opcode: 9, payload: []))
    bench.advance(by: .seconds(60))
    try await bench.settle()
    #expect(bench.closed.count == 0)
    gate.open()
    try await client.send(Array(bytes[written...]))
    #expect(try await client.next()?.code == 1000)
    #expect(texts.withLock { $0.map { $0.prefix { $0 != " " } } } == (0..<total).map { "\($0)" })
    await bench.stop()
  }

  @Test("pings whose answers nobody reads pause reading, and each is answered in the end")
  func pingFlood() async throws {
    let bench = WebSocketBench()
    let client = bench.openEcho()
    let ping = RawClient.bytes(9, [UInt8](repeating: 0x70, count: 125))
    let total = 6000
    let bytes = (0..<total).flatMap { _ in ping }
    var written = 0
    var idle = 0
    while idle < 50 {
      let count = client.write(bytes[written...])
      written += max(0, count)
      idle = count > 0 ? 0 : idle + 1
      try await bench.settle()
    }
    #expect(written < bytes.count)
    async let writing: Void = client.send(Array(bytes[written...]))
    for _ in 0..<total {
      let frame = try await client.next()
      if frame?.opcode != 10 || frame?.payload.count != 125 { Issue.record("not a pong") }
    }
    try await writing
    await bench.stop()
  }
}

extension RawClient {
  /// The frames up to and including the close frame.
  func rest(untilClose: Bool) async throws -> [Frame] {
    var frames: [Frame] = []
    while let frame = try await next() {
      frames.append(frame)
      if frame.opcode == 8 { break }
    }
    return frames
  }
}

extension WebSocketBench {
  /// Waits until the epoll thread has looked at all that it had when this was called: a socket opened
  /// now is served behind it.
  func settle() async throws {
    let probe = open(countedBy: Tally()) { $0.send("settled") }
    guard try await probe.next()?.text == "settled" else { throw RawClient.TimedOut() }
    probe.close()
  }
}
