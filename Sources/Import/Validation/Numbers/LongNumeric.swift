/// A number of any length, with or without exponent: the digits of a text and where they lie.
struct LongNumeric {
  /// Beyond these Postgres decides: its own limits are near, or the text is no plain number.
  private static let largestExponent = 1000
  private static let mostDigits = 8000

  private let text: UnsafeRawBufferPointer
  private var isNegative = false
  /// The first and, exclusively, the last significant digit; a point may lie between them.
  private var digits = 0..<0
  /// The place of the point, or of the end of the digits when there is none.
  private var point = 0
  /// The power of ten of the first significant digit, plus one: digits before the point.
  private var leading = 0
  private var scale = 0

  /// White space, words, exponents and long numbers; see `NumericText.encode`.
  @inline(never)
  static func encode(
    _ text: UnsafeRawBufferPointer, precision: Int?, scale: Int?,
    into out: UnsafeMutableRawPointer, count: inout Int
  ) -> FieldVerdict {
    let text = ByteText.trimmed(text)
    guard let number = LongNumeric(text) else {
      return encodeOther(text, isLimited: precision != nil, into: out, count: &count)
    }
    guard abs(number.leading) <= mostDigits, number.scale <= mostDigits else { return .doubtful }
    if let precision, !number.fits(precision: precision, scale: scale ?? 0) { return .outOfRange }
    count = number.write(to: out)
    return .value
  }

  /// Nil when the text is not `[sign] digits [. digits] [e [sign] digits]`.
  private init?(_ text: UnsafeRawBufferPointer) {
    self.text = text
    var position = 0
    if let sign = text.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      position = 1
    }
    let start = position
    position = Self.endOfDigits(text, from: position)
    point = position
    var end = position
    if position < text.count, text[position] == UInt8(ascii: ".") {
      end = Self.endOfDigits(text, from: position + 1)
      scale = end - position - 1
    }
    guard point - start + scale > 0 else { return nil }
    var power = 0
    if end < text.count {
      guard let read = Self.exponent(text, from: end) else { return nil }
      power = read
    }
    scale = Swift.max(0, scale - power)
    findSignificantDigits(in: start..<end, power: power)
  }

  private mutating func findSignificantDigits(in range: Range<Int>, power: Int) {
    var first = range.lowerBound
    var last = range.upperBound
    while first < last, !isSignificant(first) { first += 1 }
    while last > first, !isSignificant(last - 1) { last -= 1 }
    digits = first..<last
    guard first < last else { return }
    leading = power + (first < point ? point - first : point + 1 - first)
  }

  private func isSignificant(_ place: Int) -> Bool { text[place] &- 0x31 < 9 }

  private static func endOfDigits(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
    var position = start
    while position < text.count, ByteText.isDigit(text[position]) { position += 1 }
    return position
  }

  /// Reads `e[sign]digits` up to the end; nil when it is something else or too large.
  private static func exponent(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard text[start] | 0x20 == UInt8(ascii: "e"), start + 1 < text.count else { return nil }
    var position = start + 1
    let sign = text[position]
    if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { position += 1 }
    guard position < text.count else { return nil }
    var value = 0
    for byte in text[position...] {
      guard ByteText.isDigit(byte), value <= largestExponent else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    guard value <= largestExponent else { return nil }
    return sign == UInt8(ascii: "-") ? -value : value
  }
}

extension LongNumeric {
  /// Whether the value, rounded half away from zero to `scale`, has at most `precision - scale`
  /// digits before the point; either may be negative.
  private func fits(precision: Int, scale: Int) -> Bool {
    let limit = precision - scale
    if digits.isEmpty || leading < limit { return true }
    if leading > limit { return false }
    // As many digits as the precision has are kept: only nines all through can carry.
    var kept = 0
    for place in digits where place != point {
      if kept == precision { return text[place] < UInt8(ascii: "5") }
      if text[place] != UInt8(ascii: "9") { return true }
      kept += 1
    }
    return true
  }

  private func write(to out: UnsafeMutableRawPointer) -> Int {
    guard !digits.isEmpty else {
      NumericText.writeHeader(
        groups: 0, weight: 0, sign: NumericText.positive, scale: scale, to: out)
      return NumericText.headerBytes
    }
    let weight = (leading + 3) >> 2 - 1
    var groups = GroupWriter(out + NumericText.headerBytes)
    var group: UInt64 = 0
    var missing = leading - 4 * weight
    for place in digits where place != point {
      group = group * 10 + UInt64(text[place] - 0x30)
      missing -= 1
      if missing == 0 {
        groups.append(group)
        group = 0
        missing = 4
      }
    }
    if missing < 4 { groups.append(group * DigitScan.powersOfTen[missing]) }
    groups.dropTrailingZeros()
    NumericText.writeHeader(
      groups: groups.count, weight: weight,
      sign: isNegative ? NumericText.negative : NumericText.positive, scale: scale, to: out)
    return NumericText.headerBytes + 2 * groups.count
  }

  /// Infinity, not-a-number, and what is no number at all.
  private static func encodeOther(
    _ text: UnsafeRawBufferPointer, isLimited: Bool, into out: UnsafeMutableRawPointer,
    count: inout Int
  ) -> FieldVerdict {
    guard let word = FloatWord(text) else { return verdictOfOtherText(text) }
    let sign: UInt16
    switch word {
    case .notANumber: sign = NumericText.notANumber
    case .infinity: sign = NumericText.infinity
    case .negativeInfinity: sign = NumericText.negativeInfinity
    }
    if isLimited, word != .notANumber { return .outOfRange }
    // numeric_send gives infinities this scale, a by-product of their header; recv ignores it.
    let scale = word == .notANumber ? 0 : 0x20
    NumericText.writeHeader(groups: 0, weight: 0, sign: sign, scale: scale, to: out)
    count = NumericText.headerBytes
    return .value
  }

  /// Certain only for characters, and first characters, that no version of Postgres reads in a
  /// number: underscores and other bases are valid from Postgres 16 on.
  private static func verdictOfOtherText(_ text: UnsafeRawBufferPointer) -> FieldVerdict {
    guard text.allSatisfy({ $0 < 0x80 && $0 != 0 }) else { return .doubtful }
    var rest = text[...]
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      rest = rest.dropFirst()
    }
    guard let first = rest.first else { return .invalid }
    let mayBegin =
      ByteText.isDigit(first) || first == UInt8(ascii: ".") || first | 0x20 == UInt8(ascii: "i")
      || first | 0x20 == UInt8(ascii: "n")
    return mayBegin && rest.allSatisfy(mayStand) ? .doubtful : .invalid
  }

  private static func mayStand(_ byte: UInt8) -> Bool {
    switch byte | 0x20 {
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "i"), UInt8(ascii: "n"),
      UInt8(ascii: "o"), UInt8(ascii: "t"), UInt8(ascii: "x"), UInt8(ascii: "y"):
      ByteText.isLetter(byte)
    default:
      ByteText.isDigit(byte) || ByteText.isSpace(byte) || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
    }
  }
}
