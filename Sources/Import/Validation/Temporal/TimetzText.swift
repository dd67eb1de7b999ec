/// Text to `timetz`: int64 microseconds since midnight, then int32 seconds west of UTC, big-endian.
///
/// Source: `timetz_in` and `DecodeTimeOnly` of Postgres. Only a displacement or `Z` is read here:
/// without a zone the session's TimeZone and today's date decide.
enum TimetzText {
  /// Writes 12 bytes when the answer is `.value`.
  static func encode(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    let text = ByteText.trimmed(text)
    var cursor = TextCursor(text)
    guard let time = ClockTime(&cursor) else { return TemporalWord.verdict(ofOther: text) }
    guard let zone = ZoneText(&cursor) else { return .doubtful }
    if case .tooFar = zone { return .outOfRange }
    guard time.isValid else { return .outOfRange }
    guard case .east(let seconds) = zone else { return .doubtful }
    ByteText.store(time.microseconds, to: out)
    ByteText.store(Int32(truncatingIfNeeded: -seconds), to: out, at: 8)
    return .value
  }
}
