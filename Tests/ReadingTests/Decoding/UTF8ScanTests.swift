import Testing

@testable import Reading

@Suite("Counting what is valid UTF-8")
struct UTF8ScanTests {
  private static let pieces: [[UInt8]] = [
    Array("a,b".utf8), Array(repeating: 0x61, count: 70), [0x0A], Array("é".utf8), Array("ж€".utf8),
    Array("漢字".utf8), Array("𝄞".utf8), [0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9D, 0x84],
    [0xC0, 0x80],
    [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE0, 0x80], [0xFF], [0xF5],
  ]

  /// Swift's own decoder puts U+FFFD where the standard does.
  private func expected(_ bytes: [UInt8]) -> (valid: Int64, broken: Int64) {
    let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
    let broken = scalars.count { $0.value == 0xFFFD }
    return (Int64(scalars.count { $0.value >= 0x80 } - broken), Int64(broken))
  }

  @Test(
    "comes to what Swift's decoder says, whatever the blocks", arguments: 0..<300 as Range<UInt64>)
  func random(seed: UInt64) {
    var source = SeededGenerator(seed: seed)
    let kinds = seed % 3 == 0 ? Self.pieces.count : 7
    let bytes = (0..<Int.random(in: 0...80, using: &source))
      .flatMap { _ in Self.pieces[Int.random(in: 0..<kinds, using: &source)] }
    var scan = UTF8Scan()
    var broken: Int64 = 0
    var rest = bytes[...]
    while !rest.isEmpty {
      let block = Array(rest.prefix(Int.random(in: 1...100, using: &source)))
      rest = rest.dropFirst(block.count)
      block.withUnsafeBytes { scan.scan($0) { _ in broken += 1 } }
    }
    let toldBroken = broken
    scan.finishFile()
    let expected = expected(bytes)
    #expect(scan.validCount == expected.valid)
    #expect(scan.brokenCount == expected.broken)
    #expect(toldBroken == scan.brokenCount || toldBroken == scan.brokenCount - 1)
  }
}
