/// What follows from a survey: the formats that are decided, and what is not.
public struct SurveyConclusion: Sendable, Equatable {
  /// What was told, and what the values decide besides.
  public var formats: ValueFormats
  /// What the caller should know or decide.
  public var notices: [SurveyNotice]

  /// Whether the values leave something open that the caller has to tell.
  public var isUndecided: Bool { notices.contains { $0.code.isUndecided } }

  init(findings: [ColumnSurvey], told: ValueFormats) {
    formats = told
    notices = []
    let shared = findings.filter { told.columns[$0.name] == nil }
    if told.dateOrder == nil, told.dateFormat?.hasDate != true {
      conclude(dates: shared.filter { $0.kind == .date })
    }
    conclude(numbers: shared.filter { $0.kind == .number }, told)
  }

  private mutating func conclude(dates: [ColumnSurvey]) {
    var orders: Set<ValueFormats.DateOrder> = []
    for column in dates {
      if case .decided(let order) = column.dates { orders.insert(order) }
      if case .numbers = column.dates, !formats.excelSerial {
        notices.append(.excelSerials(column.name))
      }
      if case .contradictory(let first, let second) = column.dates {
        notices.append(.contradictoryDates(column.name, first, second))
      }
    }
    if orders.count == 1, let order = orders.first { formats.dateOrder = order }
    for column in dates {
      switch column.dates {
      case .decided(let order) where orders.count > 1:
        override(column.name) { $0.dateOrder = order }
      case .named(let possible) where formats.dateOrder.map { !possible.contains($0) } ?? true:
        override(column.name) { $0.dateOrder = possible.first }
      case .ambiguous(let possible, let example):
        if let order = formats.dateOrder, possible.contains(order) {
          notices.append(.inferredDates(column.name, example, order))
        } else {
          notices.append(.ambiguousDates(column.name, example, possible))
        }
      default: break
      }
    }
  }

  private mutating func conclude(numbers: [ColumnSurvey], _ told: ValueFormats) {
    // What does not fit a told sign is rejected, and no question.
    if told.toldDecimal == nil { notices += numbers.compactMap(\.openQuestion) }
    let ways = Set(numbers.compactMap(\.numbers.way))
    let decimals = Set(ways.map(\.decimal))
    let thousands = Set(ways.compactMap(\.thousands))
    // Nothing need be told of numbers that Postgres reads as they are.
    if decimals == [.point], thousands.isEmpty { return }
    if decimals.count == 1, thousands.count <= 1 || told.thousands != nil {
      formats.decimal = told.toldDecimal ?? decimals.first
      formats.thousands = told.thousands ?? thousands.first
    } else {
      for column in numbers {
        guard let way = column.numbers.way else { continue }
        override(column.name) { own in
          own.decimal = told.toldDecimal ?? way.decimal
          own.thousands = told.thousands ?? way.thousands
        }
      }
    }
  }

  /// Sets the formats of a single column.
  private mutating func override(_ column: String, _ change: (inout ValueFormats) -> Void) {
    var own = formats.formats(of: column)
    own.columns = [:]
    change(&own)
    formats.columns[column] = own
  }
}

extension ColumnSurvey {
  fileprivate var openQuestion: SurveyNotice? {
    switch numbers {
    case .ambiguous(let example): .ambiguousNumbers(name, example)
    case .contradictory(let first, let second): .contradictoryNumbers(name, first, second)
    case .none, .plain, .decided: nil
    }
  }
}

extension NumberFinding {
  fileprivate struct Way: Hashable {
    let decimal: ValueFormats.Decimal
    let thousands: ValueFormats.Thousands?
  }

  fileprivate var way: Way? {
    if case .decided(let decimal, let thousands) = self {
      return Way(decimal: decimal, thousands: thousands)
    }
    return nil
  }
}
