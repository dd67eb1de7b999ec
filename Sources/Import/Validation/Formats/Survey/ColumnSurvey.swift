/// What a survey found in one column.
public struct ColumnSurvey: Sendable, Equatable {
  /// The column's name.
  public var name: String
  /// What was looked for.
  public var kind: SurveyColumn.Kind
  /// What the dates say; `.none` for a column of numbers.
  public var dates: DateFinding
  /// What the numbers say; `.none` for a column of dates.
  public var numbers: NumberFinding
  /// Values seen, NULL not counted.
  public var valueCount: Int
  /// Values that are no date, or no number, in any format.
  public var otherCount: Int
}

/// A column that a survey looks at.
public struct SurveyColumn: Sendable, Equatable {
  /// What its values are meant to be.
  public enum Kind: Sendable, Equatable {
    case date, number
  }

  /// Index of the field in a row, from 0.
  public var field: Int
  /// The column's name in the target, or the header.
  public var name: String
  /// See `Kind`.
  public var kind: Kind

  /// Names a column.
  public init(field: Int, name: String, kind: Kind) {
    self.field = field
    self.name = name
    self.kind = kind
  }
}

/// What the dates of a column say of the order of their parts.
public enum DateFinding: Sendable, Equatable {
  /// There are no dates.
  case none
  /// All begin with a year of four digits, or have eight digits: Postgres reads them as they are.
  case isoOnly
  /// One order reads them all.
  case decided(ValueFormats.DateOrder)
  /// All have names of months; these orders read them, and all of them alike.
  case named(orders: [ValueFormats.DateOrder])
  /// Several orders read them all, and differently.
  case ambiguous(orders: [ValueFormats.DateOrder], example: String)
  /// No order reads them all: these two cannot stand in one.
  case contradictory(first: String, second: String)
  /// All are plain numbers, as Excel's serial dates.
  case numbers
}

/// What the numbers of a column say of their signs.
public enum NumberFinding: Sendable, Equatable {
  /// There are no numbers.
  case none
  /// Postgres reads them as they are.
  case plain
  /// One way reads them all.
  case decided(decimal: ValueFormats.Decimal, thousands: ValueFormats.Thousands?)
  /// The sign may be the decimal one or part groups of digits, as in `1.234`.
  case ambiguous(example: String)
  /// No way reads them all: these two cannot stand together.
  case contradictory(first: String, second: String)
}
