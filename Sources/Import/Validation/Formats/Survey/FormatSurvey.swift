public import ImportModel

/// Looks over the values of a file, or of a sample, for how its dates and numbers are written.
///
/// Only bytes are looked at, and nothing is allocated for a value. Feed it every batch, then ask for the
/// conclusion: what is decided is `ValueFormats`, what is not is said and never guessed.
public struct FormatSurvey: Sendable {
  private static let blockRows = 256

  private let columns: [SurveyColumn]
  private let told: ValueFormats
  private let nullWords: NullWords
  private let marksText: Bool
  private var dates: [DateEvidence]
  private var numbers: [NumberEvidence]
  private var valueCounts: [Int]

  /// Looks at the columns of a mapping whose types are dates or numbers.
  ///
  /// - Parameters:
  ///   - told: what the caller told: it stands, and is not looked for. Currency signs and percent are left
  ///     out of the numbers.
  ///   - marksText: see `ValidationOptions.marksText`.
  public init(
    mapping: [MappedColumn], told: ValueFormats = ValueFormats(), nullWords: [String] = [],
    marksText: Bool = false
  ) {
    let columns = mapping.compactMap { mapped in
      SurveyColumn.Kind(mapped.read.type.base).map {
        SurveyColumn(field: mapped.field, name: mapped.column.name, kind: $0)
      }
    }
    self.init(columns: columns, told: told, nullWords: nullWords, marksText: marksText)
  }

  /// Looks at columns of any file, as one without a target.
  public init(
    columns: [SurveyColumn], told: ValueFormats = ValueFormats(), nullWords: [String] = [],
    marksText: Bool = false
  ) {
    self.columns = columns
    self.told = told
    self.nullWords = NullWords(nullWords, areTexts: marksText)
    self.marksText = marksText
    dates = columns.map { _ in DateEvidence() }
    numbers = columns.map { NumberEvidence(told.formats(of: $0.name)) }
    valueCounts = columns.map { _ in 0 }
  }

  /// Concludes from what was seen before, column by column.
  init(
    columns: [SurveyColumn], told: ValueFormats, dates: [DateEvidence], numbers: [NumberEvidence],
    valueCounts: [Int]
  ) {
    self.columns = columns
    self.told = told
    nullWords = .none
    marksText = false
    self.dates = dates
    self.numbers = numbers
    self.valueCounts = valueCounts
  }

  /// Whether there is anything to look at.
  public var isEmpty: Bool { columns.isEmpty }

  /// Looks at the rows of a batch; those that the reader could not make whole are passed over.
  public mutating func add(_ batch: RecordBatch) {
    let values = SurveyedValues(batch, nullWords, marksText: marksText)
    // Some rows at a time, so that they are still close at hand for the next column.
    var start = 0
    while start < batch.rows.count {
      let end = min(start + Self.blockRows, batch.rows.count)
      add(values, rows: start..<end, width: batch.fieldsPerRow)
      start = end
    }
  }

  private mutating func add(_ values: SurveyedValues, rows: Range<Int>, width: Int) {
    for (index, column) in columns.enumerated() where column.field < width {
      switch column.kind {
      case .date: valueCounts[index] &+= values.show(column.field, of: rows, to: &dates[index])
      case .number: valueCounts[index] &+= values.show(column.field, of: rows, to: &numbers[index])
      }
    }
  }

  /// What was found, column by column. Numbers are judged by the whole file's decimal sign where there
  /// is one.
  public var findings: [ColumnSurvey] {
    let decided = Set(
      columns.indices.compactMap { index in
        told.columns[columns[index].name] == nil ? numbers[index].decidedDecimal : nil
      })
    let shared = decided.count == 1 ? decided.first : nil
    return columns.indices.map { index in
      let column = columns[index]
      let isDate = column.kind == .date
      let decimal = told.formats(of: column.name).toldDecimal ?? shared
      return ColumnSurvey(
        name: column.name, kind: column.kind, dates: isDate ? dates[index].finding : .none,
        numbers: isDate
          ? .none : numbers[index].finding(decimal, isMixed: decided.count > 1),
        valueCount: valueCounts[index],
        otherCount: isDate ? dates[index].otherCount : numbers[index].otherCount)
    }
  }

  /// What follows for the import.
  public func conclusion() -> SurveyConclusion {
    SurveyConclusion(findings: findings, told: told)
  }
}

extension SurveyColumn.Kind {
  /// Nil where the type's values are written in one way only.
  init?(_ base: BaseType) {
    switch base {
    case .date, .timestamp, .timestamptz: self = .date
    case .smallint, .integer, .bigint, .real, .doublePrecision, .numeric: self = .number
    default: return nil
    }
  }
}

extension RecordRow {
  /// Whether the fields mean something.
  var hasFields: Bool {
    switch fault {
    case nil, .badCells: true
    default: false
    }
  }
}
