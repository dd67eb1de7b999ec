/// A year, month and day as written; the year comes first and has four digits.
///
/// Postgres reads this order under every DateStyle (`DecodeNumber` in datetime.c).
struct CalendarDate {
  let year: Int
  let month: Int
  let day: Int

  /// False when Postgres refuses it: "date/time field value out of range".
  @inline(__always)
  var isValid: Bool {
    guard year > 0, 1...12 ~= month, day >= 1 else { return false }
    return day <= 28 || day <= daysInMonth
  }

  private var daysInMonth: Int {
    if month != 2 { return 30 + ((month + month >> 3) & 1) }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return isLeap ? 29 : 28
  }

  /// Days since 2000-01-01 in the proleptic Gregorian calendar.
  @inline(__always)
  var days: Int {
    // Years that begin in March have their leap day at the end.
    let january = UInt32(truncatingIfNeeded: month < 3 ? 1 : 0)
    let shiftedYear = UInt32(truncatingIfNeeded: year) &- january
    let shiftedMonth = UInt32(truncatingIfNeeded: month) &+ 12 &* january &- 3
    let dayOfYear = (153 &* shiftedMonth &+ 2) / 5 &+ UInt32(truncatingIfNeeded: day) &- 1
    let century = shiftedYear / 100
    let days = 365 &* shiftedYear &+ shiftedYear / 4 &- century &+ century / 4 &+ dayOfYear
    return Int(days) &- 730_425
  }

  /// Reads `YYYY-MM-DD` at the very start of a text of at least 10 bytes.
  @inline(__always)
  init?(fast text: UnsafeRawPointer) {
    let head = DigitScan.load(text, at: 0, as: UInt64.self)
    let tail = DigitScan.load(text, at: 8, as: UInt16.self)
    guard head & 0xFF00_00FF_0000_0000 == 0x2D00_002D_0000_0000 else { return nil }
    let digits =
      head & 0xFFFF_FFFF | (head &>> 8) & 0xFFFF_0000_0000 | UInt64(tail) &<< 48
    guard DigitScan.areEightDigits(digits) else { return nil }
    self.init(compact: UInt32(truncatingIfNeeded: DigitScan.eightDigits(digits)))
  }

  /// Reads `YYYY-MM-DD`, also with `/` or `.`, months and days of one digit, or `YYYYMMDD`.
  init?(_ cursor: inout TextCursor) {
    guard let (number, count) = cursor.digits(atMost: 8) else { return nil }
    if count == 8 {
      self.init(compact: UInt32(number))
      return
    }
    let delimiter = cursor.next
    guard count == 4,
      delimiter == UInt8(ascii: "-") || delimiter == UInt8(ascii: "/")
        || delimiter == UInt8(ascii: ".")
    else { return nil }
    cursor.position += 1
    guard let (month, _) = cursor.digits(atMost: 2), cursor.next == delimiter else { return nil }
    cursor.position += 1
    guard let (day, _) = cursor.digits(atMost: 2) else { return nil }
    self.init(year: number, month: month, day: day)
  }

  @inline(__always)
  private init(compact number: UInt32) {
    self.init(
      year: Int(number / 10_000), month: Int(number / 100 % 100), day: Int(number % 100))
  }

  @inline(__always)
  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }
}
