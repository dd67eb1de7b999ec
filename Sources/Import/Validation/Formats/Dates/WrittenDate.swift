/// A date as three parts in the order of the text, before anyone says which is which: `31.12.2024`,
/// `12/31/24`, `2024-1-5`, `31. Dezember 2024`, `January 8, 1999`, `8 de enero de 2024`.
struct WrittenDate {
  /// A number, or the name of a month.
  struct Part {
    var value = 0
    /// Digits of the number, up to four; 0 for a name.
    var digits = 0
    var isName: Bool { digits == 0 }
  }

  let first: Part
  let second: Part
  let third: Part
  /// What parts a date of numbers: one of `/ . -` or a space, the same twice.
  let separator: UInt8

  /// Reads a date; nil where the text does not begin with one.
  init?(_ cursor: inout TextCursor) {
    guard let first = Self.part(&cursor), let separator = Self.separator(&cursor),
      let second = Self.part(&cursor), let other = Self.separator(&cursor),
      let third = Self.part(&cursor)
    else { return nil }
    let names = (first.isName ? 1 : 0) + (second.isName ? 1 : 0) + (third.isName ? 1 : 0)
    guard names < 2 else { return nil }
    if names == 0 {
      guard separator == other, separator != 0, separator != UInt8(ascii: ",") else { return nil }
    }
    (self.first, self.second, self.third) = (first, second, third)
    self.separator = separator
  }

  var hasName: Bool { first.isName || second.isName || third.isName }
  /// Whether the year stands first and has four digits: then there is but one order.
  var beginsWithYear: Bool { first.digits == 4 }

  /// Whether one of the parts has four digits.
  var hasWholeYear: Bool { first.digits == 4 || second.digits == 4 || third.digits == 4 }

  /// The date in an order; nil where the parts do not make one.
  func parts(in order: ValueFormats.DateOrder) -> DateParts? {
    guard let (year, month, day) = arranged(order), day.digits <= 2, month.digits <= 2 else {
      return nil
    }
    var parts = DateParts(year: year.value, month: month.value, day: day.value)
    if year.digits == 2 {
      parts.year = DateParts.year(ofTwoDigits: year.value)
    } else if year.digits != 4 {
      return nil
    }
    return parts.isValid ? parts : nil
  }

  private func arranged(_ order: ValueFormats.DateOrder) -> (Part, Part, Part)? {
    guard hasName else {
      if beginsWithYear { return (first, second, third) }
      return switch order {
      case .ymd: (first, second, third)
      case .dmy: (third, second, first)
      case .mdy: (third, first, second)
      }
    }
    let month = first.isName ? first : second.isName ? second : third
    let (left, right) = first.isName ? (second, third) : (first, second.isName ? third : second)
    let yearIsLeft = left.digits == 4 || (right.digits != 4 && order == .ymd)
    return yearIsLeft ? (left, month, right) : (right, month, left)
  }

  private static func part(_ cursor: inout TextCursor) -> Part? {
    if ByteText.isDigit(cursor.next) {
      guard let (value, count) = cursor.digits(atMost: 4) else { return nil }
      return Part(value: value, digits: count)
    }
    return MonthName.read(&cursor).map { Part(value: $0) }
  }

  /// Reads one of `/ . - ,` with spaces around it, or spaces, with a `de` among them; 0 where a name
  /// and a number touch.
  private static func separator(_ cursor: inout TextCursor) -> UInt8? {
    let hasSpace = skipSpaces(&cursor)
    let next = cursor.next
    switch next {
    case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ","):
      cursor.position &+= 1
      _ = skipSpaces(&cursor)
      return next
    default:
      guard hasSpace else { return 0 }
      skipPreposition(&cursor)
      return UInt8(ascii: " ")
    }
  }

  /// `de` and `del`, as Spanish and Portuguese have them before the month and the year.
  private static func skipPreposition(_ cursor: inout TextCursor) {
    var ahead = cursor
    let word = ahead.letters()
    guard ByteText.equals(word, "de") || ByteText.equals(word, "del"), skipSpaces(&ahead) else {
      return
    }
    cursor = ahead
  }

  private static func skipSpaces(_ cursor: inout TextCursor) -> Bool {
    let start = cursor.position
    while true {
      let width = WhiteSpace.width(cursor.text, at: cursor.position)
      if width == 0 { return cursor.position > start }
      cursor.position &+= width
    }
  }
}
