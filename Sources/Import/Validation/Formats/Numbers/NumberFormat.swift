/// Numbers with a told decimal sign, groups of digits, currency signs and percent.
///
/// `[sign] [currency] [sign] digits [decimal digits] [e[sign]digits] [currency or %]`, spaces around
/// the currency and before the percent sign. A group has three digits, the first one to three and no
/// zero in front: `0.123` is no number with groups. What has none of the signs (`1E5`, `NaN`, `0x1F`)
/// goes on as it stands.
struct NumberFormat: TextFormat {
  // A percent sign becomes at most `0.0` before the digits, or `0.00`.
  static var growth: Int { 8 }

  private let decimal: UInt8
  private let thousands: ValueFormats.Thousands?
  private let currency: [[UInt8]]
  private let percent: Bool
  private let isInteger: Bool

  init(_ formats: ValueFormats, isInteger: Bool) {
    decimal = formats.effectiveDecimal.byte
    thousands = formats.thousands
    // The longest first, so that `US$` is not taken for another sign that it begins with.
    currency = formats.currency.map { Array($0.utf8) }.sorted { $0.count > $1.count }
    percent = formats.percent
    self.isInteger = isInteger
  }

  func rewrite(_ text: UnsafeRawBufferPointer, into sink: inout TextSink) -> FormatFit {
    let start = sink.count
    if write(text, to: &sink) { return .rewritten }
    sink.count = start
    return Self.hasNoSigns(text) ? .plain : .misfit
  }

  private func write(_ text: UnsafeRawBufferPointer, to sink: inout TextSink) -> Bool {
    var cursor = TextCursor(text)
    var sign = Self.sign(&cursor)
    var hasCurrency = false
    if !currency.isEmpty, !ByteText.isDigit(cursor.next), let width = currencyWidth(cursor) {
      hasCurrency = true
      cursor.position &+= width
      Self.skipSpaces(&cursor)
      if sign == nil { sign = Self.sign(&cursor) }
    }
    if sign == UInt8(ascii: "-") { sink.append(UInt8(ascii: "-")) }
    guard let number = body(&cursor, isPercent: endsWithPercent(text), to: &sink) else {
      return false
    }
    return number.hasDigits && isEnd(cursor, isPercent: number.isPercent, hasCurrency)
  }

  private func endsWithPercent(_ text: UnsafeRawBufferPointer) -> Bool {
    percent && text[text.count &- 1] == UInt8(ascii: "%")
  }

  /// Whether nothing but the percent sign or a currency is left.
  private func isEnd(_ cursor: TextCursor, isPercent: Bool, _ hasCurrency: Bool) -> Bool {
    if cursor.isAtEnd { return !isPercent }
    var cursor = cursor
    Self.skipSpaces(&cursor)
    if isPercent {
      return !hasCurrency && cursor.skip("%") && cursor.isAtEnd
    }
    guard !hasCurrency, let width = currencyWidth(cursor) else { return false }
    return cursor.position &+ width == cursor.text.count
  }

  /// Writes digits, fraction and exponent; nil where groups or the exponent are not well-formed.
  private func body(
    _ cursor: inout TextCursor, isPercent: Bool, to sink: inout TextSink
  ) -> (hasDigits: Bool, isPercent: Bool)? {
    let start = sink.count
    guard digitGroups(&cursor, to: &sink) else { return nil }
    var digits = sink.count &- start
    if isPercent { Self.divideByHundred(&sink, from: start) }
    let fractionStart = sink.count
    if cursor.next == decimal, !cursor.isAtEnd {
      cursor.position &+= 1
      if !isPercent { sink.append(UInt8(ascii: ".")) }
      digits &+= Self.copyDigits(&cursor, to: &sink)
    }
    let hasExponent = cursor.next | 0x20 == UInt8(ascii: "e") && exponentFollows(cursor)
    if hasExponent { copyExponent(&cursor, to: &sink) }
    if isPercent, isInteger, !hasExponent { Self.dropZeroFraction(&sink, fractionStart) }
    return (digits > 0, isPercent)
  }

  private func digitGroups(_ cursor: inout TextCursor, to sink: inout TextSink) -> Bool {
    let first = cursor.next
    let count = Self.copyDigits(&cursor, to: &sink)
    guard let thousands, var width = thousands.width(cursor.text, at: cursor.position) else {
      return true
    }
    // A space behind the digits may belong to a sign that follows.
    guard ByteText.isDigit(cursor.byte(after: width)) else { return thousands.isSpace }
    guard 1...3 ~= count, first != UInt8(ascii: "0") else { return false }
    repeat {
      cursor.position &+= width
      guard Self.copyDigits(&cursor, to: &sink) == 3 else { return false }
      width = thousands.width(cursor.text, at: cursor.position) ?? 0
    } while width > 0 && ByteText.isDigit(cursor.byte(after: width))
    return width == 0 || thousands.isSpace
  }

  private func exponentFollows(_ cursor: TextCursor) -> Bool {
    let next = cursor.byte(after: 1)
    if ByteText.isDigit(next) { return true }
    return (next == UInt8(ascii: "-") || next == UInt8(ascii: "+"))
      && ByteText.isDigit(cursor.byte(after: 2))
  }

  private func copyExponent(_ cursor: inout TextCursor, to sink: inout TextSink) {
    sink.append(UInt8(ascii: "e"))
    cursor.position &+= 1
    if !ByteText.isDigit(cursor.next) {
      sink.append(cursor.next)
      cursor.position &+= 1
    }
    _ = Self.copyDigits(&cursor, to: &sink)
  }

  private func currencyWidth(_ cursor: TextCursor) -> Int? {
    let left = UnsafeRawBufferPointer(rebasing: cursor.text[cursor.position...])
    for sign in currency where left.count >= sign.count {
      var index = 0
      while index < sign.count, left[index] == sign[index] { index &+= 1 }
      if index == sign.count { return index }
    }
    return nil
  }
}

extension NumberFormat {
  /// `+`, `-` or U+2212, which counts as `-`.
  private static func sign(_ cursor: inout TextCursor) -> UInt8? {
    let next = cursor.next
    if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") {
      cursor.position &+= 1
      return next
    }
    guard next == 0xE2, cursor.byte(after: 1) == 0x88, cursor.byte(after: 2) == 0x92 else {
      return nil
    }
    cursor.position &+= 3
    return UInt8(ascii: "-")
  }

  private static func skipSpaces(_ cursor: inout TextCursor) {
    while true {
      let width = WhiteSpace.width(cursor.text, at: cursor.position)
      if width == 0 { return }
      cursor.position &+= width
    }
  }

  @inline(__always)
  private static func copyDigits(_ cursor: inout TextCursor, to sink: inout TextSink) -> Int {
    let start = cursor.position
    while ByteText.isDigit(cursor.next) {
      sink.append(cursor.next)
      cursor.position &+= 1
    }
    return cursor.position &- start
  }

  /// Puts a point before the last two of the digits from `start` on, and zeros where there are fewer
  /// than three.
  private static func divideByHundred(_ sink: inout TextSink, from start: Int) {
    let missing = max(0, 3 &- (sink.count &- start))
    if missing > 0 { sink.shift(from: start, by: missing, filling: UInt8(ascii: "0")) }
    sink.shift(from: sink.count &- 2, by: 1, filling: UInt8(ascii: "."))
  }

  /// Leaves the fraction out where it is zero: `500%` is the integer 5.
  private static func dropZeroFraction(_ sink: inout TextSink, _ fractionStart: Int) {
    let point = fractionStart &- 3
    for index in (point &+ 1)..<sink.count {
      guard sink.out.load(fromByteOffset: index, as: UInt8.self) == UInt8(ascii: "0") else {
        return
      }
    }
    sink.count = point
  }

  /// Whether no sign stands in the text that a format could give a meaning.
  private static func hasNoSigns(_ text: UnsafeRawBufferPointer) -> Bool {
    text.allSatisfy { byte in
      ByteText.isDigit(byte) || ByteText.isLetter(byte) || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
    }
  }
}

extension TextCursor {
  /// The byte `distance` bytes on; 0 behind the end.
  @inline(__always)
  func byte(after distance: Int) -> UInt8 {
    position &+ distance < text.count ? text[position &+ distance] : 0
  }
}

extension ValueFormats.Decimal {
  var byte: UInt8 { self == .point ? UInt8(ascii: ".") : UInt8(ascii: ",") }
}

extension ValueFormats.Thousands {
  var isSpace: Bool { self == .space || self == .noBreakSpace || self == .narrowNoBreakSpace }

  /// Bytes of the sign at `index`, or nil where it does not stand there.
  @inline(__always)
  func width(_ text: UnsafeRawBufferPointer, at index: Int) -> Int? {
    guard index < text.count else { return nil }
    let first = text[index]
    if ByteText.isDigit(first) { return nil }
    switch self {
    case .comma: return first == UInt8(ascii: ",") ? 1 : nil
    case .point: return first == UInt8(ascii: ".") ? 1 : nil
    case .space:
      if first == UInt8(ascii: " ") { return 1 }
      return Self.isNoBreakSpace(text, index) ? 2 : Self.isNarrowSpace(text, index) ? 3 : nil
    case .apostrophe:
      if first == UInt8(ascii: "'") { return 1 }
      return Self.hasBytes(text, index, 0xE2, 0x80, 0x99) ? 3 : nil
    case .noBreakSpace: return Self.isNoBreakSpace(text, index) ? 2 : nil
    case .narrowNoBreakSpace: return Self.isNarrowSpace(text, index) ? 3 : nil
    }
  }

  private static func isNoBreakSpace(_ text: UnsafeRawBufferPointer, _ index: Int) -> Bool {
    text.count &- index >= 2 && text[index] == 0xC2 && text[index &+ 1] == 0xA0
  }

  private static func isNarrowSpace(_ text: UnsafeRawBufferPointer, _ index: Int) -> Bool {
    hasBytes(text, index, 0xE2, 0x80, 0xAF)
  }

  private static func hasBytes(
    _ text: UnsafeRawBufferPointer, _ index: Int, _ first: UInt8, _ second: UInt8, _ third: UInt8
  ) -> Bool {
    text.count &- index >= 3 && text[index] == first && text[index &+ 1] == second
      && text[index &+ 2] == third
  }
}
