/// A pattern of dates and times, in one of two languages.
///
/// With a `%` in it, as strftime has it: `%Y` year of four digits, `%y` of two, `%m` month, `%b %B %h`
/// name of the month, `%d %e` day, `%j` day of the year, `%H %k` hour, `%I %l` hour of twelve, `%M`
/// minute, `%S` second, `%f` fraction, `%p` AM or PM, `%z %Z` zone, `%a %A` weekday (skipped),
/// `%F %T %R %D` as there, `%n %t` white space, `%%`.
///
/// Without, as to_char and as LDML have it: `YYYY yyyy`, `YY yy`, `MM M`, `MON MONTH MMM MMMM` name of
/// the month, `DD D dd d`, `DDD` day of the year, `HH24 HH12 HH H hh h`, `MI`, `SS S ss s`, `MS US FF SSS`
/// fraction, `AM PM A.M. P.M. a`, `TZ TZH:TZM OF Z XXX` zone, `DAY DY EEE` weekday (skipped), text in
/// quotes, and `T`. In any case of letters: `mm` and `MM` are the month, but the minute right behind an
/// hour. Hours are of twelve where there is AM or PM.
///
/// Numbers may lack leading zeros where no other number touches them. White space stands for any white
/// space; names of months are those of seven languages; two-digit years are as in `ValueFormats`.
public struct DatePattern: Sendable, Equatable {
  /// The pattern as it was told.
  public let text: String

  let steps: [Step]
  /// Whether there is a date in it, and not a time of day alone.
  let hasDate: Bool
  /// Whether `YYYY-MM-DD` can be taken besides: not where the pattern has the day behind the year.
  let leavesISO: Bool

  /// What is to be read next.
  enum Step: Sendable, Equatable {
    case number(Field, least: Int, most: Int)
    case monthName
    case weekday
    case fraction
    case meridiem
    case zone
    case literal(UInt8)
    case space
  }

  /// What a number is.
  enum Field: Sendable, Equatable {
    case year, shortYear, month, day, dayOfYear, hour, minute, second
  }

  /// Reads a pattern.
  ///
  /// - Throws: `FormatError` with the code `bad_date_format`: an unknown token, a part twice, or one that
  ///   is missing.
  public init(_ text: String) throws(FormatError) {
    self.text = text
    var reader = PatternReader(text)
    if text.contains("%") { try reader.readPercent() } else { try reader.readLetters() }
    let checked = try reader.finished()
    steps = checked
    hasDate = checked.contains { $0.isPartOfDate }
    leavesISO = !Self.hasDayBehindYear(checked)
  }

  private static func hasDayBehindYear(_ steps: [Step]) -> Bool {
    let order = steps.compactMap { step -> Field? in
      switch step {
      case .number(.year, _, _), .number(.shortYear, _, _): .year
      case .number(.month, _, _), .monthName: .month
      case .number(.day, _, _): .day
      default: nil
      }
    }
    return order == [.year, .day, .month]
  }
}

extension DatePattern: Codable {
  /// Reads the pattern as a string.
  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the pattern as a string.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

extension DatePattern.Step {
  var isNumber: Bool {
    if case .number = self { true } else { false }
  }

  var isPartOfDate: Bool {
    switch self {
    case .number(.hour, _, _), .number(.minute, _, _), .number(.second, _, _): false
    case .number, .monthName: true
    default: false
    }
  }

  /// What may be there once only.
  var kind: String? {
    switch self {
    case .number(.year, _, _), .number(.shortYear, _, _): "the year"
    case .number(.month, _, _), .monthName: "the month"
    case .number(.day, _, _): "the day"
    case .number(.dayOfYear, _, _): "the day of the year"
    case .number(.hour, _, _): "the hour"
    case .number(.minute, _, _): "the minute"
    case .number(.second, _, _): "the second"
    case .fraction: "the fraction"
    case .meridiem: "AM or PM"
    case .zone: "the zone"
    case .weekday, .literal, .space: nil
    }
  }
}
