/// Text to `interval`: int64 microseconds, int32 days, int32 months, big-endian.
///
/// Source: `interval_in`, `DecodeInterval` and `DecodeISO8601Interval` of Postgres. Known here are
/// a clock (`02:03:04.5`), numbers with units (`1 year 2 days`), both together, and ISO 8601 with
/// designators (`P1DT2H`). Columns with a field restriction (`interval minute to second`) read some
/// of these differently and must not come here.
enum IntervalText {
  /// Writes 16 bytes when the answer is `.value`.
  static func encode(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    let trimmed = ByteText.trimmed(text)
    guard let first = trimmed.first else { return .invalid }
    var interval = IntervalParts()
    if first == UInt8(ascii: "P") {
      // Postgres skips no white space before or behind this form.
      guard trimmed.count == text.count, interval.readDesignators(text) else { return .doubtful }
    } else if !interval.readUnits(trimmed) {
      return first | 0x20 == UInt8(ascii: "p") ? .doubtful : TemporalWord.verdict(ofOther: trimmed)
    }
    guard let days = Int32(exactly: interval.days), let months = Int32(exactly: interval.months)
    else { return .doubtful }
    ByteText.store(interval.microseconds, to: out)
    ByteText.store(days, to: out, at: 8)
    ByteText.store(months, to: out, at: 12)
    return .value
  }
}

/// The three parts of an interval, as they add up while a text is read.
///
/// Numbers have at most eight digits here, so that no sum overflows 64 bits.
struct IntervalParts {
  static let mostDigits = 8

  var microseconds: Int64 = 0
  var days: Int64 = 0
  var months: Int64 = 0

  /// Adds `number` units; the fraction, in millionths, only counts for seconds.
  mutating func add(_ number: Int64, _ unit: IntervalUnit, millionths: Int64 = 0) {
    switch unit {
    case .year: months += number * 12
    case .month: months += number
    case .week: days += number * 7
    case .day: days += number
    case .hour: microseconds += number * 3600 * ClockTime.microsecondsPerSecond
    case .minute: microseconds += number * 60 * ClockTime.microsecondsPerSecond
    case .second: microseconds += number * ClockTime.microsecondsPerSecond + millionths
    }
  }
}

/// A unit of an interval, from the longest to the shortest.
enum IntervalUnit: UInt8 {
  case year, month, week, day, hour, minute, second

  /// Nil for other words, among them Postgres's many abbreviations that files rarely hold.
  init?(_ word: UnsafeRawBufferPointer) {
    guard let first = word.first else { return nil }
    func isOne(_ singular: StaticString, _ plural: StaticString) -> Bool {
      ByteText.equals(word, singular) || ByteText.equals(word, plural)
    }
    switch first | 0x20 {
    case UInt8(ascii: "d") where isOne("day", "days"): self = .day
    case UInt8(ascii: "h") where isOne("hour", "hours"): self = .hour
    case UInt8(ascii: "m") where isOne("min", "mins") || isOne("minute", "minutes"): self = .minute
    case UInt8(ascii: "m") where isOne("mon", "mons") || isOne("month", "months"): self = .month
    case UInt8(ascii: "s") where isOne("sec", "secs") || isOne("second", "seconds"): self = .second
    case UInt8(ascii: "w") where isOne("week", "weeks"): self = .week
    case UInt8(ascii: "y") where isOne("year", "years"): self = .year
    default: return nil
    }
  }

  /// A set of units as bits, to find one that is named twice.
  var bit: UInt8 { 1 << rawValue }
  /// Hours, minutes and seconds: what a clock also gives.
  static let clockBits: UInt8 = hour.bit | minute.bit | second.bit
}
