/// A place in a text that is read from left to right.
struct TextCursor {
  let text: UnsafeRawBufferPointer
  var position = 0

  @inline(__always)
  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  @inline(__always)
  var isAtEnd: Bool { position >= text.count }

  /// The next byte; 0 at the end.
  @inline(__always)
  var next: UInt8 { position < text.count ? text[position] : 0 }

  @inline(__always)
  mutating func skipSpaces() {
    while ByteText.isSpace(next) { position += 1 }
  }

  @inline(__always)
  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Reads a whole run of digits; nil when there is none or when it has more digits than `limit`.
  @inline(__always)
  mutating func digits(atMost limit: Int) -> (value: Int, count: Int)? {
    let start = position
    var value = 0
    while position &- start < limit, ByteText.isDigit(next) {
      value = value &* 10 &+ Int(next &- 0x30)
      position &+= 1
    }
    guard position > start, !ByteText.isDigit(next) else { return nil }
    return (value, position &- start)
  }

  /// Reads a run of letters, which may be empty.
  @inline(__always)
  mutating func letters() -> UnsafeRawBufferPointer {
    let start = position
    while ByteText.isLetter(next) { position += 1 }
    return UnsafeRawBufferPointer(rebasing: text[start..<position])
  }

  /// Reads a point and one to 15 digits as microseconds, rounded as Postgres rounds them; nil when
  /// that is not what follows.
  @inline(__always)
  mutating func fraction() -> Int64? {
    guard skip("."), let (value, count) = digits(atMost: 15) else { return nil }
    if count <= 6 { return Int64(value) &* Int64(DigitScan.powersOfTen[6 &- count]) }
    // Both operands are exact, so this is strtod's result; then rint, as in ParseFraction.
    let seconds = Double(value) / Double(DigitScan.powersOfTen[count])
    return Int64((seconds * 1_000_000).rounded(.toNearestOrEven))
  }
}
