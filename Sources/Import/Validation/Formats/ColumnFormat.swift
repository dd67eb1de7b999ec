import ImportModel

/// What the told formats mean for the values of one column.
enum ColumnFormat {
  case number(NumberFormat)
  case date(DateFormat)
  case time(TimeFormat)
  case boolean(BooleanWords)
  /// White space at the ends is left out, and nothing else touched.
  case trim
  /// Texts become strings of JSON.
  case jsonText

  /// Nil where nothing that is told concerns the type.
  ///
  /// - Parameter textsAreJSON: see `ValidationOptions.textsAreJSON`.
  init?(_ formats: ValueFormats, for base: BaseType, textsAreJSON: Bool = false) {
    if textsAreJSON, base == .json || base == .jsonb {
      self = .jsonText
    } else if let format = Self.told(formats, for: base) {
      self = format
    } else if formats.trim {
      self = .trim
    } else {
      return nil
    }
  }

  /// Whether it is one of numbers.
  var isNumber: Bool { if case .number = self { true } else { false } }

  private static func told(_ formats: ValueFormats, for base: BaseType) -> ColumnFormat? {
    switch base {
    case .smallint, .integer, .bigint:
      formats.concernsNumbers ? .number(NumberFormat(formats, isInteger: true)) : nil
    case .real, .doublePrecision, .numeric:
      formats.concernsNumbers ? .number(NumberFormat(formats, isInteger: false)) : nil
    case .date, .timestamp, .timestamptz:
      formats.concernsDates ? .date(DateFormat(formats)) : nil
    case .time:
      formats.concernsTimes ? .time(TimeFormat(formats)) : nil
    case .boolean:
      formats.trueWords.isEmpty && formats.falseWords.isEmpty
        ? nil : .boolean(BooleanWords(formats))
    default:
      nil
    }
  }
}

extension ValueFormats {
  fileprivate var concernsDates: Bool {
    dateOrder != nil || excelSerial || dateFormat?.hasDate == true
  }

  fileprivate var concernsTimes: Bool { excelSerial || dateFormat?.hasDate == false }
}
