/// Undoes the escapes of texts in workbooks, in place: `_x000D_` is a carriage return, `_x005F_` an
/// underscore (ECMA-376 part 1, section 22.9.2.19, ST_Xstring).
enum EscapedText {
  /// Works on the bytes of `text` from `start` on. Half of a surrogate pair stays as it is written.
  static func undo(_ text: inout ByteBuffer, from start: Int = 0) {
    var read = start
    while read < text.count, text.start[read] != UInt8(ascii: "_") { read += 1 }
    guard read < text.count else { return }
    var write = read
    let bytes = text.start
    while read < text.count {
      guard let unit = unit(bytes, at: read, end: text.count) else {
        bytes[write] = bytes[read]
        write += 1
        read += 1
        continue
      }
      var length = 7
      var scalar = Unicode.Scalar(unit)
      if unit & 0xFC00 == 0xD800, let low = self.unit(bytes, at: read + 7, end: text.count),
        low & 0xFC00 == 0xDC00
      {
        scalar = Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF))
        length = 14
      }
      if let scalar {
        for byte in UTF8.encode(scalar).unsafelyUnwrapped {
          bytes[write] = byte
          write += 1
        }
      } else {
        for _ in 0..<length {
          bytes[write] = bytes[read]
          write += 1
          read += 1
        }
        continue
      }
      read += length
    }
    text.count = write
  }

  /// The code of the escape that begins at `index`, or nil where there is none.
  private static func unit(_ bytes: UnsafeMutablePointer<UInt8>, at index: Int, end: Int) -> UInt32?
  {
    guard index + 7 <= end, bytes[index] == UInt8(ascii: "_"),
      bytes[index + 1] == UInt8(ascii: "x"),
      bytes[index + 6] == UInt8(ascii: "_")
    else { return nil }
    var value: UInt32 = 0
    for place in (index + 2)..<(index + 6) {
      guard let digit = hexDigit(bytes[place]) else { return nil }
      value = value << 4 | digit
    }
    return value
  }

  private static func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
