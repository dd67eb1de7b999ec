/// Whether bytes are text that Postgres takes: valid UTF-8 (RFC 3629) without zero bytes.
enum UTF8Text {
  /// Whether all of the bytes are such text.
  static func isValid(_ text: UnsafeRawBufferPointer) -> Bool {
    firstFault(text) == nil
  }

  /// Where the first sequence begins that is no text, or nil.
  static func firstFault(_ text: UnsafeRawBufferPointer) -> Int? {
    var index = 0
    while index < text.count {
      if index &+ 8 <= text.count {
        let word = text.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        if isPlainASCII(word) {
          index &+= 8
          continue
        }
      }
      let width = sequenceWidth(text, at: index)
      guard width > 0 else { return index }
      index &+= width
    }
    return nil
  }

  /// Whether text has at most `limit` characters, spaces at its end beyond them not counted, as
  /// `varchar_input` and `bpchar_input` of Postgres have it.
  static func fits(_ text: UnsafeRawBufferPointer, limit: Int) -> Bool {
    var characters = 0
    for index in 0..<text.count where text[index] & 0xC0 != 0x80 {
      if characters >= limit, text[index] != 0x20 { return false }
      characters &+= 1
    }
    return true
  }

  @inline(__always)
  private static func isPlainASCII(_ word: UInt64) -> Bool {
    let high: UInt64 = 0x8080_8080_8080_8080
    // Bytes below 0x80 borrow only when they are zero.
    return (word | (word &- 0x0101_0101_0101_0101)) & high == 0
  }

  /// Bytes of the sequence at `index`, or 0 where there is none.
  @inline(__always)
  private static func sequenceWidth(_ text: UnsafeRawBufferPointer, at index: Int) -> Int {
    let first = text[index]
    if first < 0x80 { return first == 0 ? 0 : 1 }
    let left = text.count &- index
    guard left >= 2 else { return 0 }
    let second = text[index &+ 1]
    switch first {
    case 0xC2...0xDF:
      return isTrail(second) ? 2 : 0
    case 0xE0...0xEF:
      guard left >= 3, isTrail(second), isTrail(text[index &+ 2]) else { return 0 }
      if first == 0xE0, second < 0xA0 { return 0 }
      if first == 0xED, second > 0x9F { return 0 }
      return 3
    case 0xF0...0xF4:
      guard left >= 4, isTrail(second), isTrail(text[index &+ 2]), isTrail(text[index &+ 3])
      else { return 0 }
      if first == 0xF0, second < 0x90 { return 0 }
      if first == 0xF4, second > 0x8F { return 0 }
      return 4
    default:
      return 0
    }
  }

  @inline(__always)
  private static func isTrail(_ byte: UInt8) -> Bool {
    byte & 0xC0 == 0x80
  }
}
