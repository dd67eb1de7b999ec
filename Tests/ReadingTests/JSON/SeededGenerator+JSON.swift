import Reading

extension SeededGenerator {
  private mutating func one<Element>(_ choices: [Element]) -> Element {
    choices[Int.random(in: 0..<choices.count, using: &self)]
  }

  mutating func text() -> String {
    let parts = [
      "a", "\"", "\\", "\n", "/", "\u{01}", "é", "€", "😀", "{", "}", ",", "[", " ",
      "longer text here",
    ]
    return (0..<Int.random(in: 0...6, using: &self)).map { _ in one(parts) }.joined()
  }

  mutating func value(depth: Int) -> PlainJSON {
    switch Int.random(in: 0..<(depth > 2 ? 4 : 6), using: &self) {
    case 0: .null
    case 1:
      .literal(one(["0", "-1", "12.50", "1e5", "-0.25E-3", "1234567890123", "true", "false"]))
    case 2, 3: .string(text())
    case 4: .array((0..<Int.random(in: 0...3, using: &self)).map { _ in value(depth: depth + 1) })
    default: .object(members(depth: depth + 1))
    }
  }

  private mutating func members(depth: Int) -> [(name: String, value: PlainJSON)] {
    var names = ["a", "b", "é", "a name that is long", "q\"\\", "eight888", ""]
    if Int.random(in: 0..<3, using: &self) == 0 { names.shuffle(using: &self) }
    return names.prefix(Int.random(in: 0...names.count, using: &self)).map {
      ($0, value(depth: depth))
    }
  }

  mutating func record() -> [(name: String, value: PlainJSON)] {
    members(depth: 0)
  }

  mutating func written(_ members: [(name: String, value: PlainJSON)], newLines: Bool) -> String {
    written(.object(members), newLines: newLines)
  }

  private mutating func space(_ newLines: Bool) -> String {
    one(newLines ? ["", "", " ", "\n", "\r\n", "\t"] : ["", "", "", " ", "\t "])
  }

  private mutating func written(_ value: PlainJSON, newLines: Bool) -> String {
    switch value {
    case .null: return "null"
    case .literal(let text): return text
    case .string(let text): return literal(text)
    case .array(let values):
      var text = "[" + space(newLines)
      for (index, value) in values.enumerated() {
        if index > 0 { text += "," + space(newLines) }
        text += written(value, newLines: newLines) + space(newLines)
      }
      return text + "]"
    case .object(let members):
      var text = "{" + space(newLines)
      for (index, member) in members.enumerated() {
        if index > 0 { text += space(newLines) + "," + space(newLines) }
        text += literal(member.name) + space(newLines) + ":" + space(newLines)
        text += written(member.value, newLines: newLines)
      }
      return text + space(newLines) + "}"
    }
  }

  private mutating func literal(_ text: String) -> String {
    let escapesAll = Int.random(in: 0..<6, using: &self) == 0
    var literal = "\""
    for scalar in text.unicodeScalars {
      if escapesAll || scalar.value < 32 || scalar == "\"" || scalar == "\\" {
        for unit in String(scalar).utf16 {
          literal += "\\u" + String(0x10000 + Int(unit), radix: 16).dropFirst()
        }
      } else {
        literal.unicodeScalars.append(scalar)
      }
    }
    return literal + "\""
  }

  /// Changes, drops, repeats or adds a byte.
  mutating func damage(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    let index = Int.random(in: 0..<bytes.count, using: &self)
    let usual = Array("{}[]\",:\\ 0-e.tnu".utf8) + [0x80, 0xC3, 0x00, 0x1F]
    switch Int.random(in: 0..<4, using: &self) {
    case 0: bytes[index] = one(usual)
    case 1: bytes.remove(at: index)
    case 2: bytes.insert(one(usual), at: index)
    default:
      bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...9, using: &self)))
    }
  }

  /// A file of records, some of them broken.
  mutating func file(_ form: JSONForm) -> [UInt8] {
    var bytes = Array(
      (form == .array ? one(["[", " [\r\n", "[{\"a\":0},"]) : one(["", "\n\n"])).utf8)
    let rarity = one([2, 5, 30])
    for index in 0..<Int.random(in: 1...25, using: &self) {
      if index > 0 {
        let separators =
          form == .array ? [",", ",\n", " , \r\n  ", "\n,"] : ["\n", "\r\n", "\r", "\n\n"]
        bytes += Array(one(separators).utf8)
      }
      var record = Array(written(record(), newLines: form != .lines).utf8)
      if Int.random(in: 0..<rarity, using: &self) == 0 { damage(&record) }
      bytes += record
    }
    if form == .array { bytes += Array(one(["]", "\n]\n", "", "] "]).utf8) }
    if form != .array { bytes += Array(one(["", "\n", " "]).utf8) }
    return bytes.contains { $0 > 32 } ? bytes : Array("{}".utf8)
  }
}
