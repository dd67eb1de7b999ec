/// Text to `date`: int32, big-endian, days since 2000-01-01.
///
/// Source: `date_in` and `DecodeDateTime` of Postgres. A time and a zone behind the date are
/// checked and dropped, as Postgres does.
enum DateText {
  /// Writes 4 bytes when the answer is `.value`.
  @inline(__always)
  static func encode(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    if text.count == 10, let bytes = text.baseAddress, let date = CalendarDate(fast: bytes) {
      guard date.isValid else { return .outOfRange }
      ByteText.store(Int32(truncatingIfNeeded: date.days), to: out)
      return .value
    }
    return encodeSlowly(text, into: out)
  }

  @inline(never)
  private static func encodeSlowly(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    let text = ByteText.trimmed(text)
    if let moment = Moment(text) {
      guard moment.isValid else { return .outOfRange }
      ByteText.store(Int32(truncatingIfNeeded: moment.date.days), to: out)
      return .value
    }
    guard let infinity = TemporalWord.Infinity(text) else {
      return TemporalWord.verdict(ofOther: text)
    }
    ByteText.store(infinity == .positive ? Int32.max : Int32.min, to: out)
    return .value
  }
}
