import Glibc

/// A moment in UTC, by year, month, day and time of day.
struct CivilTime: CustomStringConvertible {
  let year: Int
  let month: Int
  let day: Int
  /// Milliseconds since midnight.
  let millisecond: Int

  static func now() -> CivilTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return CivilTime(
      millisecondsSince1970: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
  init(millisecondsSince1970: Int64) {
    let (day, rest) = Self.floorDivide(Int(millisecondsSince1970), 86_400_000)
    // Days since 0000-03-01, so that the leap day is the last of a year; eras of 400 years.
    let (era, dayOfEra) = Self.floorDivide(day + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    self.day = dayOfYear - (153 * shifted + 2) / 5 + 1
    month = shifted < 10 ? shifted + 3 : shifted - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    millisecond = rest
  }

  /// ISO 8601 with milliseconds: `2026-11-21T03:22:43.123Z`.
  var description: String {
    let second = millisecond / 1000
    let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
    let time = [second / 3600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }
    return "\(date)T\(time.joined(separator: ":")).\(Self.padded(millisecond % 1000, 3))Z"
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  private static func floorDivide(_ number: Int, _ divisor: Int) -> (quotient: Int, rest: Int) {
    let (quotient, rest) = number.quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
  }
}
