import ImportModel

/// The words that mean NULL, as bytes to compare with.
final class NullWords: Sendable {
  /// Bit `min(n, 63)` is set where a word has `n` bytes: most fields are no word for their length alone.
  let lengths: UInt64
  private let words: [[UInt8]]
  /// Whether a field that is marked as quoted can be one too: see `ValidationOptions.marksText`.
  private let areTexts: Bool

  /// No words.
  static let none = NullWords([])

  init(_ texts: [String], areTexts: Bool = false) {
    self.areTexts = areTexts
    // The empty word is the rule of empty fields, which needs no word.
    let words = texts.map { Array($0.utf8) }.filter { !$0.isEmpty }
    lengths = words.reduce(0) { $0 | (1 << UInt64(min($1.count, 63))) }
    self.words = words
  }

  /// Whether a field of this kind can be one of the words at all.
  @inline(__always)
  func concern(_ field: FieldSlice) -> Bool { !field.isQuoted || areTexts }

  @inline(never)
  func contains(_ text: UnsafeRawBufferPointer) -> Bool {
    words.contains { word in word.count == text.count && text.elementsEqual(word) }
  }
}
