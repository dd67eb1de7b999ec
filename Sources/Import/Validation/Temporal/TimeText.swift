/// Text to `time`: int64, big-endian, microseconds since midnight.
///
/// Source: `time_in` and `DecodeTimeOnly` of Postgres. The column's precision is applied by the
/// receiving side; a text with a zone is left to Postgres.
enum TimeText {
  /// Writes 8 bytes when the answer is `.value`.
  @inline(__always)
  static func encode(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    var cursor = TextCursor(text)
    if let time = ClockTime(fast: &cursor), cursor.isAtEnd {
      guard time.isValid else { return .outOfRange }
      ByteText.store(time.microseconds, to: out)
      return .value
    }
    return encodeSlowly(text, into: out)
  }

  @inline(never)
  private static func encodeSlowly(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    let text = ByteText.trimmed(text)
    var cursor = TextCursor(text)
    guard let time = ClockTime(&cursor) else { return TemporalWord.verdict(ofOther: text) }
    guard cursor.isAtEnd else { return .doubtful }
    guard time.isValid else { return .outOfRange }
    ByteText.store(time.microseconds, to: out)
    return .value
  }
}
