import Synchronization
import Testing

@testable import HTTP

@Suite("messages over a WebSocket", .timeLimit(.minutes(3)))
struct WebSocketMessageTests {
  private typealias Frame = RawClient.Frame

  @Test(
    "a message comes back as it was sent",
    arguments: [
      "", "a", "{\"op\": \"subscribe\"}", String(repeating: "é", count: 63),
      String(repeating: "x", count: 126), String(repeating: "😀", count: 16_384),
    ])
  func echo(text: String) async throws {
    let bench = WebSocketBench()
    let client = bench.openEcho()
    try await client.send(text)
    #expect(try await client.next() == .text(text))
    await bench.stop()
  }

  @Test("fragments are put together, with control frames in between")
  func fragments() async throws {
    let bench = WebSocketBench()
    let client = bench.openEcho()
    let bytes = Array("grüße".utf8)
    try await client.send(RawClient.bytes(1, Array(bytes[..<3]), fin: false))
    try await client.send(RawClient.bytes(9, Array("now?".utf8)))
    try await client.send(RawClient.bytes(0, [], fin: false))
    try await client.send(RawClient.bytes(0, Array(bytes[3...])))
    #expect(try await client.next() == Frame(opcode: 10, payload: Array("now?".utf8)))
    #expect(try await client.next() == .text("grüße"))
    await bench.stop()
  }

  @Test("a frame may come byte by byte")
  func byteByByte() async throws {
    let bench = WebSocketBench()
    let client = bench.openEcho()
    for byte in RawClient.bytes(String(repeating: "z", count: 130)) {
      try await client.send([byte])
    }
    #expect(try await client.next()?.payload.count == 130)
    await bench.stop()
  }

  @Test("bytes that came behind the handshake are read first")
  func leftover() async throws {
    let bench = WebSocketBench()
    let second = RawClient.bytes("second")
    let client = bench.openEcho(leftover: RawClient.bytes("first") + second.prefix(5))
    try await client.send(Array(second.dropFirst(5)))
    #expect(try await client.next() == .text("first"))
    #expect(try await client.next() == .text("second"))
    await bench.stop()
  }

  @Test("the metrics count clients and sent messages")
  func metrics() async throws {
    let bench = WebSocketBench()
    let client = bench.openEcho()
    for text in ["a", "b", "c"] { try await client.send(text) }
    for _ in 0..<3 { _ = try await client.next() }
    #expect(bench.metric("sluice_ws_clients") == 1)
    await bench.stop()
    #expect(bench.metric("sluice_ws_messages_total") == 3)
    #expect(bench.metric("sluice_ws_clients") == 0)
  }

  @Test("when the handler returns, what it sent goes out and the socket closes with 1000")
  func handlerReturns() async throws {
    let bench = WebSocketBench()
    let client = bench.open { connection in
      for number in 0..<100 { connection.send("\(number)") }
    }
    for number in 0..<100 { #expect(try await client.next() == .text("\(number)")) }
    #expect(try await client.next()?.code == 1000)
    try await client.sendClose(1000)
    #expect(try await client.next() == nil)
    #expect(await eventually { bench.closed.count == 1 })
    await bench.stop()
    #expect(bench.closed.count == 1)
  }

  @Test(
    "the handler closes with a code and a reason",
    arguments: [
      (UInt16(4001), "bye", UInt16(4001), "bye"), (1008, "", 1008, ""), (1005, "odd", 1011, "odd"),
      (999, "", 1011, ""),
      (3000, String(repeating: "x", count: 200), 3000, String(repeating: "x", count: 123)),
      (
        3000, "x" + String(repeating: "é", count: 62), 3000, "x" + String(repeating: "é", count: 61)
      ),
    ])
  func handlerCloses(code: UInt16, reason: String, wireCode: UInt16, wireReason: String)
    async throws
  {
    let bench = WebSocketBench()
    let gate = Gate()
    let client = bench.open { connection in
      connection.close(code: code, reason: reason)
      #expect(connection.isClosed)
      #expect(connection.send("too late") == .closed)
      await gate.wait()
    }
    let frame = try #require(try await client.next())
    #expect(frame.code == wireCode)
    #expect(frame.reason == wireReason)
    gate.open()
    try await client.sendClose(wireCode)
    #expect(try await client.next() == nil)
    await bench.stop()
  }

  @Test("when the client closes, messages end and the handler's task is cancelled")
  func clientCloses() async throws {
    let bench = WebSocketBench()
    let seen = Mutex([String]())
    let cancelled = Tally()
    let client = bench.open { connection in
      for await text in connection.messages { seen.withLock { $0.append(text) } }
      if await eventually({ Task.isCancelled }) { cancelled.add() }
    }
    try await client.send("last words")
    try await client.sendClose(4321)
    #expect(try await client.next()?.code == 4321)
    #expect(try await client.next() == nil)
    #expect(await eventually { cancelled.count == 1 && bench.closed.count == 1 })
    #expect(seen.withLock { $0 } == ["last words"])
    await bench.stop()
  }

  @Test("when the client vanishes, messages end and the handler's task is cancelled")
  func clientVanishes() async throws {
    let bench = WebSocketBench()
    let ended = Tally()
    let client = bench.open { connection in
      for await _ in connection.messages {}
      ended.add()
      await Gate().waitUntilCancelled()
      ended.add()
    }
    client.close()
    #expect(await eventually { ended.count == 2 && bench.closed.count == 1 })
    await bench.stop()
  }

  @Test("a cancelled reader of messages is let go")
  func cancelledReader() async throws {
    let bench = WebSocketBench()
    let ended = Tally()
    let client = bench.open { connection in
      let reader = Task { for await _ in connection.messages {} }
      reader.cancel()
      await reader.value
      ended.add()
    }
    #expect(await eventually { ended.count == 1 })
    #expect(try await client.next()?.code == 1000)
    await bench.stop()
  }
}

extension Gate {
  /// Waits for the end of the task.
  func waitUntilCancelled() async {
    await withTaskCancellationHandler {
      await wait()
    } onCancel: {
      open()
    }
  }
}
