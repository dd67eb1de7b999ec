import ImportModel

/// What the rejects of a column with a told format say.
struct FormatExpectation {
  private let typeName: String
  private let kind: Kind

  private enum Kind {
    case number(String)
    case pattern(String)
    case order(ValueFormats.DateOrder)
    case serial
    case words(String)
    /// Nothing but white space is told: Postgres's own words do.
    case none
  }

  init(_ formats: ValueFormats, for base: BaseType) {
    typeName = base.messageName
    switch base {
    case .smallint, .integer, .bigint:
      kind = formats.concernsNumbers ? .number(formats.sample(fraction: "")) : .none
    case .real, .doublePrecision, .numeric:
      kind = formats.concernsNumbers ? .number(formats.sample(fraction: "56")) : .none
    case .date, .timestamp, .timestamptz:
      kind = Self.kind(formats, isTime: false)
    case .time:
      kind = Self.kind(formats, isTime: true)
    case .boolean where !(formats.trueWords + formats.falseWords).isEmpty:
      let words = formats.trueWords.prefix(8) + formats.falseWords.prefix(8)
      kind = .words(words.map { "\"\($0)\"" }.joined(separator: ", "))
    default:
      kind = .none
    }
  }

  private static func kind(_ formats: ValueFormats, isTime: Bool) -> Kind {
    if let pattern = formats.dateFormat, pattern.hasDate != isTime { return .pattern(pattern.text) }
    if !isTime, let order = formats.dateOrder { return .order(order) }
    return formats.excelSerial ? .serial : .none
  }

  /// The message for a value at fault, or nil where no format was told of the column.
  func message(of text: UnsafeRawBufferPointer) -> String? {
    guard let expected = expected(text) else { return nil }
    return "invalid input for \(typeName): \"\(Excerpt.quotation(text))\" (expected \(expected))"
  }

  private func expected(_ text: UnsafeRawBufferPointer) -> String? {
    switch kind {
    case .number(let sample): sample
    case .pattern(let pattern): pattern
    case .order(let order): order.sample(like: text)
    case .serial: "a date in a form that Postgres knows, or a number of days as in Excel"
    case .words(let words): "true, false or one of \(words)"
    case .none: nil
    }
  }
}

extension ValueFormats {
  /// `1.234,56`, and what may stand beside it.
  fileprivate func sample(fraction: String) -> String {
    var sample = "1\(thousands?.rawValue ?? "")234"
    if !fraction.isEmpty { sample += effectiveDecimal.rawValue + fraction }
    var extras = currency.prefix(4).map { $0 }
    if percent { extras.append("%") }
    if !extras.isEmpty { sample += ", with or without \(extras.joined(separator: " or "))" }
    return sample
  }
}

extension ValueFormats.DateOrder {
  /// `DD/MM/YYYY`, with the sign that the value itself has.
  fileprivate func sample(like text: UnsafeRawBufferPointer) -> String {
    let usual = self == .ymd ? UInt8(ascii: "-") : UInt8(ascii: "/")
    let sign = text.first { ".-/".utf8.contains($0) } ?? usual
    let parts =
      switch self {
      case .ymd: ["YYYY", "MM", "DD"]
      case .dmy: ["DD", "MM", "YYYY"]
      case .mdy: ["MM", "DD", "YYYY"]
      }
    return parts.joined(separator: String(Unicode.Scalar(sign)))
  }
}
