import Glibc

/// Writes the serial numbers that spreadsheets keep for dates as ISO 8601 text.
///
/// To the millisecond, rounded half to even, as openpyxl does it. In the system of 1900, serials below 60
/// are a day later than counting back would give, because Excel takes 1900 for a leap year; its day 60,
/// 29 February 1900, never was, and becomes 28 February.
///
/// Nothing of a value is dropped: a format of a date only whose number has a time of day is written with
/// it, and a serial below 1 of the system of 1900, which is no date, as a time of day. Where the format has
/// a time only and the number whole days, the date is written too.
struct SerialDate {
  /// Whether the workbook counts from 1 January 1904, as Excel on the Mac did.
  let is1904: Bool

  private static let dayMilliseconds = 86_400_000
  /// Days from 1970-01-01 to the day before each system's first.
  private static let epoch1900 = -25_569
  private static let epoch1904 = -24_107
  /// Behind 31 December 9999, in days since 1970.
  private static let limit = 2_932_897

  /// Appends the text of a serial number. Returns false, and appends nothing, where it is no date that
  /// Excel knows.
  func append(_ serial: Double, as format: NumberFormat, to text: inout ByteBuffer) -> Bool {
    guard serial.isFinite else { return false }
    if format == .duration { return appendDuration(serial, to: &text) }
    guard serial >= 0, serial < 3_000_000 else { return false }
    let whole = serial.rounded(.down)
    var days = Int(whole)
    let fraction = serial - whole
    var milliseconds = Int((fraction * 86_400 * 1000).rounded(.toNearestOrEven))
    let isTime = serial < 1 && milliseconds < SerialDate.dayMilliseconds
    if isTime && (format == .time || !is1904) {
      appendTime(milliseconds, to: &text)
      return true
    }
    if milliseconds >= SerialDate.dayMilliseconds {
      days += 1
      milliseconds -= SerialDate.dayMilliseconds
    }
    if !is1904 && serial > 0 && serial < 60 { days += 1 }
    days += is1904 ? SerialDate.epoch1904 : SerialDate.epoch1900
    guard days < SerialDate.limit else { return false }
    appendDate(days, to: &text)
    if format != .date || milliseconds > 0 {
      text.append(UInt8(ascii: " "))
      appendTime(milliseconds, to: &text)
    }
    return true
  }

  /// Hours may be more than 24: `37:30:55`.
  private func appendDuration(_ serial: Double, to text: inout ByteBuffer) -> Bool {
    guard abs(serial) < 1e8 else { return false }
    let milliseconds = Int((serial * 86_400 * 1000).rounded(.toNearestOrEven))
    if milliseconds < 0 { text.append(UInt8(ascii: "-")) }
    appendTime(abs(milliseconds), to: &text)
    return true
  }

  /// Appends `hh:mm:ss`, and the milliseconds where there are any.
  private func appendTime(_ milliseconds: Int, to text: inout ByteBuffer) {
    let seconds = milliseconds / 1000
    text.append(number: seconds / 3600, width: 2)
    text.append(UInt8(ascii: ":"))
    text.append(number: seconds / 60 % 60, width: 2)
    text.append(UInt8(ascii: ":"))
    text.append(number: seconds % 60, width: 2)
    if milliseconds % 1000 > 0 {
      text.append(UInt8(ascii: "."))
      text.append(number: milliseconds % 1000, width: 3)
    }
  }

  /// Days since 1970 to year, month and day (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  private func appendDate(_ days: Int, to text: inout ByteBuffer) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    text.append(number: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), width: 4)
    text.append(UInt8(ascii: "-"))
    text.append(number: month, width: 2)
    text.append(UInt8(ascii: "-"))
    text.append(number: dayOfYear - (153 * monthIndex + 2) / 5 + 1, width: 2)
  }
}
