/// The text form of `boolean`: any prefix of `true`, `false`, `yes`, `no`, and `on`, `of`, `off`, `1`,
/// `0`, in any case, as `parse_bool_with_len` of Postgres reads it.
enum BooleanText {
  static func encode(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    var (start, end) = (0, text.count)
    while start < end, IntegerText.isSpace(text[start]) { start &+= 1 }
    while end > start, IntegerText.isSpace(text[end &- 1]) { end &-= 1 }
    // The longest word has five letters.
    guard end > start, end &- start <= 5 else { return .invalid }
    var word: UInt64 = 0
    for index in start..<end {
      word = word << 8 | UInt64(lowercased(text[index]))
    }
    guard let value = value(of: word) else { return .invalid }
    out.storeBytes(of: value ? 1 : 0, as: UInt8.self)
    return .value
  }

  /// The value of a word in lower case, its last letter in the lowest byte.
  @inline(__always)
  private static func value(of word: UInt64) -> Bool? {
    switch word {
    case 0x31, 0x74, 0x7472, 0x74_7275, 0x7472_7565, 0x79, 0x7965, 0x79_6573, 0x6F6E:
      return true  // 1, t, tr, tru, true, y, ye, yes, on
    case 0x30, 0x66, 0x6661, 0x66_616C, 0x6661_6C73, 0x66_616C_7365, 0x6E, 0x6E6F, 0x6F66,
      0x6F_6666:
      return false  // 0, f, fa, fal, fals, false, n, no, of, off
    default:
      return nil
    }
  }

  @inline(__always)
  private static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}
