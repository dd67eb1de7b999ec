import TestSupport
import Testing

@testable import HTTP

@Suite("the multipart scanner")
struct MultipartScannerTests {
  /// A part as the scanner found it.
  struct Part: Equatable {
    var header: [String]
    var content: [UInt8] = []
  }

  /// Scans blocks to their end.
  static func scan(
    _ blocks: [[UInt8]], boundary: String = "AaB03x", limits: MultipartLimits = MultipartLimits()
  ) throws -> [Part] {
    var scanner = MultipartScanner(boundary: Array(boundary.utf8), limits: limits)
    var parts: [Part] = []
    var rest = blocks[...]
    while true {
      switch try scanner.next() {
      case .header(let lines):
        parts.append(Part(header: lines.map { String(decoding: $0, as: UTF8.self) }))
      case .content(let bytes):
        #expect(!bytes.isEmpty)
        parts[parts.count - 1].content += bytes
      case .partEnd: continue
      case .end: return parts
      case .needMore:
        guard let block = rest.popFirst() else {
          try scanner.finish()
          return parts
        }
        scanner.feed(block)
      }
    }
  }

  private static let body =
    "preamble\r\n--AaB03x \t\r\nA: 1\r\nB: 2\r\n\r\nfirst\r\n--AaB03\r\n-\r\n--AaB03x\r\nC: 3\r\n\r\n"
    + "\r\n--AaB03x\r\n\r\n\r\r\n\r\n\r\n--AaB03x--\r\nepilogue --AaB03x\r\n--AaB03x\r\n"

  private static let parts = [
    Part(header: ["A: 1", "B: 2"], content: Array("first\r\n--AaB03\r\n-".utf8)),
    Part(header: ["C: 3"]),
    Part(header: [], content: Array("\r\r\n\r\n".utf8)),
  ]

  @Test("every split of the bytes into two blocks gives the same parts")
  func everySplit() throws {
    let bytes = Array(Self.body.utf8)
    for place in 0...bytes.count {
      let parts = try Self.scan([Array(bytes[..<place]), Array(bytes[place...])])
      #expect(parts == Self.parts, "split at \(place)")
    }
  }

  @Test("blocks of any one size give the same parts", arguments: 1...20)
  func evenBlocks(size: Int) throws {
    let bytes = Array(Self.body.utf8)
    let blocks = stride(from: 0, to: bytes.count, by: size).map {
      Array(bytes[$0..<min($0 + size, bytes.count)])
    }
    #expect(try Self.scan(blocks) == Self.parts)
  }

  @Test("random contents, split at random, come out as they went in", arguments: 0..<50)
  func randomContents(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed) &+ 1)
    // Few different bytes, so that what looks like a delimiter comes often.
    let alphabet = Array("\r\n-Ab".utf8)
    let contents = (0..<Int.random(in: 1...5, using: &random)).map { _ in
      (0..<Int.random(in: 0...300, using: &random)).compactMap { _ in
        alphabet.randomElement(using: &random)
      }
    }.filter { !holdsDelimiter($0) }
    var bytes: [UInt8] = []
    for content in contents {
      bytes += Array("--AAA\r\nX: y\r\n\r\n".utf8) + content + Array("\r\n".utf8)
    }
    bytes += Array("--AAA--".utf8)
    var blocks: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Int.random(in: 1...40, using: &random)
      blocks.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    let parts = try Self.scan(blocks, boundary: "AAA")
    #expect(parts == contents.map { Part(header: ["X: y"], content: $0) })
  }

  private func holdsDelimiter(_ content: [UInt8]) -> Bool {
    String(decoding: Array("\r\n".utf8) + content, as: UTF8.self).utf8.map { $0 }
      .windows(of: 7).contains { $0.elementsEqual("\r\n--AAA".utf8) }
  }

  @Test(
    "what is malformed or cut short is refused",
    arguments: [
      "", "no delimiter at all", "--AaB03x", "--AaB03x\r\n", "--AaB03x\r\nA: b\r\n",
      "--AaB03x\r\nA: b\r\n\r\ncontent", "--AaB03x\r\nA: b\r\n\r\ncontent\r\n--AaB03x",
      "--AaB03x\r\nA: b\r\n\r\ncontent\r\n--AaB03x-", "--AaB03x\r\nA: b\r\n\r\na\r\n--AaB03x-\r\n",
      "--AaB03xy\r\nA: b\r\n\r\ncontent\r\n--AaB03x--", "--AaB03x\nA: b\n\ncontent\n--AaB03x--",
      "--AaB03x \rA: b\r\n\r\ncontent\r\n--AaB03x--", "x--AaB03x\r\nA: b\r\n\r\nc\n--AaB03x--",
    ])
  func malformed(text: String) {
    let problem = #expect(throws: Problem.self) { try Self.scan([Array(text.utf8)]) }
    #expect(problem?.status == 400)
    #expect(problem?.code == "bad_request")
    #expect(problem?.hint != nil)
  }

  @Test("a part's header and the number of parts are bounded")
  func limits() throws {
    var limits = MultipartLimits()
    limits.headerBytes = 10
    limits.parts = 2
    let part = "--AaB03x\r\nA: b\r\n\r\n\r\n"
    let end = "--AaB03x--"
    #expect(try Self.scan([Array((part + part + end).utf8)], limits: limits).count == 2)
    #expect(throws: Problem.self) {
      try Self.scan([Array((part + part + part + end).utf8)], limits: limits)
    }
    for header in ["A: 12345678\r\n\r\n", "A: 1234567890", "A: 1\r\nB: 2\r\n\r\n"] {
      #expect(throws: Problem.self) {
        try Self.scan([Array("--AaB03x\r\n\(header)".utf8)], limits: limits)
      }
    }
  }
}

extension Array {
  fileprivate func windows(of size: Int) -> [ArraySlice<Element>] {
    count < size ? [] : (0...(count - size)).map { self[$0..<$0 + size] }
  }
}
