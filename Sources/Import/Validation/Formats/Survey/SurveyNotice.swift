/// Something that the values of a column leave open, or that was concluded from other columns.
public struct SurveyNotice: Sendable, Equatable {
  /// The kinds of notices.
  public enum Code: String, Sendable, Codable {
    /// Day and month could be either.
    case ambiguousDates = "ambiguous_dates"
    /// No order reads all dates of the column.
    case contradictoryDates = "contradictory_dates"
    /// The order of another column's dates was taken.
    case inferredDates = "inferred_dates"
    /// All values of a column of dates are plain numbers.
    case excelSerials = "excel_serials"
    /// A sign could be the decimal one or part groups of digits.
    case ambiguousNumbers = "ambiguous_numbers"
    /// No way reads all numbers of the column.
    case contradictoryNumbers = "contradictory_numbers"

    /// Whether the caller has to decide.
    public var isUndecided: Bool { self != .inferredDates }
  }

  /// Stable, for programs.
  public var code: Code
  /// The column.
  public var column: String
  /// What is open, for people.
  public var message: String
  /// What the caller can do about it.
  public var hint: String

  /// Describes one notice.
  public init(code: Code, column: String, message: String, hint: String) {
    self.code = code
    self.column = column
    self.message = message
    self.hint = hint
  }
}

extension SurveyNotice {
  static func ambiguousDates(
    _ column: String, _ example: String, _ orders: [ValueFormats.DateOrder]
  ) -> SurveyNotice {
    let names = orders.map { "`\($0.rawValue)`" }.joined(separator: " or ")
    return SurveyNotice(
      code: .ambiguousDates, column: column,
      message: "the dates of \"\(column)\", such as \"\(example)\", can be read as \(names)",
      hint: "set `date_order` to \(names)")
  }

  static func contradictoryDates(
    _ column: String, _ first: String, _ second: String
  ) -> SurveyNotice {
    SurveyNotice(
      code: .contradictoryDates, column: column,
      message: "no order reads all dates of \"\(column)\": \(first) and \(second)",
      hint: "set `date_order` to `dmy`, `mdy` or `ymd`; dates of another order are then rejected")
  }

  static func inferredDates(
    _ column: String, _ example: String, _ order: ValueFormats.DateOrder
  ) -> SurveyNotice {
    SurveyNotice(
      code: .inferredDates, column: column,
      message: """
        the dates of "\(column)", such as "\(example)", are read as \(order.rawValue), \
        like those of other columns
        """,
      hint: "set `date_order` if that is wrong")
  }

  static func excelSerials(_ column: String) -> SurveyNotice {
    SurveyNotice(
      code: .excelSerials, column: column,
      message: "the dates of \"\(column)\" are plain numbers, perhaps Excel's",
      hint: "say that they are Excel's serial dates, or set `date_format`")
  }

  static func ambiguousNumbers(_ column: String, _ example: String) -> SurveyNotice {
    SurveyNotice(
      code: .ambiguousNumbers, column: column,
      message: """
        the sign in the numbers of "\(column)", such as "\(example)", can be the decimal sign or \
        part groups of digits
        """,
      hint: "set `decimal`, and `thousands` where there are groups")
  }

  static func contradictoryNumbers(
    _ column: String, _ first: String, _ second: String
  ) -> SurveyNotice {
    SurveyNotice(
      code: .contradictoryNumbers, column: column,
      message: "no decimal sign reads all numbers of \"\(column)\": \(first) and \(second)",
      hint: "set `decimal` and `thousands`; numbers written otherwise are then rejected")
  }
}
