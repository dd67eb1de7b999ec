/// Text to `timestamp` and `timestamptz`: int64, big-endian, microseconds since 2000-01-01.
///
/// Source: `timestamp_in`, `timestamptz_in` and `DecodeDateTime` of Postgres. The column's
/// precision is applied by the receiving side.
enum TimestampText {
  /// Writes 8 bytes when the answer is `.value`.
  ///
  /// - `withZone`: an explicit zone is applied; otherwise it is checked and dropped.
  /// - `assumeUTC`: the session's TimeZone is known to be UTC. Without it a text that has no zone,
  ///   or has one by name, is left to Postgres.
  @inline(__always)
  static func encode(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer, withZone: Bool,
    assumeUTC: Bool
  ) -> FieldVerdict {
    if let moment = Moment(fast: text) {
      return encode(moment, into: out, withZone: withZone, assumeUTC: assumeUTC)
    }
    return encodeSlowly(text, into: out, withZone: withZone, assumeUTC: assumeUTC)
  }

  @inline(__always)
  private static func encode(
    _ moment: Moment, into out: UnsafeMutableRawPointer, withZone: Bool, assumeUTC: Bool
  ) -> FieldVerdict {
    guard moment.isValid else { return .outOfRange }
    var microseconds = moment.microseconds
    if withZone {
      if case .east(let seconds) = moment.zone {
        microseconds &-= Int64(seconds) &* ClockTime.microsecondsPerSecond
      } else if !assumeUTC {
        return .doubtful
      }
    }
    ByteText.store(microseconds, to: out)
    return .value
  }

  @inline(never)
  private static func encodeSlowly(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer, withZone: Bool,
    assumeUTC: Bool
  ) -> FieldVerdict {
    let text = ByteText.trimmed(text)
    if let moment = Moment(text) {
      return encode(moment, into: out, withZone: withZone, assumeUTC: assumeUTC)
    }
    guard let infinity = TemporalWord.Infinity(text) else {
      return TemporalWord.verdict(ofOther: text)
    }
    ByteText.store(infinity == .positive ? Int64.max : Int64.min, to: out)
    return .value
  }
}
