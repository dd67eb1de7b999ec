/// A time of day as written: `HH:MM`, `HH:MM:SS`, with a fraction, with `AM` or `PM`.
struct ClockTime {
  static let microsecondsPerSecond: Int64 = 1_000_000
  static let microsecondsPerDay: Int64 = 86_400_000_000

  private var hour: Int
  private let minute: Int
  private let second: Int
  private let fraction: Int64
  private var exceedsTwelve = false

  /// Microseconds since midnight, up to and including 24:00:00.
  @inline(__always)
  var microseconds: Int64 {
    let seconds = (hour &* 60 &+ minute) &* 60 &+ second
    return Int64(seconds) &* Self.microsecondsPerSecond &+ fraction
  }

  /// False when Postgres refuses it: "date/time field value out of range".
  @inline(__always)
  var isValid: Bool {
    hour <= 24 && minute < 60 && second <= 60 && !exceedsTwelve
      && microseconds <= Self.microsecondsPerDay
  }

  /// Reads `HH:MM:SS` of exactly two digits each, and a fraction if a point follows.
  @inline(__always)
  init?(fast cursor: inout TextCursor) {
    guard cursor.text.count &- cursor.position >= 8, let text = cursor.text.baseAddress else {
      return nil
    }
    let word = DigitScan.load(text, at: cursor.position, as: UInt64.self)
    guard word & 0x0000_FF00_00FF_0000 == 0x0000_3A00_003A_0000 else { return nil }
    let digits =
      word & 0xFFFF | (word &>> 8) & 0xFFFF_0000 | (word &>> 16) & 0xFFFF_0000_0000
      | 0x3030_0000_0000_0000
    guard DigitScan.areEightDigits(digits) else { return nil }
    let number = UInt32(truncatingIfNeeded: DigitScan.eightDigits(digits)) / 100
    hour = Int(number / 10_000)
    minute = Int(number / 100 % 100)
    second = Int(number % 100)
    cursor.position &+= 8
    if cursor.next == UInt8(ascii: ".") {
      guard let read = cursor.fraction() else { return nil }
      fraction = read
    } else {
      fraction = 0
    }
  }

  /// Reads any of the forms; digits of hours, minutes and seconds may be single.
  init?(_ cursor: inout TextCursor) {
    guard let (hour, _) = cursor.digits(atMost: 2), cursor.skip(":"),
      let (minute, _) = cursor.digits(atMost: 2)
    else { return nil }
    (self.hour, self.minute) = (hour, minute)
    guard cursor.skip(":") else {
      (second, fraction) = (0, 0)
      // Postgres takes a fraction here for minutes and seconds.
      if cursor.next == UInt8(ascii: ".") || !readMeridiem(&cursor) { return nil }
      return
    }
    guard let (second, _) = cursor.digits(atMost: 2) else { return nil }
    self.second = second
    if cursor.next == UInt8(ascii: ".") {
      guard let read = cursor.fraction() else { return nil }
      fraction = read
    } else {
      fraction = 0
    }
    if !readMeridiem(&cursor) { return nil }
  }

  /// Reads `AM` or `PM` if it follows; false when Postgres must be asked.
  private mutating func readMeridiem(_ cursor: inout TextCursor) -> Bool {
    var ahead = cursor
    ahead.skipSpaces()
    let word = ahead.letters()
    let isAfternoon = ByteText.equals(word, "pm")
    guard isAfternoon || ByteText.equals(word, "am") else { return true }
    guard ahead.isAtEnd || ByteText.isSpace(ahead.next) else { return false }
    // With a leap second Postgres's checks come before the shift.
    guard second < 60, fraction < Self.microsecondsPerSecond else { return false }
    cursor = ahead
    exceedsTwelve = hour > 12
    hour = hour % 12 + (isAfternoon ? 12 : 0)
    return true
  }
}
