/// The words that mean NULL, as bytes to compare with.
final class NullWords {
  /// Bit `min(n, 63)` is set where a word has `n` bytes: most fields are no word for their length alone.
  let lengths: UInt64
  private let words: [[UInt8]]

  init(_ texts: [String]) {
    // The empty word is the rule of empty fields, which needs no word.
    let words = texts.map { Array($0.utf8) }.filter { !$0.isEmpty }
    lengths = words.reduce(0) { $0 | (1 << UInt64(min($1.count, 63))) }
    self.words = words
  }

  @inline(never)
  func contains(_ text: UnsafeRawBufferPointer) -> Bool {
    words.contains { word in word.count == text.count && text.elementsEqual(word) }
  }
}
