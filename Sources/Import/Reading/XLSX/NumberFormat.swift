/// What a number in a cell stands for, as its number format tells.
enum NumberFormat: UInt8, Sendable {
  case number, date, time, dateTime, duration

  /// A format that every spreadsheet program knows by its number (ECMA-376 part 1, section 18.8.30). Those
  /// from 27 to 36 and from 50 to 58 are dates of East Asian languages.
  init(builtIn id: Int) {
    switch id {
    case 14...17, 27...31, 34...36, 50...58: self = .date
    case 18...21, 32, 33, 45, 47: self = .time
    case 22: self = .dateTime
    case 46: self = .duration
    default: self = .number
    }
  }

  /// A format by its code, such as `[$-409]d/m/yy\ h:mm;@` (ECMA-376 part 1, section 18.8.31). The first
  /// section counts, as in Excel for all numbers that are not negative.
  init(code: String) {
    var scan = FormatScan(Array(code.utf8))
    scan.run()
    self = scan.format
  }
}

/// Goes through the code of a number format, once.
private struct FormatScan {
  private let code: [UInt8]
  private var index = 0
  private var hasDate = false
  private var hasTime = false
  private var hasMonthOrMinute = false
  private var isElapsed = false

  init(_ code: [UInt8]) {
    self.code = code
  }

  var format: NumberFormat {
    if isElapsed { return .duration }
    switch (hasDate, hasTime) {
    case (true, true): return .dateTime
    case (true, false): return .date
    case (false, true): return .time
    // An `m` is minutes only beside hours or seconds.
    case (false, false): return hasMonthOrMinute ? .date : .number
    }
  }

  mutating func run() {
    // Some programs write the word of their own language for General.
    if code.elementsEqual("standard".utf8, by: sameLetter) { return }
    while index < code.count {
      if code[index] == UInt8(ascii: ";") { return }
      step()
    }
  }

  private mutating func step() {
    let byte = code[index]
    index += 1
    switch byte {
    case UInt8(ascii: "\""): skip(behind: UInt8(ascii: "\""))
    case UInt8(ascii: "\\"), UInt8(ascii: "_"), UInt8(ascii: "*"): index += 1
    case UInt8(ascii: "["): takeBrackets()
    case UInt8(ascii: "A"), UInt8(ascii: "a"): takeHalfOfDay()
    default: takeLetter(byte)
    }
  }

  private mutating func takeLetter(_ byte: UInt8) {
    switch byte | 0x20 {
    case UInt8(ascii: "y"), UInt8(ascii: "d"): hasDate = true
    case UInt8(ascii: "h"), UInt8(ascii: "s"): hasTime = true
    case UInt8(ascii: "m"): hasMonthOrMinute = true
    case UInt8(ascii: "e"):
      // The exponent of 0.00E+00, else the year of an era.
      if index < code.count, code[index] == UInt8(ascii: "+") || code[index] == UInt8(ascii: "-") {
        return
      }
      hasDate = true
    case UInt8(ascii: "g"):
      if starts(with: "eneral") { index += 6 } else { hasDate = true }
    default: break
    }
  }

  private mutating func takeHalfOfDay() {
    if starts(with: "m/pm") {
      index += 4
      hasTime = true
    } else if starts(with: "/p") {
      index += 2
      hasTime = true
    }
  }

  /// A colour, a condition or a language says nothing; `[h]`, `[mm]` and `[s]` are elapsed time.
  private mutating func takeBrackets() {
    let start = index
    skip(behind: UInt8(ascii: "]"))
    let content = code[start..<max(start, min(index, code.count) - 1)]
    guard let first = content.first.map({ $0 | 0x20 }) else { return }
    let isUnit = [UInt8(ascii: "h"), UInt8(ascii: "m"), UInt8(ascii: "s")].contains(first)
    if isUnit, content.allSatisfy({ $0 | 0x20 == first }) { isElapsed = true }
  }

  private mutating func skip(behind end: UInt8) {
    while index < code.count, code[index] != end { index += 1 }
    index += 1
  }

  private func starts(with word: String) -> Bool {
    guard index <= code.count else { return false }
    return code[index...].prefix(word.utf8.count).elementsEqual(word.utf8, by: sameLetter)
  }
}

private func sameLetter(_ byte: UInt8, _ lower: UInt8) -> Bool {
  byte == lower || (byte | 0x20 == lower && lower >= UInt8(ascii: "a"))
}
