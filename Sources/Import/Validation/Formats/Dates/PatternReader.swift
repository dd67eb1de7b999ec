/// Turns the text of a date pattern into steps.
struct PatternReader {
  let text: String
  let bytes: [UInt8]
  var position = 0
  var steps: [DatePattern.Step] = []
  /// Whether the hour was told to be one of twelve, or of twenty-four.
  var hoursTold: Int?

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  mutating func append(_ field: DatePattern.Field) {
    switch field {
    case .year: steps.append(.number(.year, least: 4, most: 4))
    case .shortYear: steps.append(.number(.shortYear, least: 2, most: 2))
    case .dayOfYear: steps.append(.number(.dayOfYear, least: 1, most: 3))
    default: steps.append(.number(field, least: 1, most: 2))
    }
  }

  mutating func appendLiteral(_ byte: UInt8) {
    guard ByteText.isSpace(byte) else {
      steps.append(.literal(byte))
      return
    }
    if steps.last != .space { steps.append(.space) }
  }

  /// Checks the steps, and gives numbers that touch one another their full width.
  func finished() throws(FormatError) -> [DatePattern.Step] {
    var kinds: Set<String> = []
    for step in steps {
      guard let kind = step.kind else { continue }
      guard kinds.insert(kind).inserted else { throw error("has \(kind) twice") }
    }
    try checkDate(kinds)
    try checkTime(kinds)
    var steps = self.steps
    while steps.last == .space { steps.removeLast() }
    while steps.first == .space { steps.removeFirst() }
    for index in steps.indices.dropLast() where steps[index + 1].startsWithDigit {
      guard case .number(let field, _, let most) = steps[index] else { continue }
      steps[index] = .number(field, least: most, most: most)
    }
    return steps
  }

  private func checkDate(_ kinds: Set<String>) throws(FormatError) {
    let date = kinds.intersection(["the year", "the month", "the day", "the day of the year"])
    guard !date.isEmpty else {
      if !kinds.contains("the hour") { throw error("has neither a date nor a time") }
      return
    }
    if date.contains("the day of the year") {
      guard date.count == 2, date.contains("the year") else {
        throw error("has a day of the year, which goes with a year alone")
      }
      return
    }
    for part in ["the year", "the month", "the day"] where !date.contains(part) {
      throw error("lacks \(part)")
    }
  }

  private func checkTime(_ kinds: Set<String>) throws(FormatError) {
    let needs = [
      ("the minute", "the hour"), ("the second", "the minute"), ("the fraction", "the second"),
      ("AM or PM", "the hour"), ("the zone", "the hour"),
    ]
    for (part, other) in needs where kinds.contains(part) && !kinds.contains(other) {
      throw error("has \(part) without \(other)")
    }
    let hasMeridiem = kinds.contains("AM or PM")
    if hoursTold == 12, !hasMeridiem { throw error("has an hour of twelve without AM or PM") }
    if hoursTold == 24, hasMeridiem { throw error("has an hour of twenty-four with AM or PM") }
  }

  func error(_ what: String) -> FormatError {
    FormatError(
      .badDateFormat, "the date format \"\(text)\" \(what)",
      hint: "write it as `DD.MM.YYYY HH24:MI:SS` or as `%d.%m.%Y %H:%M:%S`")
  }
}

extension DatePattern.Step {
  fileprivate var startsWithDigit: Bool { isNumber || self == .fraction }
}

/// The language of strftime.
extension PatternReader {
  mutating func readPercent() throws(FormatError) {
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "%") { try readDirective() } else { appendLiteral(byte) }
    }
  }

  private mutating func readDirective() throws(FormatError) {
    let start = position - 1
    // `%-d` and `%#d` leave zeros out, `%_d` writes spaces: all are read alike.
    if position < bytes.count, "-_#0".utf8.contains(bytes[position]) { position += 1 }
    guard position < bytes.count else { throw error("ends with a lone `%`") }
    let letter = bytes[position]
    position += 1
    guard !append(directive: letter), !append(compound: letter) else { return }
    let token = String(decoding: bytes[start..<position], as: UTF8.self)
    throw error("has `\(token)`, which is unknown")
  }

  private mutating func append(directive letter: UInt8) -> Bool {
    switch letter {
    case UInt8(ascii: "Y"): append(.year)
    case UInt8(ascii: "y"): append(.shortYear)
    case UInt8(ascii: "m"): append(.month)
    case UInt8(ascii: "d"), UInt8(ascii: "e"): append(.day)
    case UInt8(ascii: "j"): append(.dayOfYear)
    case UInt8(ascii: "H"), UInt8(ascii: "k"): appendHour(of: 24)
    case UInt8(ascii: "I"), UInt8(ascii: "l"): appendHour(of: 12)
    case UInt8(ascii: "M"): append(.minute)
    case UInt8(ascii: "S"): append(.second)
    case UInt8(ascii: "f"): steps.append(.fraction)
    case UInt8(ascii: "p"), UInt8(ascii: "P"): steps.append(.meridiem)
    case UInt8(ascii: "b"), UInt8(ascii: "B"), UInt8(ascii: "h"): steps.append(.monthName)
    case UInt8(ascii: "a"), UInt8(ascii: "A"): steps.append(.weekday)
    case UInt8(ascii: "z"), UInt8(ascii: "Z"): steps.append(.zone)
    case UInt8(ascii: "n"), UInt8(ascii: "t"): appendLiteral(UInt8(ascii: " "))
    case UInt8(ascii: "%"): appendLiteral(letter)
    default: return false
    }
    return true
  }

  /// Directives that stand for several.
  private mutating func append(compound letter: UInt8) -> Bool {
    let parts: String
    switch letter {
    case UInt8(ascii: "F"): parts = "Y-m-d"
    case UInt8(ascii: "T"): parts = "H:M:S"
    case UInt8(ascii: "R"): parts = "H:M"
    case UInt8(ascii: "D"): parts = "m/d/y"
    default: return false
    }
    for part in parts.utf8 where !append(directive: part) { appendLiteral(part) }
    return true
  }

  mutating func appendHour(of hours: Int) {
    hoursTold = hours
    append(.hour)
  }
}
