/// The text forms of `bytea`, exactly as `byteain` of Postgres reads them: `\x` with hexadecimal digits,
/// or text with the escapes `\\` and `\ooo`.
enum ByteaText {
  static func encode(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer, count: inout Int
  ) -> FieldVerdict {
    let isHex = text.count >= 2 && text[0] == backslash && text[1] == UInt8(ascii: "x")
    return isHex ? decodeHex(text, out, &count) : decodeEscapes(text, out, &count)
  }

  private static let backslash = UInt8(ascii: "\\")

  private static func decodeHex(
    _ text: UnsafeRawBufferPointer, _ out: UnsafeMutableRawPointer, _ count: inout Int
  ) -> FieldVerdict {
    var (index, used) = (2, 0)
    while index < text.count {
      switch text[index] {
      case 0x20, 0x09, 0x0A, 0x0D:
        index &+= 1
      default:
        guard index &+ 1 < text.count, let byte = HexDigits.byte(text, at: index) else {
          // Surely bad, but Postgres has a message for each case.
          return .doubtful
        }
        out.storeBytes(of: byte, toByteOffset: used, as: UInt8.self)
        used &+= 1
        index &+= 2
      }
    }
    count = used
    return .value
  }

  private static func decodeEscapes(
    _ text: UnsafeRawBufferPointer, _ out: UnsafeMutableRawPointer, _ count: inout Int
  ) -> FieldVerdict {
    var (index, used) = (0, 0)
    while index < text.count {
      var byte = text[index]
      index &+= 1
      if byte == backslash {
        if index < text.count, text[index] == backslash {
          index &+= 1
        } else if let octal = octal(text, at: index) {
          byte = octal
          index &+= 3
        } else {
          return .invalid
        }
      }
      out.storeBytes(of: byte, toByteOffset: used, as: UInt8.self)
      used &+= 1
    }
    count = used
    return .value
  }

  private static func octal(_ text: UnsafeRawBufferPointer, at index: Int) -> UInt8? {
    guard index &+ 3 <= text.count else { return nil }
    let zero = UInt8(ascii: "0")
    let (high, middle) = (text[index] &- zero, text[index &+ 1] &- zero)
    let low = text[index &+ 2] &- zero
    guard high <= 3, middle <= 7, low <= 7 else { return nil }
    return high << 6 | middle << 3 | low
  }
}
