/// The text form of `uuid`, exactly as `string_to_uuid` of Postgres reads it: 32 hexadecimal digits, a
/// hyphen allowed behind any even number of bytes of four digits, braces around it all allowed.
enum UUIDText {
  @inline(__always)
  static func encode(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    var (index, end) = (0, text.count)
    if text[0] == UInt8(ascii: "{") {
      guard text[end &- 1] == UInt8(ascii: "}") else { return .invalid }
      index = 1
      end &-= 1
    }
    for position in 0..<16 {
      guard index &+ 2 <= end, let byte = HexDigits.byte(text, at: index) else { return .invalid }
      out.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
      index &+= 2
      if index < end, text[index] == UInt8(ascii: "-"), position & 1 == 1, position < 15 {
        index &+= 1
      }
    }
    return index == end ? .value : .invalid
  }
}

/// Hexadecimal digits.
enum HexDigits {
  /// The byte of two digits, or nil.
  @inline(__always)
  static func byte(_ text: UnsafeRawBufferPointer, at index: Int) -> UInt8? {
    let (high, low) = (value(text[index]), value(text[index &+ 1]))
    return high | low > 15 ? nil : high << 4 | low
  }

  /// The value of a digit, or 255.
  @inline(__always)
  static func value(_ digit: UInt8) -> UInt8 {
    let number = digit &- UInt8(ascii: "0")
    if number <= 9 { return number }
    let letter = (digit | 0x20) &- UInt8(ascii: "a")
    return letter <= 5 ? letter &+ 10 : 255
  }
}
