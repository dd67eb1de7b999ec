/// Dates as Excel counts them in the 1900 system: 1 is 1900-01-01, and 60 is 29 February 1900, which
/// never was. The fraction is the time of day, rounded to milliseconds, of which Excel's numbers have
/// no finer.
struct ExcelSerial {
  private static let lastDay = 2_958_465  // 9999-12-31
  private static let millisecondsPerDay: UInt64 = 86_400_000

  private let days: Int
  private let milliseconds: Int
  private let hasFraction: Bool

  /// Reads a whole text of up to seven digits, and a fraction behind the decimal sign; nil for others.
  init?(_ text: UnsafeRawBufferPointer, decimal: UInt8) {
    var cursor = TextCursor(text)
    guard var days = cursor.digits(atMost: 7)?.value else { return nil }
    hasFraction = !cursor.isAtEnd
    var milliseconds = 0
    if hasFraction {
      guard cursor.next == decimal else { return nil }
      cursor.position &+= 1
      guard let read = Self.fraction(&cursor), cursor.isAtEnd else { return nil }
      (milliseconds, days) = read == 86_400_000 ? (0, days + 1) : (read, days)
    }
    (self.days, self.milliseconds) = (days, milliseconds)
  }

  /// Milliseconds, up to a whole day. What is beyond 18 digits is too little to count.
  private static func fraction(_ cursor: inout TextCursor) -> Int? {
    let start = cursor.position
    var (value, count): (UInt64, Int) = (0, 0)
    while ByteText.isDigit(cursor.next) {
      if count < 18 {
        value = value &* 10 &+ UInt64(cursor.next &- 0x30)
        count &+= 1
      }
      cursor.position &+= 1
    }
    guard cursor.position > start else { return nil }
    let scale = DigitScan.powersOfTen[count]
    let product = value.multipliedFullWidth(by: millisecondsPerDay)
    let (quotient, remainder) = scale.dividingFullWidth(product)
    return Int(quotient) + (remainder >= scale - remainder ? 1 : 0)
  }

  /// Writes the date, with the time where there is a fraction; false for what is no day.
  func writeDate(to sink: inout TextSink) -> Bool {
    guard 1...Self.lastDay ~= days, days != 60 else { return false }
    // 25569 is 1970-01-01; before the day that never was, all numbers are one less.
    DateParts(daysSince1970: days - 25_569 + (days < 60 ? 1 : 0)).write(to: &sink)
    if hasFraction {
      sink.append(UInt8(ascii: " "))
      writeClock(to: &sink)
    }
    return true
  }

  /// Writes the time of day of a number below one; false for others.
  func writeTime(to sink: inout TextSink) -> Bool {
    guard days == 0 else { return false }
    writeClock(to: &sink)
    return true
  }

  private func writeClock(to sink: inout TextSink) {
    let seconds = milliseconds / 1000
    sink.append(seconds / 3600, digits: 2)
    sink.append(UInt8(ascii: ":"))
    sink.append(seconds / 60 % 60, digits: 2)
    sink.append(UInt8(ascii: ":"))
    sink.append(seconds % 60, digits: 2)
    if milliseconds % 1000 != 0 {
      sink.append(UInt8(ascii: "."))
      sink.append(milliseconds % 1000, digits: 3)
    }
  }
}
