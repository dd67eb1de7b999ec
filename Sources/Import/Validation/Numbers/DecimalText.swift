/// A decimal number as text: `[sign] digits [. digits] [e [sign] digits]`, scanned, not rounded.
struct DecimalText {
  var isNegative = false
  /// All digits as one integer; exact only when `isExact`.
  var mantissa: UInt64 = 0
  /// The value is `mantissa` × 10^`exponent`.
  var exponent = 0
  /// False when there are more digits, or a larger exponent, than fit here.
  var isExact = true

  /// Scans the whole text; nil when it is not of this form. White space is not skipped.
  @inline(__always)
  init?(_ text: UnsafeRawBufferPointer) {
    let end = text.count
    guard end > 0, let bytes = text.baseAddress else { return nil }
    var position = 0
    let first = text[0]
    if first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      isNegative = first == UInt8(ascii: "-")
      position = 1
    }
    let start = position
    mantissa = DigitScan.run(bytes, from: &position, to: end)
    var digits = position &- start
    if position < end, text[position] == UInt8(ascii: ".") {
      position &+= 1
      let fraction = position
      mantissa = DigitScan.run(bytes, from: &position, to: end, startingWith: mantissa)
      exponent = fraction &- position
      digits &-= exponent
    }
    guard digits > 0 else { return nil }
    if position < end {
      guard let power = Self.exponent(text, from: &position), position == end else { return nil }
      if abs(power) > 9999 { isExact = false }
      exponent &+= power
    }
    if digits > 19 { isExact = isExact && Self.leadingZeros(text, from: start) >= digits &- 19 }
  }

  /// Reads `e[sign]digits`; what exceeds 9999 comes out as some number beyond it.
  private static func exponent(
    _ text: UnsafeRawBufferPointer, from position: inout Int
  ) -> Int? {
    guard text[position] | 0x20 == UInt8(ascii: "e") else { return nil }
    position += 1
    var isNegative = false
    if position < text.count,
      text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+")
    {
      isNegative = text[position] == UInt8(ascii: "-")
      position += 1
    }
    let start = position
    var value = 0
    while position < text.count, ByteText.isDigit(text[position]) {
      if value < 100_000 { value = value * 10 + Int(text[position] - 0x30) }
      position += 1
    }
    guard position > start else { return nil }
    return isNegative ? -value : value
  }

  /// How many zeros stand before the first significant digit.
  private static func leadingZeros(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
    var zeros = 0
    for byte in text[start...] {
      if byte == UInt8(ascii: "0") {
        zeros += 1
      } else if byte != UInt8(ascii: ".") {
        break
      }
    }
    return zeros
  }

  /// What a text that is not of this form means to `strtod`, for a trimmed text.
  ///
  /// `strtod` reads the longest decimal prefix and Postgres refuses what follows it, so that only
  /// the words for infinity and not-a-number and hexadecimal floats remain open.
  static func verdictOfOtherText(_ text: UnsafeRawBufferPointer) -> FieldVerdict {
    guard text.allSatisfy({ $0 < 0x80 && $0 != 0 }) else { return .doubtful }
    var rest = text[...]
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      rest = rest.dropFirst()
    }
    guard let first = rest.first else { return .invalid }
    switch first {
    case UInt8(ascii: "i"), UInt8(ascii: "I"), UInt8(ascii: "n"), UInt8(ascii: "N"):
      return .doubtful
    case UInt8(ascii: "0"):
      let isHexadecimal = rest.count > 1 && rest[rest.startIndex + 1] | 0x20 == UInt8(ascii: "x")
      return isHexadecimal ? .doubtful : .invalid
    default:
      return .invalid
    }
  }
}
