/// The parts of a date and a time, to be written as ISO 8601 has them.
struct DateParts {
  var year = 0
  var month = 1
  var day = 1

  /// The year of two digits: 00 to 69 are 2000 to 2069, 70 to 99 are 1970 to 1999.
  ///
  /// Source: `ValidateDate` in datetime.c of Postgres.
  static func year(ofTwoDigits number: Int) -> Int { number < 70 ? number + 2000 : number + 1900 }

  /// Whether the calendar has the day, and the year has up to four digits.
  var isValid: Bool {
    year <= 9999 && CalendarDate(year: year, month: month, day: day).isValid
  }

  /// Writes `YYYY-MM-DD`.
  func write(to sink: inout TextSink) {
    sink.append(year, digits: 4)
    sink.append(UInt8(ascii: "-"))
    sink.append(month, digits: 2)
    sink.append(UInt8(ascii: "-"))
    sink.append(day, digits: 2)
  }

  init() {}

  init(year: Int, month: Int, day: Int) {
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// The date `days` days after 1970-01-01, from year 0 on.
  ///
  /// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
  init(daysSince1970 days: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// The day of a year, 1 being 1 January; nil where the year is shorter.
  init?(year: Int, dayOfYear: Int) {
    guard 1...9999 ~= year, 1...366 ~= dayOfYear else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    guard dayOfYear <= (isLeap ? 366 : 365) else { return nil }
    // 10957 days lie between 1970 and 2000.
    let first = CalendarDate(year: year, month: 1, day: 1).days + 10_957
    self.init(daysSince1970: first + dayOfYear - 1)
  }
}
