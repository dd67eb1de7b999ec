/// What the numbers of a column say of their signs.
///
/// Each value leaves the decimal signs with which it is a number; what neither reads says nothing.
struct NumberEvidence: SurveyEvidence, Sendable {
  /// Numbers without a sign but `+` and `-`.
  private(set) var plainCount = 0
  /// Numbers with signs.
  private(set) var signedCount = 0
  /// Other texts.
  private(set) var otherCount = 0
  /// Numbers that Postgres does not read as they are.
  private(set) var foreignCount = 0
  /// Numbers that a point and a comma make different ones of.
  private(set) var ambiguousCount = 0
  private var firstAmbiguous: Quotation?
  /// Whether the decimal comma is known not to read all numbers.
  private var excludesComma = false
  private var readings = [Reading(decimal: .point), Reading(decimal: .comma)]

  /// What holds if the decimal sign is this.
  private struct Reading: Sendable {
    let decimal: ValueFormats.Decimal
    var thousands: ValueFormats.Thousands?
    /// The first number with another thousands sign, beside one with the first.
    var otherThousands: Quotation?
    var firstThousands: Quotation?
    /// The first that it does not read.
    var exception: Quotation?
  }

  private let currency: [[UInt8]]
  private let percent: Bool

  /// - Parameter told: its currency signs and percent are left out of the numbers.
  init(_ told: ValueFormats) {
    currency = told.currency.map { Array($0.utf8) }.sorted { $0.count > $1.count }
    percent = told.percent
  }

  /// Up to 16 digits, with a point among them where the decimal comma is excluded already: until then three
  /// digits behind the point may be a group.
  @inline(__always)
  mutating func addUsual(_ value: SurveyedValue) -> Bool {
    let others = UsualDigits(value)
    if others.none {
      plainCount &+= 1
      return true
    }
    let behind = value.text.count &- 1 &- others.first
    guard excludesComma, others.isOne, others.first > 0, behind > 0,
      value.text[others.first] == UInt8(ascii: ".")
    else { return false }
    signedCount &+= 1
    return true
  }

  mutating func add(_ text: UnsafeRawBufferPointer, line: Int64) {
    if text.allSatisfy(ByteText.isDigit) {
      plainCount &+= 1
      return
    }
    let core = NumberShape.core(text, currency: currency, percent: percent)
    let point = NumberShape(core, decimal: .point)
    let comma = NumberShape(core, decimal: .comma)
    guard point != nil || comma != nil else {
      otherCount &+= 1
      return
    }
    if point?.isPlain ?? false {
      plainCount &+= 1
      return
    }
    signedCount &+= 1
    if point == nil || point?.thousands != nil { foreignCount &+= 1 }
    enter(point, 0, text, line)
    enter(comma, 1, text, line)
    excludesComma = readings[1].exception != nil
    if let point, let comma, point.hasFraction != comma.hasFraction { noteAmbiguous(text, line) }
  }

  private mutating func noteAmbiguous(_ text: UnsafeRawBufferPointer, _ line: Int64) {
    ambiguousCount &+= 1
    if firstAmbiguous == nil { firstAmbiguous = Quotation(text, line: line) }
  }

  private mutating func enter(
    _ shape: NumberShape?, _ index: Int, _ text: UnsafeRawBufferPointer, _ line: Int64
  ) {
    guard let shape else {
      if readings[index].exception == nil {
        readings[index].exception = Quotation(text, line: line)
      }
      return
    }
    guard let thousands = shape.thousands else { return }
    if readings[index].thousands == nil {
      readings[index].thousands = thousands
      readings[index].firstThousands = Quotation(text, line: line)
    } else if readings[index].thousands != thousands, readings[index].otherThousands == nil {
      readings[index].otherThousands = Quotation(text, line: line)
    }
  }

  /// - Parameters:
  ///   - decimal: the sign that holds for the file, or nil where the column alone decides.
  ///   - isMixed: whether columns of the file differ in it.
  func finding(
    _ decimal: ValueFormats.Decimal? = nil, isMixed: Bool = false
  ) -> NumberFinding {
    guard signedCount > 0 else { return plainCount > 0 ? .plain : .none }
    let postgres = NumberFinding.decided(decimal: .point, thousands: nil)
    let left = readings.filter { reading in
      reading.exception == nil && (decimal ?? reading.decimal) == reading.decimal
    }
    guard let first = left.first else { return isMostlyPlain ? postgres : contradiction }
    if left.count == 2, ambiguousCount > 0 {
      return isMostlyPlain && !isMixed ? postgres : .ambiguous(example: firstAmbiguous?.text ?? "")
    }
    if let one = first.firstThousands, let other = first.otherThousands {
      return isMostlyPlain
        ? postgres : .contradictory(first: one.description, second: other.description)
    }
    return .decided(decimal: first.decimal, thousands: first.thousands)
  }

  /// The only decimal sign that reads all numbers, or nil where both do, or neither.
  var decidedDecimal: ValueFormats.Decimal? {
    let isPoint = readings[0].exception == nil
    guard signedCount > 0, isPoint != (readings[1].exception == nil) else { return nil }
    return readings[isPoint ? 0 : 1].decimal
  }

  /// Whether so few numbers are written otherwise than Postgres does that they are mistakes, and no
  /// question: they are rejected one by one.
  private var isMostlyPlain: Bool { foreignCount &* 10 <= plainCount &+ signedCount }

  private var contradiction: NumberFinding {
    let found = readings.compactMap(\.exception)
    return .contradictory(
      first: found.first?.description ?? "", second: found.last?.description ?? "")
  }
}

/// Which bytes of a value are no digits, told eight at a time.
private struct UsualDigits {
  private static let high: UInt64 = 0x8080_8080_8080_8080

  /// The highest bit of each such byte among the first eight, and among those behind.
  private let head: UInt64
  private let tail: UInt64
  /// Where the eight bytes begin that `tail` speaks of.
  private let tailStart: Int

  /// A value of more than 16 bytes counts as one without digits.
  @inline(__always)
  init(_ value: SurveyedValue) {
    let count = value.text.count
    tailStart = count &- 8
    let found = UsualDigits.others(in: value.word)
    if count <= 8 {
      (head, tail) = (found & (~0 &>> UInt64(64 &- 8 &* count)), 0)
    } else if count <= 16 {
      // The last eight bytes, some of which were among the first.
      let last = value.text.loadUnaligned(fromByteOffset: tailStart, as: UInt64.self)
      let known = UInt64(8 &* (16 &- count))
      (head, tail) = (
        found, UsualDigits.others(in: UInt64(littleEndian: last)) & (~0 &<< known)
      )
    } else {
      (head, tail) = (UsualDigits.high, UsualDigits.high)
    }
  }

  /// Whether all are digits.
  @inline(__always)
  var none: Bool { head | tail == 0 }

  /// Whether all but one are digits.
  @inline(__always)
  var isOne: Bool {
    head & (head &- 1) == 0 && tail & (tail &- 1) == 0 && (head == 0) != (tail == 0)
  }

  /// Where the first one stands that is none.
  @inline(__always)
  var first: Int {
    head != 0
      ? head.trailingZeroBitCount &>> 3 : tailStart &+ tail.trailingZeroBitCount &>> 3
  }

  @inline(__always)
  private static func others(in word: UInt64) -> UInt64 {
    // Digits become 0 to 9, to which 0x76 can be added without reaching the highest bit.
    let turned = word ^ 0x3030_3030_3030_3030
    return ((turned & ~high) &+ 0x7676_7676_7676_7676 | turned) & high
  }
}

/// The signs of one number, read with a given decimal sign.
struct NumberShape {
  let hasFraction: Bool
  private(set) var thousands: ValueFormats.Thousands?

  var isPlain: Bool { !hasFraction && thousands == nil }

  /// Nil where the text is no number with that sign.
  init?(_ text: UnsafeRawBufferPointer, decimal: ValueFormats.Decimal) {
    var cursor = TextCursor(text)
    if cursor.next == UInt8(ascii: "-") || cursor.next == UInt8(ascii: "+") {
      cursor.position &+= 1
    }
    let first = cursor.next
    var digits = Self.skipDigits(&cursor)
    while let sign = Self.thousands(cursor, decimal) {
      guard digits == 3 || (thousands == nil && 1...3 ~= digits && first != UInt8(ascii: "0")),
        thousands == nil || thousands == sign
      else { return nil }
      thousands = sign
      cursor.position &+= sign.width(text, at: cursor.position) ?? 1
      digits = Self.skipDigits(&cursor)
      guard digits == 3 else { return nil }
    }
    hasFraction = cursor.next == decimal.byte
    if hasFraction {
      cursor.position &+= 1
      digits &+= Self.skipDigits(&cursor)
    }
    guard digits > 0, cursor.isAtEnd || Self.skipExponent(&cursor) else { return nil }
  }

  private static func thousands(
    _ cursor: TextCursor, _ decimal: ValueFormats.Decimal
  ) -> ValueFormats.Thousands? {
    let sign: ValueFormats.Thousands
    switch cursor.next {
    case UInt8(ascii: "."): sign = .point
    case UInt8(ascii: ","): sign = .comma
    case UInt8(ascii: " "), 0xC2: sign = .space
    case UInt8(ascii: "'"): sign = .apostrophe
    case 0xE2: sign = cursor.byte(after: 2) == 0x99 ? .apostrophe : .space
    default: return nil
    }
    guard sign.rawValue != decimal.rawValue,
      let width = sign.width(cursor.text, at: cursor.position),
      ByteText.isDigit(cursor.byte(after: width))
    else { return nil }
    return sign
  }

  private static func skipDigits(_ cursor: inout TextCursor) -> Int {
    let start = cursor.position
    while ByteText.isDigit(cursor.next) { cursor.position &+= 1 }
    return cursor.position &- start
  }

  private static func skipExponent(_ cursor: inout TextCursor) -> Bool {
    guard cursor.next | 0x20 == UInt8(ascii: "e") else { return false }
    cursor.position &+= 1
    if cursor.next == UInt8(ascii: "-") || cursor.next == UInt8(ascii: "+") {
      cursor.position &+= 1
    }
    return skipDigits(&cursor) > 0 && cursor.isAtEnd
  }

  /// A number without its currency sign or percent, as far as they are told.
  static func core(
    _ text: UnsafeRawBufferPointer, currency: [[UInt8]], percent: Bool
  ) -> UnsafeRawBufferPointer {
    if percent, text.last == UInt8(ascii: "%") {
      return WhiteSpace.trimmed(UnsafeRawBufferPointer(rebasing: text.dropLast()))
    }
    for sign in currency where text.count > sign.count {
      if text.starts(with: sign) {
        return WhiteSpace.trimmed(UnsafeRawBufferPointer(rebasing: text.dropFirst(sign.count)))
      }
      if text.suffix(sign.count).elementsEqual(sign) {
        return WhiteSpace.trimmed(UnsafeRawBufferPointer(rebasing: text.dropLast(sign.count)))
      }
      let hasSign = text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+")
      if hasSign, text.dropFirst().starts(with: sign) {
        return WhiteSpace.trimmed(UnsafeRawBufferPointer(rebasing: text.dropFirst(sign.count + 1)))
      }
    }
    return text
  }
}
