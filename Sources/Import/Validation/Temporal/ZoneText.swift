/// A time zone as written behind a time.
enum ZoneText {
  case absent
  /// A displacement in seconds east of UTC, signed as written; also `Z`.
  case east(Int)
  /// `UTC` or `GMT`. Postgres 18 looks such words up in the session's own zone first, and a POSIX
  /// zone like `UTC+3` gives them another meaning.
  case universal
  /// Beyond ±15:59, which Postgres refuses.
  case tooFar

  /// Reads what is left of the text; nil when it is another form.
  @inline(__always)
  init?(_ cursor: inout TextCursor) {
    cursor.skipSpaces()
    if cursor.isAtEnd {
      self = .absent
      return
    }
    let first = cursor.next
    if first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
      self.init(displacement: &cursor)
      return
    }
    let word = cursor.letters()
    guard cursor.isAtEnd else { return nil }
    if ByteText.equals(word, "z") {
      self = .east(0)
    } else if ByteText.equals(word, "utc") || ByteText.equals(word, "gmt") {
      self = .universal
    } else {
      return nil
    }
  }

  /// `+H`, `+HH`, `+HMM`, `+HHMM`, `+HH:MM` (`DecodeTimezone` in datetime.c).
  @inline(__always)
  private init?(displacement cursor: inout TextCursor) {
    let isNegative = cursor.next == UInt8(ascii: "-")
    cursor.position += 1
    guard let digits = cursor.digits(atMost: 4) else { return nil }
    var hours = digits.value
    var minutes = 0
    if digits.count > 2 {
      (hours, minutes) = hours.quotientAndRemainder(dividingBy: 100)
    } else if cursor.skip(":") {
      guard let read = cursor.digits(atMost: 2) else { return nil }
      minutes = read.value
    }
    guard cursor.isAtEnd else { return nil }
    guard hours <= 15, minutes < 60 else {
      self = .tooFar
      return
    }
    let seconds = (hours * 60 + minutes) * 60
    self = .east(isNegative ? -seconds : seconds)
  }
}
