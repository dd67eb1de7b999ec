/// What the dates of a column say of the order of their parts.
///
/// Each value leaves the orders in which it is a date; what no order reads says nothing. With a
/// two-digit year `31/12/24` may be 2031-12-24, so that `ymd` is among the orders too, but for dates with
/// points or names, which nobody writes from the year down without its century.
struct DateEvidence: SurveyEvidence, Sendable {
  /// Dates that begin with a year of four digits, or have eight digits.
  private(set) var isoCount = 0
  /// Dates of numbers that do not begin with a year of four digits.
  private(set) var orderedCount = 0
  /// Dates with the name of a month.
  private(set) var namedCount = 0
  /// Plain numbers, as Excel's serial dates are.
  private(set) var numberCount = 0
  /// Other texts.
  private(set) var otherCount = 0
  /// Bit `n` is set while order `n` reads all dates seen.
  private var possible: UInt8 = 7
  private var firstDate: Quotation?
  /// The first date that each order does not read.
  private var exceptions: [Quotation?] = [nil, nil, nil]

  private static let orders: [ValueFormats.DateOrder] = [.dmy, .mdy, .ymd]

  /// `YYYY-MM-DD`, alone or with a time of day.
  @inline(__always)
  mutating func addUsual(_ value: SurveyedValue) -> Bool {
    let text = value.text
    guard text.count >= 10, let bytes = text.baseAddress, let date = CalendarDate(fast: bytes),
      date.isValid, text.count == 10 || Self.hasUsualTime(text)
    else { return false }
    isoCount &+= 1
    return true
  }

  /// Hours and a colon behind ten bytes. What stands behind them, zones and spaces, plays no part.
  @inline(__always)
  private static func hasUsualTime(_ text: UnsafeRawBufferPointer) -> Bool {
    text.count >= 15 && (text[10] == UInt8(ascii: " ") || text[10] == UInt8(ascii: "T"))
      && ByteText.isDigit(text[11]) && ByteText.isDigit(text[12])
      && text[13] == UInt8(ascii: ":") && ByteText.isDigit(text[14])
  }

  mutating func add(_ text: UnsafeRawBufferPointer, line: Int64) {
    var cursor = TextCursor(text)
    guard let date = WrittenDate(&cursor), Self.isEnd(cursor) else {
      addOther(text)
      return
    }
    let mask = Self.mask(date)
    guard mask != 0 else {
      otherCount &+= 1
      return
    }
    if date.hasName {
      namedCount &+= 1
      // With a whole year, every order reads it alike.
      if date.hasWholeYear { return }
    } else if date.beginsWithYear {
      isoCount &+= 1
      return
    } else {
      orderedCount &+= 1
      if firstDate == nil { firstDate = Quotation(text, line: line) }
    }
    for index in 0..<3 where mask >> index & 1 == 0 && exceptions[index] == nil {
      exceptions[index] = Quotation(text, line: line)
    }
    possible &= mask
  }

  private static func isEnd(_ cursor: TextCursor) -> Bool {
    if cursor.isAtEnd { return true }
    var cursor = cursor
    return TimeTail.skipSeparator(&cursor) && TimeTail.beginsTime(cursor)
  }

  private static func mask(_ date: WrittenDate) -> UInt8 {
    var mask: UInt8 = 0
    for (index, order) in orders.enumerated() where date.parts(in: order) != nil {
      mask |= 1 << index
    }
    let isFromYearDown = date.separator != UInt8(ascii: ".") && !date.hasName
    return isFromYearDown || mask == 4 || date.hasWholeYear ? mask : mask & 3
  }

  private mutating func addOther(_ text: UnsafeRawBufferPointer) {
    let digits = text.prefix { ByteText.isDigit($0) }.count
    if digits == 8 {
      isoCount &+= 1
    } else if 1...7 ~= digits,
      ExcelSerial(text, decimal: UInt8(ascii: ".")) != nil
        || ExcelSerial(text, decimal: UInt8(ascii: ",")) != nil
    {
      numberCount &+= 1
    } else {
      otherCount &+= 1
    }
  }

  var finding: DateFinding {
    guard orderedCount + namedCount > 0 else {
      if numberCount > 0, isoCount == 0 { return .numbers }
      return isoCount > 0 ? .isoOnly : .none
    }
    let left = Self.orders.indices.filter { possible >> $0 & 1 == 1 }.map { Self.orders[$0] }
    guard let first = left.first else { return contradiction }
    // They say nothing of the order in which others are written.
    if orderedCount == 0 { return .named(orders: left) }
    if left.count == 1 { return .decided(first) }
    return .ambiguous(orders: left, example: firstDate?.text ?? "")
  }

  /// The two that exclude the likeliest orders.
  private var contradiction: DateFinding {
    let found = exceptions.compactMap(\.self)
    let (one, other) = (found[0], found.first { $0 != found[0] } ?? found[0])
    return .contradictory(first: one.description, second: other.description)
  }
}

/// A value and the line it stands on, kept for a message.
struct Quotation: Sendable, Equatable, CustomStringConvertible {
  let text: String
  let line: Int64

  init(_ text: UnsafeRawBufferPointer, line: Int64) {
    self.text = Excerpt.quotation(text)
    self.line = line
  }

  var description: String { "\"\(text)\" in line \(line)" }
}
