/// Strings, numbers and words.
extension JSONScan {
  /// Reads a string from its first quote to behind its last.
  @inline(__always)
  mutating func string(hasEscapes: inout Bool) -> Bool {
    var index = at &+ 1
    while true {
      let count = JSONBytes.plainCount(bytes + index)
      index &+= count
      if count == 8 { continue }
      if bytes[index] == .doubleQuote {
        at = index &+ 1
        return true
      }
      at = index
      guard stringSlowly(hasEscapes: &hasEscapes) else { return false }
      index = at
    }
  }

  /// Passes a character of a string that is not plain.
  @inline(never)
  mutating func stringSlowly(hasEscapes: inout Bool) -> Bool {
    if at >= end { return fail(.endsInside) }
    let byte = bytes[at]
    if byte == .backslash {
      hasEscapes = true
      return escape()
    }
    guard byte >= 0x80 else { return fail(.controlCharacter) }
    isASCII = false
    while at < end && bytes[at] >= 0x80 {
      let count = JSONBytes.characterLength(bytes + at)
      guard count > 0 else { return failEncoding() }
      at &+= count
    }
    return at <= end ? true : fail(.endsInside, at: end)
  }

  mutating func escape() -> Bool {
    let start = at
    if at + 1 >= end { return fail(.endsInside, at: end) }
    switch bytes[at + 1] {
    case .doubleQuote, .backslash, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      at += 2
      return true
    case UInt8(ascii: "u"):
      at += 2
    case .lf where isLines, .cr where isLines:
      return fail(.lineEndsInside, at: at + 1)
    default:
      return fail(.badEscape)
    }
    guard let first = unit(from: start) else { return false }
    if first == 0 { return fail(.zeroCharacter, at: start) }
    if first >= 0x80 { isASCII = false }
    guard first & 0xF800 == 0xD800 else { return true }
    if first & 0x0400 != 0 { return fail(.loneSurrogate, at: start) }
    // The bytes end, or the second half is missing.
    let place = bytes[at] == .backslash ? at + 1 : at
    guard place > at && bytes[place] == UInt8(ascii: "u") else {
      return isEnd(place) ? fail(.endsInside, at: place) : fail(.loneSurrogate, at: start)
    }
    let second = at
    at += 2
    guard let low = unit(from: second) else { return false }
    return low & 0xFC00 == 0xDC00 ? true : fail(.loneSurrogate, at: start)
  }

  /// Reads four hexadecimal digits of the sequence that begins at `start`.
  mutating func unit(from start: Int) -> UInt32? {
    var value: UInt32 = 0
    for index in 0..<4 {
      guard let digit = bytes[at + index].hexValue else {
        _ =
          isEnd(at + index)
          ? fail(.endsInside, at: at + index) : fail(.badEscape, at: start)
        return nil
      }
      value = value << 4 | digit
    }
    at += 4
    return value
  }

  @inline(__always)
  mutating func number() -> Bool {
    let start = at
    if bytes[at] == UInt8(ascii: "-") { at &+= 1 }
    guard bytes[at].isDigit else { return failNumber(start) }
    if bytes[at] == UInt8(ascii: "0") {
      at &+= 1
      if bytes[at].isDigit && at < end { return fail(.badNumber, at: start) }
    } else {
      skipDigits()
    }
    if bytes[at] == UInt8(ascii: ".") {
      at &+= 1
      guard bytes[at].isDigit else { return failNumber(start) }
      skipDigits()
    }
    if bytes[at] | 0x20 == UInt8(ascii: "e") {
      at &+= 1
      if bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at &+= 1 }
      guard bytes[at].isDigit else { return failNumber(start) }
      skipDigits()
    }
    // Outside a record nothing else shows that a number at the end of the bytes is whole.
    if at >= end && depth == 0 && !memory.isEnd { return fail(.endsInside, at: end) }
    return true
  }

  @inline(__always)
  mutating func skipDigits() {
    repeat { at &+= 1 } while bytes[at].isDigit
  }

  @inline(__always)
  mutating func word(_ word: StaticString) -> Bool {
    let text = word.utf8Start
    for index in 1..<word.utf8CodeUnitCount where bytes[at &+ index] != text[index] {
      return failWord(at &+ index)
    }
    at &+= word.utf8CodeUnitCount
    return true
  }
}
