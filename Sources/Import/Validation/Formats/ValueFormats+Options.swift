public import ImportModel

extension ValueFormats {
  /// What the options of an import say of its values.
  ///
  /// - Throws: `OptionError`, naming the option.
  public init(_ options: ImportOptions) throws(OptionError) {
    self.init(
      decimal: try ValueFormats.choice("decimal", options.decimal),
      thousands: try ValueFormats.choice("thousands", options.thousands),
      currency: options.currency ?? [], percent: options.percent ?? false,
      dateOrder: try ValueFormats.choice("date_order", options.dateOrder?.lowercased()),
      dateFormat: try ValueFormats.pattern(options.dateFormat),
      excelSerial: options.excelSerial ?? false, trueWords: options.trueWords ?? [],
      falseWords: options.falseWords ?? [], trim: options.trim ?? false)
    do {
      try validate()
    } catch {
      throw OptionError(error.option, "cannot be as it is told: \(error.message)", hint: error.hint)
    }
  }

  private static func choice<T: RawRepresentable<String> & CaseIterable>(
    _ option: String, _ text: String?
  ) throws(OptionError) -> T? {
    guard let text else { return nil }
    if let known = T(rawValue: text) { return known }
    let names = T.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    throw OptionError(option, "is one of \(names)")
  }

  private static func pattern(_ text: String?) throws(OptionError) -> DatePattern? {
    guard let text else { return nil }
    do {
      return try DatePattern(text)
    } catch {
      throw OptionError(
        "date_format", "cannot be as it is told: \(error.message)", hint: error.hint)
    }
  }
}

extension FormatError {
  /// The option that has to change.
  fileprivate var option: String {
    switch code {
    case .badDateFormat: "date_format"
    case .badSeparators: "thousands"
    case .badCurrency: "currency"
    case .badWords: "true_words"
    case .badColumns: "columns"
    }
  }
}
