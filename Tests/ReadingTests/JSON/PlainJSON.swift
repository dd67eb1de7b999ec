/// JSON read the plain way, to compare with: recursive, and slow.
indirect enum PlainJSON: Equatable {
  case null
  case literal(String)
  case string(String)
  case array([PlainJSON])
  case object([(name: String, value: PlainJSON)])

  static func == (one: PlainJSON, other: PlainJSON) -> Bool {
    one.written == other.written
  }

  /// As text, without any white space.
  var written: String {
    switch self {
    case .null: "null"
    case .literal(let text): text
    case .string(let text): text.debugDescription
    case .array(let values): "[" + values.map(\.written).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { "\($0.name.debugDescription):\($0.value.written)" }.joined(separator: ",")
        + "}"
    }
  }

  /// Parses exactly one value with white space around it; nil where that is not what the bytes are, or where
  /// our rules refuse it.
  init?(_ bytes: some Sequence<UInt8>) {
    guard let text = String(validating: Array(bytes), as: UTF8.self) else { return nil }
    var parser = Parser(rest: Array(text.unicodeScalars)[...])
    guard let value = parser.value(depth: 0) else { return nil }
    parser.skip()
    guard parser.rest.isEmpty else { return nil }
    self = value
  }

  private struct Parser {
    var rest: ArraySlice<Unicode.Scalar>

    mutating func skip() {
      rest = rest.drop { [" ", "\t", "\n", "\r"].contains($0) }
    }

    mutating func take(_ text: String) -> Bool {
      guard rest.starts(with: text.unicodeScalars) else { return false }
      rest = rest.dropFirst(text.unicodeScalars.count)
      return true
    }

    mutating func value(depth: Int) -> PlainJSON? {
      skip()
      if take("null") { return .null }
      if take("true") { return .literal("true") }
      if take("false") { return .literal("false") }
      if rest.first == "\"" { return string().map { .string($0) } }
      if depth == 512 { return number() }
      if take("[") { return array(depth: depth + 1) }
      if take("{") { return object(depth: depth + 1) }
      return number()
    }

    mutating func number() -> PlainJSON? {
      let text = String(
        String.UnicodeScalarView(rest.prefix { "+-.eE0123456789".unicodeScalars.contains($0) }))
      rest = rest.dropFirst(text.unicodeScalars.count)
      var left = text[...]
      if left.first == "-" { left.removeFirst() }
      let whole = left.prefix { $0.isNumber }
      if whole.isEmpty || (whole.count > 1 && whole.first == "0") { return nil }
      left = left.dropFirst(whole.count)
      if left.first == "." {
        let digits = left.dropFirst().prefix { $0.isNumber }
        if digits.isEmpty { return nil }
        left = left.dropFirst(1 + digits.count)
      }
      if left.first == "e" || left.first == "E" {
        left.removeFirst()
        if left.first == "+" || left.first == "-" { left.removeFirst() }
        if left.isEmpty || !left.allSatisfy({ $0.isNumber }) { return nil }
        left = ""
      }
      return left.isEmpty ? .literal(text) : nil
    }

    mutating func array(depth: Int) -> PlainJSON? {
      var values: [PlainJSON] = []
      skip()
      if take("]") { return .array([]) }
      while true {
        guard let value = value(depth: depth) else { return nil }
        values.append(value)
        skip()
        if take("]") { return .array(values) }
        guard take(",") else { return nil }
      }
    }

    mutating func object(depth: Int) -> PlainJSON? {
      var members: [(name: String, value: PlainJSON)] = []
      skip()
      if take("}") { return .object([]) }
      while true {
        skip()
        guard let name = string() else { return nil }
        if members.contains(where: { Array($0.name.utf8) == Array(name.utf8) }) { return nil }
        skip()
        guard take(":"), let value = value(depth: depth) else { return nil }
        members.append((name, value))
        skip()
        if take("}") { return .object(members) }
        guard take(",") else { return nil }
      }
    }

    mutating func string() -> String? {
      guard take("\"") else { return nil }
      var units: [UInt16] = []
      while let scalar = rest.popFirst() {
        switch scalar {
        case "\"":
          return units.contains(0) ? nil : String(validating: units, as: UTF16.self)
        case "\\":
          guard let kind = rest.popFirst() else { return nil }
          if kind == "u" {
            let digits = String(String.UnicodeScalarView(rest.prefix(4)))
            guard digits.count == 4, digits.allSatisfy(\.isHexDigit),
              let unit = UInt16(digits, radix: 16)
            else {
              return nil
            }
            rest = rest.dropFirst(4)
            units.append(unit)
          } else {
            let kinds: [Unicode.Scalar: UInt16] = [
              "\"": 34, "\\": 92, "/": 47, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
            ]
            guard let unit = kinds[kind] else { return nil }
            units.append(unit)
          }
        default:
          if scalar.value < 32 { return nil }
          units += Array(String(scalar).utf16)
        }
      }
      return nil
    }
  }
}
