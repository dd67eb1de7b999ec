/// How the values of one field are written: the first look at them, which tells numbers, dates and others
/// apart, and finds their signs and orders.
struct WritingEvidence {
  /// What all values of the field may be.
  enum Kind: Equatable {
    case number, date, other
  }

  private(set) var dates = DateEvidence()
  private(set) var numbers: NumberEvidence
  /// Texts with a value.
  private(set) var textCount = 0
  /// Numbers that a file of texts and numbers has as such.
  private(set) var literalNumbers = 0
  /// Dates as such.
  private(set) var literalDates = 0
  /// `true` and `false`, and times, as such.
  private(set) var literalWords = 0
  /// The first number that would not come back as it was written: `007`, `+491701234567`.
  private(set) var identifier: Quotation?
  private(set) var firstNoNumber: Quotation?
  private(set) var firstNoDate: Quotation?
  private var patternMisses = 0
  private let pattern: DatePattern?
  private let takesSerials: Bool

  init(_ told: ValueFormats) {
    numbers = NumberEvidence(told)
    pattern = told.dateFormat.flatMap { $0.hasDate ? $0 : nil }
    takesSerials = told.excelSerial
  }

  /// Whether nothing more can be learnt: neither numbers nor dates, but for slips.
  var isHopeless: Bool {
    let others = min(numbers.otherCount, dates.otherCount)
    return others >= Self.manyOthers && others > textCount / 2
  }

  /// So many values of another kind are no slips, where they are most of all.
  private static let manyOthers = 1000

  mutating func add(_ text: UnsafeRawBufferPointer, line: Int64) {
    textCount &+= 1
    let (noNumber, noDate) = (numbers.otherCount, dates.otherCount)
    numbers.add(text, line: line)
    dates.add(text, line: line)
    if numbers.otherCount > noNumber {
      if firstNoNumber == nil { firstNoNumber = Quotation(text, line: line) }
    } else if identifier == nil, Self.isIdentifier(text) {
      identifier = Quotation(text, line: line)
    }
    if dates.otherCount > noDate, firstNoDate == nil {
      firstNoDate = Quotation(text, line: line)
    }
    if let pattern, case .parts = pattern.match(text) {} else { patternMisses &+= 1 }
  }

  /// Takes a value that is no text: a number, `true` or `false`, or a date or time of a workbook, which
  /// come as ISO 8601 has them.
  mutating func addLiteral(_ text: UnsafeRawBufferPointer, line: Int64) {
    if NumberShape(text, decimal: .point) != nil {
      literalNumbers &+= 1
      return
    }
    let others = dates.otherCount
    dates.add(text, line: line)
    if dates.otherCount == others { literalDates &+= 1 } else { literalWords &+= 1 }
  }

  /// A zero before other digits, or the plus of a telephone number: digits that are no quantity.
  static func isIdentifier(_ text: UnsafeRawBufferPointer) -> Bool {
    let hasPlus = text[0] == UInt8(ascii: "+")
    let start = hasPlus || text[0] == UInt8(ascii: "-") ? 1 : 0
    guard text.count > start &+ 1 else { return false }
    if text[start] == UInt8(ascii: "0") { return ByteText.isDigit(text[start &+ 1]) }
    return hasPlus && text.count >= 8 && text.dropFirst().allSatisfy(ByteText.isDigit)
  }

  /// Values that are numbers, whatever their signs.
  var numberCount: Int { numbers.plainCount + numbers.signedCount + literalNumbers }

  /// Values that are dates, whatever their order.
  var dateCount: Int {
    dates.isoCount + dates.orderedCount + dates.namedCount + (takesSerials ? dates.numberCount : 0)
  }

  /// Numbers come before dates, as 20241231 is a number first, but not before dates of a told pattern.
  var kind: Kind {
    if pattern != nil, textCount > 0, patternMisses == 0,
      literalNumbers + literalWords + literalDates == 0
    {
      return .date
    }
    if numbers.otherCount + literalWords + literalDates == 0, numberCount > 0 {
      return identifier == nil ? .number : .other
    }
    // Words that are no texts are among the others already.
    let others = dates.otherCount + literalNumbers
    if others == 0, dateCount > 0, takesSerials || dates.numberCount == 0 { return .date }
    return .other
  }
}
