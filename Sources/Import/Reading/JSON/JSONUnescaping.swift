/// The text of a JSON string (RFC 8259, section 7).
enum JSONUnescaping {
  /// Writes the text of `string`, which has been found valid, to the front of `target` and returns its
  /// length. It never is longer than `string` itself.
  static func unescape(
    _ string: UnsafeBufferPointer<UInt8>, into target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var written = 0
    var index = 0
    while index < string.count {
      let byte = string[index]
      index += 1
      guard byte == .backslash, index < string.count else {
        target[written] = byte
        written += 1
        continue
      }
      let kind = string[index]
      index += 1
      if kind == UInt8(ascii: "u") {
        let scalar = scalar(of: string, at: &index)
        for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
          target[written] = unit
          written += 1
        }
      } else {
        target[written] = character(kind)
        written += 1
      }
    }
    return written
  }

  private static func character(_ kind: UInt8) -> UInt8 {
    switch kind {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): .lf
    case UInt8(ascii: "r"): .cr
    case UInt8(ascii: "t"): .tab
    default: kind
    }
  }

  /// The character whose hexadecimal digits begin at `index`, which moves behind it; two units make one
  /// character beyond U+FFFF.
  private static func scalar(
    of string: UnsafeBufferPointer<UInt8>, at index: inout Int
  ) -> Unicode.Scalar {
    var value = unit(of: string, at: index) ?? 0xFFFD
    index += 4
    if value & 0xFC00 == 0xD800, let low = unit(of: string, at: index + 2) {
      value = 0x10000 + ((value & 0x3FF) << 10) + (low & 0x3FF)
      index += 6
    }
    return Unicode.Scalar(value) ?? "\u{FFFD}"
  }

  private static func unit(of string: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt32? {
    guard index + 4 <= string.count, let base = string.baseAddress else { return nil }
    var value: UInt32 = 0
    for digit in base + index..<base + index + 4 {
      guard let digit = digit.pointee.hexValue else { return nil }
      value = value << 4 | digit
    }
    return value
  }
}
