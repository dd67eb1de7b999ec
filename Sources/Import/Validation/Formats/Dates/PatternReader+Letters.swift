/// The language of to_char and LDML.
extension PatternReader {
  mutating func readLetters() throws(FormatError) {
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        try readQuoted(byte)
      } else if ByteText.isLetter(byte) {
        try readToken()
      } else {
        appendLiteral(byte)
        position += 1
      }
    }
  }

  private mutating func readQuoted(_ quote: UInt8) throws(FormatError) {
    let start = position + 1
    guard let end = bytes[start...].firstIndex(of: quote) else {
      throw error("has a quote that does not end")
    }
    // Two quotes one behind the other are the quote itself.
    if end == start { appendLiteral(quote) }
    for byte in bytes[start..<end] { appendLiteral(byte) }
    position = end + 1
  }

  private mutating func readToken() throws(FormatError) {
    if readWord() || readRun() { return }
    if bytes[position] == UInt8(ascii: "T") {
      appendLiteral(bytes[position])
      position += 1
      return
    }
    var end = position
    while end < bytes.count, ByteText.isLetter(bytes[end]) { end += 1 }
    let token = String(decoding: bytes[position..<end], as: UTF8.self)
    throw error("has `\(token)`, which is unknown; text goes in quotes")
  }

  /// Tokens that are words; the longer ones first.
  private mutating func readWord() -> Bool {
    if skip("HH24") {
      appendHour(of: 24)
    } else if skip("HH12") {
      appendHour(of: 12)
    } else if skip("MONTH") || skip("MON") {
      steps.append(.monthName)
    } else if skip("MI") {
      append(.minute)
    } else if skip("MS") || skip("US") || skipFraction() {
      steps.append(.fraction)
    } else if skip("DAY") || skip("DY") {
      steps.append(.weekday)
    } else if skip("A.M.") || skip("P.M.") || skip("AM") || skip("PM") {
      steps.append(.meridiem)
    } else if skip("TZH:TZM") || skip("TZHTZM") || skip("TZH") || skip("TZ") || skip("OF") {
      steps.append(.zone)
    } else {
      // Prefixes of to_char: no padding, and names in the session's language.
      return skip("FM") || skip("TM")
    }
    return true
  }

  private mutating func skipFraction() -> Bool {
    guard skip("FF") else { return false }
    if position < bytes.count, ByteText.isDigit(bytes[position]) { position += 1 }
    return true
  }

  /// Runs of one letter.
  private mutating func readRun() -> Bool {
    let letter = bytes[position] & 0xDF
    var end = position
    while end < bytes.count, bytes[end] & 0xDF == letter { end += 1 }
    guard appendRun(of: letter, bytes[position], count: end - position) else { return false }
    position = end
    return true
  }

  private mutating func appendRun(of letter: UInt8, _ first: UInt8, count: Int) -> Bool {
    switch (letter, count) {
    case (UInt8(ascii: "Y"), 1), (UInt8(ascii: "Y"), 4): append(.year)
    case (UInt8(ascii: "Y"), 2): append(.shortYear)
    case (UInt8(ascii: "M"), 1...2): append(isBehindHour ? .minute : .month)
    case (UInt8(ascii: "M"), 3...4): steps.append(.monthName)
    case (UInt8(ascii: "D"), 1...2): append(.day)
    case (UInt8(ascii: "D"), 3): append(.dayOfYear)
    case (UInt8(ascii: "H"), 1...2): append(.hour)
    case (UInt8(ascii: "S"), _) where isBehindSecond: steps.append(.fraction)
    case (UInt8(ascii: "S"), 1...2): append(.second)
    case (UInt8(ascii: "E"), 1...4): steps.append(.weekday)
    case (UInt8(ascii: "A"), 1) where first == UInt8(ascii: "a"): steps.append(.meridiem)
    case (UInt8(ascii: "Z"), 1...5), (UInt8(ascii: "X"), 1...5): steps.append(.zone)
    default: return false
    }
    return true
  }

  /// Whether the last part was an hour: then `mm` is the minute.
  private var isBehindHour: Bool {
    if case .number(.hour, _, _)? = lastPart { true } else { false }
  }

  /// Whether the last part was a second, and a sign of a fraction stands behind it.
  private var isBehindSecond: Bool {
    guard case .number(.second, _, _)? = lastPart else { return false }
    return steps.last == .literal(UInt8(ascii: ".")) || steps.last == .literal(UInt8(ascii: ","))
  }

  private var lastPart: DatePattern.Step? { steps.last { $0.kind != nil } }

  /// Skips a token, in any case of letters.
  private mutating func skip(_ token: StaticString) -> Bool {
    let count = token.utf8CodeUnitCount
    guard bytes.count - position >= count else { return false }
    for index in 0..<count {
      let byte = bytes[position + index]
      let upper = ByteText.isLetter(byte) ? byte & 0xDF : byte
      guard upper == token.utf8Start[index] else { return false }
    }
    position += count
    return true
  }
}
