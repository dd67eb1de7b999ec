/// Texts of date and time types that are words, or nothing at all.
enum TemporalWord {
  /// `infinity` and `-infinity`; `+infinity` only exists from Postgres 17 on.
  enum Infinity {
    case positive
    case negative

    init?(_ text: UnsafeRawBufferPointer) {
      if ByteText.equals(text, "infinity") {
        self = .positive
      } else if ByteText.equals(text, "-infinity") {
        self = .negative
      } else {
        return nil
      }
    }
  }

  /// What to say of a text that no encoder knows.
  ///
  /// Without a digit only a few words (`now`, `today`, `tomorrow`, `yesterday`, `epoch`,
  /// `infinity`, `allballs`) make a date or a time: where none of them can be in the text, Postgres
  /// refuses it. A lone point is a number to it (`. hour` is an interval).
  static func verdict(ofOther text: UnsafeRawBufferPointer) -> FieldVerdict {
    for (index, byte) in text.enumerated() {
      if byte >= 0x80 || byte == 0 || byte == UInt8(ascii: ".") || ByteText.isDigit(byte) {
        return .doubtful
      }
      guard ByteText.isLetter(byte) else { continue }
      let rest = UnsafeRawBufferPointer(rebasing: text[index...])
      if beginsSpecialWord(rest) { return .doubtful }
    }
    return .invalid
  }

  private static func beginsSpecialWord(_ text: UnsafeRawBufferPointer) -> Bool {
    switch text[0] | 0x20 {
    case UInt8(ascii: "n"): ByteText.hasPrefix(text, "now")
    case UInt8(ascii: "t"): ByteText.hasPrefix(text, "to")
    case UInt8(ascii: "y"): ByteText.hasPrefix(text, "yes")
    case UInt8(ascii: "e"): ByteText.hasPrefix(text, "epo")
    case UInt8(ascii: "i"): ByteText.hasPrefix(text, "inf")
    case UInt8(ascii: "a"): ByteText.hasPrefix(text, "all")
    default: false
    }
  }
}
