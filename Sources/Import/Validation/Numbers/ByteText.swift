/// What the text encoders share: white space as Postgres skips it, words, big-endian stores.
enum ByteText {
  /// Space, tab, line feed, vertical tab, form feed, carriage return: C's `isspace` for ASCII.
  @inline(__always)
  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 9 < 5 }

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  @inline(__always)
  static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

  /// The text without white space at its ends.
  static func trimmed(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var start = 0
    var end = text.count
    while start < end, isSpace(text[start]) { start += 1 }
    while end > start, isSpace(text[end - 1]) { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: text[start..<end])
  }

  /// True when the text is this lower-case word, in any mixture of cases.
  @inline(__always)
  static func equals(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    guard text.count == word.utf8CodeUnitCount else { return false }
    return hasPrefix(text, word)
  }

  /// True when the text begins with this lower-case word, in any mixture of cases.
  @inline(__always)
  static func hasPrefix(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard text.count >= length else { return false }
    for index in 0..<length where lowered(text[index]) != word.utf8Start[index] { return false }
    return true
  }

  @inline(__always)
  private static func lowered(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
  }

  /// Writes an integer in network byte order.
  @inline(__always)
  static func store<Value: FixedWidthInteger>(
    _ value: Value, to out: UnsafeMutableRawPointer, at offset: Int = 0
  ) {
    out.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
  }
}
