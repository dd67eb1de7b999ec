/// Words for true and false besides Postgres's own, found in any case.
struct BooleanWords: TextFormat {
  static var growth: Int { 1 }

  private let trueWords: [[UInt8]]
  private let falseWords: [[UInt8]]

  init(_ formats: ValueFormats) {
    trueWords = Self.spellings(formats.trueWords)
    falseWords = Self.spellings(formats.falseWords)
  }

  func rewrite(_ text: UnsafeRawBufferPointer, into sink: inout TextSink) -> FormatFit {
    if Self.contains(trueWords, text) {
      sink.append(UInt8(ascii: "t"))
    } else if Self.contains(falseWords, text) {
      sink.append(UInt8(ascii: "f"))
    } else {
      return .plain
    }
    return .rewritten
  }

  /// ASCII letters are compared in any case; for others the usual ways to write a word are kept.
  private static func spellings(_ words: [String]) -> [[UInt8]] {
    var spellings: [[UInt8]] = []
    for text in words {
      let capitalised = text.prefix(1).uppercased() + text.dropFirst().lowercased()
      for spelling in [text, text.lowercased(), text.uppercased(), capitalised] {
        let bytes = spelling.utf8.map(lowered)
        if !bytes.isEmpty, !spellings.contains(bytes) { spellings.append(bytes) }
      }
    }
    return spellings
  }

  private static func contains(_ words: [[UInt8]], _ text: UnsafeRawBufferPointer) -> Bool {
    for word in words where word.count == text.count {
      var index = 0
      while index < word.count, word[index] == lowered(text[index]) { index &+= 1 }
      if index == word.count { return true }
    }
    return false
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
  }
}
