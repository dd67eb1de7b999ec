/// A text as a string of JSON (RFC 8259, section 7).
enum JSONString {
  /// A byte becomes so many at most; the quotes come on top.
  static let growth = 6

  /// Writes the text with its quotes. Bytes that are no text stay as they are, for the encoder to find.
  static func write(_ text: UnsafeRawBufferPointer, into sink: inout TextSink) {
    sink.append(UInt8(ascii: "\""))
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        sink.append(UInt8(ascii: "\\"))
        sink.append(byte)
      case 0..<0x20:
        for escape in "\\u00".utf8 { sink.append(escape) }
        sink.append(hexadecimal(byte &>> 4))
        sink.append(hexadecimal(byte & 0xF))
      default: sink.append(byte)
      }
    }
    sink.append(UInt8(ascii: "\""))
  }

  private static func hexadecimal(_ digit: UInt8) -> UInt8 {
    digit < 10 ? 0x30 &+ digit : 0x57 &+ digit
  }
}
