/// Dates in a told order or pattern, or as Excel's numbers, to ISO 8601.
///
/// Texts without a digit (`infinity`, `today`) and dates that begin with a year of four digits go on as
/// they stand: their meaning hangs on no order.
struct DateFormat: TextFormat {
  static var growth: Int { 48 }

  /// What was told of the way dates are written.
  enum Way {
    case nothing
    case order(ValueFormats.DateOrder)
    case pattern(DatePattern)
  }

  let way: Way
  /// The decimal sign of Excel's numbers, or nil where they were not told.
  let excelDecimal: UInt8?

  init(_ formats: ValueFormats) {
    if let pattern = formats.dateFormat, pattern.hasDate {
      way = .pattern(pattern)
    } else if let order = formats.dateOrder {
      way = .order(order)
    } else {
      way = .nothing
    }
    excelDecimal = formats.excelSerial ? formats.effectiveDecimal.byte : nil
  }

  func rewrite(_ text: UnsafeRawBufferPointer, into sink: inout TextSink) -> FormatFit {
    if case .pattern(let pattern) = way {
      switch pattern.match(text) {
      case .parts(let parts):
        parts.write(to: &sink)
        return .rewritten
      case .impossible: return .misfit
      case .otherForm: break
      }
    }
    if let excelDecimal, let serial = ExcelSerial(text, decimal: excelDecimal) {
      return serial.writeDate(to: &sink) ? .rewritten : .misfit
    }
    switch way {
    case .nothing: return .plain
    case .pattern(let pattern): return pattern.leavesISO && Self.isISO(text) ? .plain : .misfit
    case .order(let order): return rewrite(text, order, into: &sink)
    }
  }

  private func rewrite(
    _ text: UnsafeRawBufferPointer, _ order: ValueFormats.DateOrder, into sink: inout TextSink
  ) -> FormatFit {
    let start = sink.count
    if write(text, order, to: &sink) { return .rewritten }
    sink.count = start
    return Self.isUnambiguous(text, order) ? .plain : .misfit
  }

  private func write(
    _ text: UnsafeRawBufferPointer, _ order: ValueFormats.DateOrder, to sink: inout TextSink
  ) -> Bool {
    var cursor = TextCursor(text)
    guard let date = WrittenDate(&cursor), let parts = date.parts(in: order) else { return false }
    parts.write(to: &sink)
    return cursor.isAtEnd || TimeTail.copy(&cursor, to: &sink)
  }

  /// No digit at all, or `YYYY-MM-DD` at the start.
  private static func isISO(_ text: UnsafeRawBufferPointer) -> Bool {
    guard text.contains(where: ByteText.isDigit) else { return true }
    guard text.count >= 10, let bytes = text.baseAddress else { return false }
    return CalendarDate(fast: bytes) != nil && !(text.count > 10 && ByteText.isDigit(text[10]))
  }

  /// No digit at all, a year of four digits and a sign and a number, or eight digits and more; for
  /// `ymd` also `YYMMDD`, which is how Postgres reads six digits.
  private static func isUnambiguous(
    _ text: UnsafeRawBufferPointer, _ order: ValueFormats.DateOrder
  ) -> Bool {
    var count = 0
    while count < text.count, ByteText.isDigit(text[count]) { count &+= 1 }
    switch count {
    case 0: return !text.contains(where: ByteText.isDigit)
    case 4:
      guard text.count > 5, ByteText.isDigit(text[5]) else { return false }
      return text[4] == UInt8(ascii: "-") || text[4] == UInt8(ascii: "/")
        || text[4] == UInt8(ascii: ".")
    case 6: return order == .ymd
    default: return count >= 8
    }
  }
}

/// Times in a told pattern, or as Excel's numbers.
struct TimeFormat: TextFormat {
  static var growth: Int { 48 }

  private let pattern: DatePattern?
  private let excelDecimal: UInt8?

  init(_ formats: ValueFormats) {
    pattern = formats.dateFormat.flatMap { $0.hasDate ? nil : $0 }
    excelDecimal = formats.excelSerial ? formats.effectiveDecimal.byte : nil
  }

  func rewrite(_ text: UnsafeRawBufferPointer, into sink: inout TextSink) -> FormatFit {
    if let pattern {
      switch pattern.match(text) {
      case .parts(let parts):
        parts.write(to: &sink)
        return .rewritten
      case .impossible: return .misfit
      case .otherForm: break
      }
    }
    if let excelDecimal, let serial = ExcelSerial(text, decimal: excelDecimal) {
      return serial.writeTime(to: &sink) ? .rewritten : .misfit
    }
    guard pattern != nil else { return .plain }
    let isClock = TimeTail.beginsTime(TextCursor(text))
    return isClock || !text.contains(where: ByteText.isDigit) ? .plain : .misfit
  }
}
