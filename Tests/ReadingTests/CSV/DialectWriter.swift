import Reading

/// Writes tables in any dialect, in one of the ways in which the dialect allows to write them.
struct DialectWriter {
  let dialect: CSVDialect
  let lineEnd: [UInt8]
  private let escape: UInt8?

  init(_ dialect: CSVDialect, lineEnd: String) {
    self.dialect = dialect
    self.lineEnd = Array(lineEnd.utf8)
    escape =
      switch dialect.escape {
      case .doubling: nil
      case .character(let byte): byte == dialect.quote ? nil : byte
      case .backslash: NamedDialect.backslash
      }
  }

  /// A value as it can be written in the dialect at all: without quotes and escapes an empty text is NULL,
  /// and some bytes cannot be said.
  func sayable(_ value: String?, isFirst: Bool) -> String? {
    guard let value, dialect.quote == nil else { return value }
    if value.isEmpty { return nil }
    return escape == nil && needsCare(Array(value.utf8), isFirst: isFirst) ? "plain" : value
  }

  /// A row without its line end.
  func row(_ values: [String?], _ random: inout SeededGenerator) -> [UInt8] {
    var row: [UInt8] = []
    for (index, value) in values.enumerated() {
      if index > 0 { row += dialect.delimiter }
      row += field(value, isFirst: index == 0, &random)
    }
    return row
  }

  private func field(_ value: String?, isFirst: Bool, _ random: inout SeededGenerator) -> [UInt8] {
    guard let value else {
      return dialect.escape == .backslash && Bool.random(using: &random) ? Array("\\N".utf8) : []
    }
    let bytes = Array(value.utf8)
    let needsCare = bytes.isEmpty || needsCare(bytes, isFirst: isFirst)
    if let quote = dialect.quote, bytes.isEmpty || escape == nil || Bool.random(using: &random) {
      guard needsCare || Bool.random(using: &random) else { return bytes }
      return [quote] + bytes.flatMap { quoted($0, quote, &random) } + [quote]
    }
    return needsCare ? bytes.enumerated().flatMap { escaped($1, isStart: $0 == 0, &random) } : bytes
  }

  private func needsCare(_ bytes: [UInt8], isFirst: Bool) -> Bool {
    if bytes.contains(where: { [dialect.quote, escape, 10, 13].contains($0) }) { return true }
    // The end of a value may make a delimiter with the delimiter behind it.
    let text = bytes + dialect.delimiter
    let first = text.indices.first { text[$0...].starts(with: dialect.delimiter) }
    return first != bytes.count || (isFirst && bytes.starts(with: dialect.comment ?? [0]))
  }

  private func quoted(_ byte: UInt8, _ quote: UInt8, _ random: inout SeededGenerator) -> [UInt8] {
    if let sequence = sequence(of: byte, &random) { return sequence }
    if let escape, byte == escape || (byte == quote && Bool.random(using: &random)) {
      return [escape, byte]
    }
    return byte == quote ? [quote, quote] : [byte]
  }

  private func escaped(_ byte: UInt8, isStart: Bool, _ random: inout SeededGenerator) -> [UInt8] {
    if let sequence = sequence(of: byte, &random) { return sequence }
    let mustBe =
      [dialect.quote, escape, 10, 13].contains(byte) || dialect.delimiter.contains(byte)
      || (isStart && byte == dialect.comment?.first)
    return mustBe ? [escape!, byte] : [byte]
  }

  /// One of the backslash sequences for a byte, at times.
  private func sequence(of byte: UInt8, _ random: inout SeededGenerator) -> [UInt8]? {
    guard dialect.escape == .backslash, Int.random(in: 0..<3, using: &random) == 0 else {
      return nil
    }
    let controls: [UInt8: String] = [9: "\\t", 10: "\\n", 13: "\\r"]
    let octal = String(byte, radix: 8)
    let hex = String(byte, radix: 16, uppercase: Bool.random(using: &random))
    let sequences = [
      controls[byte], "\\" + String(repeating: "0", count: 3 - octal.count) + octal,
      "\\x" + String(repeating: "0", count: 2 - hex.count) + hex,
    ]
    return sequences.compactMap { $0 }.randomElement(using: &random).map { Array($0.utf8) }
  }
}
