/// Says whether text surely is JSON that the input functions of `json` and `jsonb` take (RFC 8259).
///
/// It says yes or "ask Postgres", never no: what it does not know, deep nesting and, for `jsonb`, huge
/// numbers among it, is Postgres's matter. The text is valid UTF-8.
struct JSONText {
  /// What the text is meant for.
  enum Kind {
    /// `json`, which keeps escapes as they stand.
    case json
    /// `jsonb`, which decodes escapes, into any character where the database's encoding is UTF-8.
    case jsonb(takesUnicode: Bool)
  }

  private enum Expectation {
    case value, valueOrEnd, key, keyOrEnd, separatorOrEnd, nothing
  }

  private let text: UnsafeRawBufferPointer
  private let kind: Kind
  private var index = 0
  /// Open objects and arrays, the innermost in the lowest bit: 1 is an object.
  private var nesting: UInt64 = 0
  private var depth = 0

  @inline(__always)
  static func isSurelyValid(_ text: UnsafeRawBufferPointer, as kind: Kind) -> Bool {
    var scanner = JSONText(text, kind)
    return scanner.scan()
  }

  private init(_ text: UnsafeRawBufferPointer, _ kind: Kind) {
    self.text = text
    self.kind = kind
  }

  private mutating func scan() -> Bool {
    var expected = Expectation.value
    while true {
      skipSpace()
      guard index < text.count else { return expected == .nothing }
      guard let next = step(expected) else { return false }
      expected = next
    }
  }

  /// Reads one token; nil where it is not what was expected.
  private mutating func step(_ expected: Expectation) -> Expectation? {
    let byte = text[index]
    switch expected {
    case .value:
      return value(byte)
    case .valueOrEnd:
      return byte == UInt8(ascii: "]") ? close() : value(byte)
    case .keyOrEnd:
      return byte == UInt8(ascii: "}") ? close() : key()
    case .key:
      return key()
    case .separatorOrEnd:
      return separator(byte)
    case .nothing:
      return nil
    }
  }

  private mutating func value(_ byte: UInt8) -> Expectation? {
    switch byte {
    case UInt8(ascii: "{"): return open(isObject: true)
    case UInt8(ascii: "["): return open(isObject: false)
    case UInt8(ascii: "\""): return string() ? afterValue : nil
    case UInt8(ascii: "t"): return word("true") ? afterValue : nil
    case UInt8(ascii: "f"): return word("false") ? afterValue : nil
    case UInt8(ascii: "n"): return word("null") ? afterValue : nil
    default: return number() ? afterValue : nil
    }
  }

  private mutating func key() -> Expectation? {
    guard text[index] == UInt8(ascii: "\""), string() else { return nil }
    skipSpace()
    guard index < text.count, text[index] == UInt8(ascii: ":") else { return nil }
    index &+= 1
    return .value
  }

  private mutating func separator(_ byte: UInt8) -> Expectation? {
    let isObject = nesting & 1 == 1
    switch byte {
    case UInt8(ascii: ","):
      index &+= 1
      return isObject ? .key : .value
    case UInt8(ascii: "}"): return isObject ? close() : nil
    case UInt8(ascii: "]"): return isObject ? nil : close()
    default: return nil
    }
  }

  private mutating func open(isObject: Bool) -> Expectation? {
    guard depth < 64 else { return nil }
    index &+= 1
    depth &+= 1
    nesting = nesting << 1 | (isObject ? 1 : 0)
    return isObject ? .keyOrEnd : .valueOrEnd
  }

  private mutating func close() -> Expectation? {
    index &+= 1
    depth &-= 1
    nesting >>= 1
    return afterValue
  }

  private var afterValue: Expectation { depth == 0 ? .nothing : .separatorOrEnd }
}

/// The tokens.
extension JSONText {
  private mutating func skipSpace() {
    while index < text.count {
      switch text[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index &+= 1
      default: return
      }
    }
  }

  private mutating func word(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard index &+ count <= text.count else { return false }
    for offset in 0..<count where text[index &+ offset] != word.utf8Start[offset] { return false }
    index &+= count
    return true
  }

  private mutating func string() -> Bool {
    index &+= 1
    while index < text.count {
      let byte = text[index]
      index &+= 1
      if byte == UInt8(ascii: "\"") { return true }
      if byte < 0x20 { return false }
      if byte == UInt8(ascii: "\\"), !escape() { return false }
    }
    return false
  }

  private mutating func escape() -> Bool {
    guard index < text.count else { return false }
    let byte = text[index]
    index &+= 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return true
    case UInt8(ascii: "u"):
      return unicodeEscape()
    default:
      return false
    }
  }

  private mutating func unicodeEscape() -> Bool {
    guard let unit = codeUnit() else { return false }
    guard case .jsonb(let takesUnicode) = kind else { return true }
    guard takesUnicode, unit != 0 else { return false }
    switch unit {
    case 0xD800...0xDBFF:
      guard index &+ 2 <= text.count, text[index] == UInt8(ascii: "\\"),
        text[index &+ 1] == UInt8(ascii: "u")
      else { return false }
      index &+= 2
      guard let low = codeUnit() else { return false }
      return (0xDC00...0xDFFF).contains(low)
    case 0xDC00...0xDFFF:
      return false
    default:
      return true
    }
  }

  /// Four hexadecimal digits.
  private mutating func codeUnit() -> UInt16? {
    guard index &+ 4 <= text.count, let high = HexDigits.byte(text, at: index),
      let low = HexDigits.byte(text, at: index &+ 2)
    else { return nil }
    index &+= 4
    return UInt16(high) << 8 | UInt16(low)
  }

  private mutating func number() -> Bool {
    let start = index
    if text[index] == UInt8(ascii: "-") { index &+= 1 }
    let hasLeadingZero = index < text.count && text[index] == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, !hasLeadingZero || whole == 1 else { return false }
    if index < text.count, text[index] == UInt8(ascii: ".") {
      index &+= 1
      guard digits() > 0 else { return false }
    }
    var exponent = 0
    if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
      index &+= 1
      let isSigned =
        index < text.count
        && (text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-"))
      if isSigned { index &+= 1 }
      exponent = digits()
      guard exponent > 0 else { return false }
    }
    // jsonb keeps numbers as numeric, whose range these cannot leave.
    guard case .jsonb = kind else { return true }
    return index &- start <= 300 && exponent <= 3
  }

  private mutating func digits() -> Int {
    let start = index
    while index < text.count, text[index] &- UInt8(ascii: "0") <= 9 { index &+= 1 }
    return index &- start
  }
}
