/// A date, and the time and zone that may follow it, as written.
struct Moment {
  let date: CalendarDate
  /// Nil when the text is a date alone.
  let time: ClockTime?
  let zone: ZoneText

  /// False when Postgres refuses one of the parts as out of range.
  @inline(__always)
  var isValid: Bool {
    if case .tooFar = zone { return false }
    guard date.isValid else { return false }
    return time.map(\.isValid) ?? true
  }

  /// Microseconds since 2000-01-01 00:00:00, as the clock shows them.
  @inline(__always)
  var microseconds: Int64 {
    Int64(date.days) &* ClockTime.microsecondsPerDay &+ (time?.microseconds ?? 0)
  }

  /// `YYYY-MM-DD HH:MM:SS[.f][zone]`, digit for digit; white space at the start is not skipped.
  @inline(__always)
  init?(fast text: UnsafeRawBufferPointer) {
    guard text.count >= 19, let bytes = text.baseAddress, let date = CalendarDate(fast: bytes),
      text[10] == UInt8(ascii: " ") || text[10] == UInt8(ascii: "T")
    else { return nil }
    var cursor = TextCursor(text)
    cursor.position = 11
    guard let time = ClockTime(fast: &cursor), let zone = ZoneText(&cursor) else { return nil }
    (self.date, self.time, self.zone) = (date, time, zone)
  }

  /// Every form that is known, in a text without white space at its ends.
  init?(_ text: UnsafeRawBufferPointer) {
    var cursor = TextCursor(text)
    guard let date = CalendarDate(&cursor) else { return nil }
    self.date = date
    if cursor.isAtEnd {
      (time, zone) = (nil, .absent)
      return
    }
    if cursor.next | 0x20 == UInt8(ascii: "t") {
      cursor.position += 1
    } else {
      guard ByteText.isSpace(cursor.next) else { return nil }
      cursor.skipSpaces()
    }
    guard let time = ClockTime(&cursor), let zone = ZoneText(&cursor) else { return nil }
    (self.time, self.zone) = (time, zone)
  }
}
