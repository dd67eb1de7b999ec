import Testing

@testable import HTTP

@Suite("what a WebSocket client must not do", .timeLimit(.minutes(3)))
struct WebSocketProtocolTests {
  struct Offence: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let code: UInt16
    var testDescription: String { "\(name) closes with \(code)" }

    init(_ name: String, _ code: UInt16, _ frames: [UInt8]...) {
      self.name = name
      self.code = code
      bytes = frames.flatMap { $0 }
    }
  }

  private static let text = Array("hello".utf8)

  static let offences: [Offence] = [
    Offence("a frame without mask", 1002, RawClient.bytes(1, text, masked: false)),
    Offence("a first reserved bit", 1002, RawClient.bytes(1, text, reserved: 4)),
    Offence("a last reserved bit", 1002, RawClient.bytes(1, text, reserved: 1)),
    Offence("an unknown data opcode", 1002, RawClient.bytes(3, text)),
    Offence("an unknown control opcode", 1002, RawClient.bytes(11, text)),
    Offence("a continuation of nothing", 1002, RawClient.bytes(0, text)),
    Offence(
      "a message within a message", 1002, RawClient.bytes(1, text, fin: false),
      RawClient.bytes(1, text)),
    Offence("a ping of 126 bytes", 1002, RawClient.bytes(9, [UInt8](repeating: 0, count: 126))),
    Offence("a ping in fragments", 1002, RawClient.bytes(9, text, fin: false)),
    Offence("a length in more bytes than needed", 1002, [0x81, 0xFE, 0x00, 0x05]),
    Offence("a close frame with half a code", 1002, RawClient.bytes(8, [0x03])),
    Offence("a close code that may not be sent", 1002, RawClient.bytes(8, [0x03, 0xED])),
    Offence("a binary message", 1003, RawClient.bytes(2, text)),
    Offence("an empty binary message", 1003, RawClient.bytes(2, [])),
    Offence(
      "a binary message in fragments", 1003, RawClient.bytes(2, text, fin: false),
      RawClient.bytes(0, text)),
    Offence("a byte that is not UTF-8", 1007, RawClient.bytes(1, [0x61, 0xFF])),
    Offence("an overlong sequence", 1007, RawClient.bytes(1, [0xC0, 0xAF])),
    Offence("a surrogate", 1007, RawClient.bytes(1, [0xED, 0xA0, 0x80])),
    Offence("a character cut off", 1007, RawClient.bytes(1, [0xE2, 0x82])),
    Offence(
      "a character broken over fragments", 1007, RawClient.bytes(1, [0xE2], fin: false),
      RawClient.bytes(0, [0x61])),
    Offence(
      "a frame over 64 KiB", 1009, RawClient.bytes(1, [UInt8](repeating: 0x61, count: 65_537))),
    Offence("a frame of 2^62 bytes", 1009, [0x81, 0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5]),
    Offence(
      "fragments over 64 KiB", 1009,
      RawClient.bytes(1, [UInt8](repeating: 0x61, count: 40_000), fin: false),
      RawClient.bytes(0, [UInt8](repeating: 0x61, count: 40_000))),
  ]

  @Test("closes with the code for it", arguments: offences)
  func offence(_ offence: Offence) async throws {
    let bench = WebSocketBench()
    let client = bench.openEcho()
    try await client.send("before")
    #expect(try await client.next() == .text("before"))
    // Much more behind it: none of it is answered, and none of it hides the close frame.
    try await client.send(offence.bytes + RawClient.bytes("after"))
    #expect(try await client.rest().map(\.code) == [offence.code])
    client.close()
    #expect(await eventually { bench.closed.count == 1 })
    await bench.stop()
    #expect(bench.closed.count == 1)
  }

  @Test("a broken frame right behind a ping closes with 1002 as well")
  func brokenBehindPing() async throws {
    let bench = WebSocketBench()
    let client = bench.openEcho()
    try await client.send(
      RawClient.bytes(9, Self.text) + RawClient.bytes(9, Self.text, fin: false))
    // Whether the ping is still answered depends on how the bytes come.
    #expect(try await client.rest().last?.code == 1002)
    client.close()
    await bench.stop()
  }

  @Test("a huge frame is read to its end, so that the client hears 1009")
  func hugeFrame() async throws {
    let bench = WebSocketBench()
    let client = bench.openEcho()
    try await client.send(RawClient.bytes(1, [UInt8](repeating: 0x61, count: 1 << 20)))
    #expect(try await client.rest().map(\.code) == [1009])
    await bench.stop()
  }

  @Test("an offender that does not go is dropped")
  func stubbornOffender() async throws {
    let bench = WebSocketBench()
    let client = bench.openEcho()
    try await client.send(RawClient.bytes(2, []))
    #expect(try await client.rest().map(\.code) == [1003])
    #expect(bench.closed.count == 0)
    bench.advance(by: .seconds(5))
    #expect(await eventually { bench.closed.count == 1 })
    await bench.stop()
  }

  @Test("a close frame is answered with its code", arguments: [UInt16(1000), 1001, 3000, 4999])
  func closeEcho(code: UInt16) async throws {
    let bench = WebSocketBench()
    let client = bench.openEcho()
    try await client.sendClose(code)
    #expect(try await client.rest().map(\.code) == [code])
    #expect(await eventually { bench.closed.count == 1 })
    await bench.stop()
  }

  @Test("a close frame without code is answered without code")
  func bareClose() async throws {
    let bench = WebSocketBench()
    let client = bench.openEcho()
    try await client.send(RawClient.bytes(8, []))
    #expect(try await client.rest() == [RawClient.Frame(opcode: 8, payload: [])])
    await bench.stop()
  }
}
