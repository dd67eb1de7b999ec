/// How people wrote the values of a file, as far as it was told or found by a survey.
///
/// Where nothing is told, Postgres decides. What is told holds for the columns whose type it concerns;
/// texts are never touched, but for `trim`. Numbers are converted digit by digit, so that they stay exact.
public struct ValueFormats: Sendable, Equatable {
  /// The sign before the fraction of a number.
  public enum Decimal: String, Sendable, Codable, CaseIterable {
    case point = "."
    case comma = ","
  }

  /// The sign between groups of three digits.
  public enum Thousands: String, Sendable, Codable, CaseIterable {
    case comma = ","
    case point = "."
    /// A space, also one that does not break (U+00A0) or a narrow one that does not (U+202F).
    case space = " "
    /// `'`, also the typographic one (U+2019).
    case apostrophe = "'"
    /// U+00A0 only.
    case noBreakSpace = "\u{A0}"
    /// U+202F only.
    case narrowNoBreakSpace = "\u{202F}"
  }

  /// The order of the parts of a date.
  public enum DateOrder: String, Sendable, Codable, CaseIterable {
    case ymd, dmy, mdy
  }

  /// The decimal sign; nil leaves it to Postgres, which knows the point only.
  public var decimal: Decimal?
  /// The sign between groups of digits; groups must be well-formed where there are any.
  public var thousands: Thousands?
  /// Signs that may stand before or behind a number: `€`, `EUR`.
  public var currency: [String]
  /// Whether a `%` may stand behind a number and divides it by 100, exactly.
  public var percent: Bool
  /// The order in which dates are written; any of `/ . -` and spaces may part them. Two-digit years:
  /// 00 to 69 are 2000 to 2069, 70 to 99 are 1970 to 1999, as Postgres has it.
  public var dateOrder: DateOrder?
  /// A pattern of dates, or of times; one of dates not together with `dateOrder`.
  public var dateFormat: DatePattern?
  /// Whether plain numbers in date, timestamp and time columns are Excel's serial dates (1900 system).
  public var excelSerial: Bool
  /// Words for true besides Postgres's own, in any case.
  public var trueWords: [String]
  /// Words for false besides Postgres's own, in any case.
  public var falseWords: [String]
  /// Whether white space at both ends of every field is left out, of text columns too. A field without
  /// quotes that is nothing else is NULL then.
  public var trim: Bool
  /// Formats of single columns of the target, by name: they hold instead of the file's, wholly.
  public var columns: [String: ValueFormats]

  /// Nothing told, unless told otherwise.
  public init(
    decimal: Decimal? = nil, thousands: Thousands? = nil, currency: [String] = [],
    percent: Bool = false, dateOrder: DateOrder? = nil, dateFormat: DatePattern? = nil,
    excelSerial: Bool = false, trueWords: [String] = [], falseWords: [String] = [],
    trim: Bool = false, columns: [String: ValueFormats] = [:]
  ) {
    self.decimal = decimal
    self.thousands = thousands
    self.currency = currency
    self.percent = percent
    self.dateOrder = dateOrder
    self.dateFormat = dateFormat
    self.excelSerial = excelSerial
    self.trueWords = trueWords
    self.falseWords = falseWords
    self.trim = trim
    self.columns = columns
  }

  /// The decimal sign that holds: the one told, or the point, or the comma where the point parts groups.
  public var effectiveDecimal: Decimal { decimal ?? (thousands == .point ? .comma : .point) }

  /// The decimal sign as far as it is told: where points or commas part groups, it is the other one.
  var toldDecimal: Decimal? {
    decimal != nil || thousands == .point || thousands == .comma ? effectiveDecimal : nil
  }

  /// Whether anything is told of numbers.
  var concernsNumbers: Bool {
    decimal != nil || thousands != nil || !currency.isEmpty || percent
  }

  /// What is told of a column.
  func formats(of column: String) -> ValueFormats { columns[column] ?? self }
}

extension ValueFormats {
  /// Checks that what is told fits together.
  ///
  /// - Throws: `FormatError`.
  public func validate() throws(FormatError) {
    if let thousands, thousands.rawValue == effectiveDecimal.rawValue {
      throw FormatError(
        .badSeparators,
        "\"\(thousands.rawValue)\" cannot be both the decimal and the thousands sign",
        hint: "set `decimal` and `thousands` to different signs")
    }
    if dateOrder != nil, dateFormat?.hasDate == true {
      throw FormatError(
        .badDateFormat, "a date format has an order of its own",
        hint: "set either `date_format` or `date_order`")
    }
    for sign in currency where !Self.canBeCurrency(sign) {
      throw FormatError(
        .badCurrency, "\"\(sign)\" cannot be a currency sign",
        hint: "a sign has no digits, none of `+ - , ' %`, no spaces and no point in front")
    }
    let both = Set(trueWords.map(Self.folded)).intersection(falseWords.map(Self.folded))
    if let word = both.min() {
      throw FormatError(
        .badWords, "\"\(word)\" cannot mean both true and false",
        hint: "leave it out of the true words or of the false words")
    }
    for column in columns.keys.sorted() {
      guard let own = columns[column] else { continue }
      guard own.columns.isEmpty else {
        throw FormatError(
          .badColumns, "the formats of the column \"\(column)\" name columns again",
          hint: "name columns at the top only")
      }
      try own.validate()
    }
  }

  private static func canBeCurrency(_ sign: String) -> Bool {
    // `Fr.` and `kr.` are signs, `.5` is a number.
    !sign.isEmpty && sign.first != "."
      && sign.unicodeScalars.allSatisfy { scalar in
        !("0"..."9").contains(scalar) && !"+-,'%’−".unicodeScalars.contains(scalar)
          && !scalar.properties.isWhitespace
      }
  }

  static func folded(_ word: String) -> String {
    word.lowercased()
  }
}

extension ValueFormats: Codable {
  private enum CodingKeys: String, CodingKey {
    case decimal, thousands, currency, percent
    case dateOrder = "date_order"
    case dateFormat = "date_format"
    case excelSerial = "excel_serial"
    case trueWords = "true_words"
    case falseWords = "false_words"
    case trim, columns
  }

  /// Reads what is told; what is missing is not told.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      decimal: try values.decodeIfPresent(Decimal.self, forKey: .decimal),
      thousands: try values.decodeIfPresent(Thousands.self, forKey: .thousands),
      currency: try values.decodeIfPresent([String].self, forKey: .currency) ?? [],
      percent: try values.decodeIfPresent(Bool.self, forKey: .percent) ?? false,
      dateOrder: try values.decodeIfPresent(DateOrder.self, forKey: .dateOrder),
      dateFormat: try values.decodeIfPresent(DatePattern.self, forKey: .dateFormat),
      excelSerial: try values.decodeIfPresent(Bool.self, forKey: .excelSerial) ?? false,
      trueWords: try values.decodeIfPresent([String].self, forKey: .trueWords) ?? [],
      falseWords: try values.decodeIfPresent([String].self, forKey: .falseWords) ?? [],
      trim: try values.decodeIfPresent(Bool.self, forKey: .trim) ?? false,
      columns: try values.decodeIfPresent([String: ValueFormats].self, forKey: .columns) ?? [:])
  }
}
