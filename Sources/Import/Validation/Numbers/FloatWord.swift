/// The words that `real`, `double precision` and `numeric` accept for what is no finite number.
enum FloatWord {
  case infinity
  case negativeInfinity
  case notANumber

  /// Nil for any other text, and for forms on which versions of Postgres may differ (`-nan`).
  init?(_ text: UnsafeRawBufferPointer) {
    guard let first = text.first else { return nil }
    if ByteText.equals(text, "nan") {
      self = .notANumber
      return
    }
    let isSigned = first == UInt8(ascii: "-") || first == UInt8(ascii: "+")
    let word = UnsafeRawBufferPointer(rebasing: text[(isSigned ? 1 : 0)...])
    guard ByteText.equals(word, "inf") || ByteText.equals(word, "infinity") else { return nil }
    self = first == UInt8(ascii: "-") ? .negativeInfinity : .infinity
  }
}
