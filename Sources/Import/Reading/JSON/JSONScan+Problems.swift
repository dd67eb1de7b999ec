/// What is said of a record that breaks the rules.
extension JSONScan {
  /// Sets the problem. What lies at the end of the bytes, or of the line, is that it ends.
  @inline(never)
  mutating func fail(_ kind: JSONProblem.Kind, at offset: Int? = nil) -> Bool {
    let offset = offset ?? at
    if offset >= end {
      problem = JSONProblem(kind: .endsInside, offset: end)
    } else if isEnd(offset) {
      problem = JSONProblem(kind: .lineEndsInside, offset: offset)
    } else {
      problem = JSONProblem(kind: kind, offset: offset)
    }
    return false
  }

  /// Names what stands in the place of structure or of a value, where it is a usual mistake.
  @inline(never)
  mutating func failStructure(_ kind: JSONProblem.Kind) -> Bool {
    switch bytes[at] {
    case UInt8(ascii: "/"), UInt8(ascii: "#"): return fail(.comment)
    case UInt8(ascii: "'"): return fail(.singleQuotes)
    case UInt8(ascii: "+"), UInt8(ascii: "."):
      return fail(kind == .expectedValue ? .badNumber : kind)
    case UInt8(ascii: "N"), UInt8(ascii: "I"):
      guard kind == .expectedValue else { return fail(kind) }
      return fail(isNotANumber(at) ? .notANumber : .badWord)
    case 0x41...0x5A, 0x61...0x7A, 0x5F:
      return fail(kind == .expectedValue ? .badWord : kind)
    default: return fail(kind)
    }
  }

  @inline(never)
  mutating func failName() -> Bool {
    switch bytes[at] {
    case .closeBrace: return fail(.trailingComma)
    case 0x41...0x5A, 0x61...0x7A, 0x5F, UInt8(ascii: "$"): return fail(.unquotedName)
    default: return failStructure(.expectedName)
    }
  }

  @inline(never)
  mutating func failNumber(_ start: Int) -> Bool {
    if isEnd(at) { return fail(.endsInside) }
    return fail(isNotANumber(at) ? .notANumber : .badNumber, at: start)
  }

  @inline(never)
  mutating func failWord(_ offset: Int) -> Bool {
    if isEnd(offset) { return fail(.endsInside, at: offset) }
    return fail(isNotANumber(at) ? .notANumber : .badWord)
  }

  mutating func failEncoding() -> Bool {
    let length =
      switch bytes[at] {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 1
      }
    // The end of the bytes may cut a character in two.
    let isCut = end - at < length && (at + 1..<end).allSatisfy { bytes[$0].isContinuation }
    return isCut ? fail(.endsInside, at: end) : fail(.badEncoding)
  }

  /// Whether the bytes end at an offset, or the line that is the record.
  func isEnd(_ offset: Int) -> Bool {
    offset >= end || (isLines && (bytes[offset] == .lf || bytes[offset] == .cr))
  }

  func isNotANumber(_ offset: Int) -> Bool {
    let words: [StaticString] = ["NaN", "nan", "Infinity", "inf"]
    return words.contains { word in
      (0..<word.utf8CodeUnitCount).allSatisfy { bytes[offset + $0] == word.utf8Start[$0] }
    }
  }
}
