/// The start of a text, cut off behind a whole line, and what stands in it.
struct Sample {
  let bytes: [UInt8]

  /// - Parameters:
  ///   - isWhole: whether the text ends with these bytes.
  ///   - maxLines: how many lines are kept at most.
  init(_ text: [UInt8], isWhole: Bool, maxLines: Int) {
    var lines = 0
    var end: Int?
    for (index, byte) in text.enumerated() {
      let isEnd =
        byte == .lf || (byte == .cr && index + 1 < text.count && text[index + 1] != .lf)
      guard isEnd else { continue }
      lines += 1
      end = index + 1
      if lines == maxLines { break }
    }
    bytes = isWhole && lines < maxLines ? text : Array(text[..<(end ?? text.count)])
  }

  /// In the order of their likelihood, which decides between equals.
  private static let known: [[UInt8]] = [
    ",", ";", "\t", "|", ":", "^", "~", "\u{1F}", "\u{1}", " ",
  ]
  .map { Array($0.utf8) }

  /// The delimiters that occur. One that never occurs but twice in a row is two characters long.
  var delimiters: [[UInt8]] {
    var counts = [Int](repeating: 0, count: 256)
    for byte in bytes { counts[Int(byte)] += 1 }
    let found = Sample.known.filter { counts[Int($0[0])] > 0 }.map { delimiter in
      let single = delimiter[0]
      return [UInt8(ascii: "|"), UInt8(ascii: ":"), UInt8(ascii: "~"), UInt8(ascii: "^")]
        .contains(single) && pairs(of: single) * 2 == counts[Int(single)]
        ? [single, single] : delimiter
    }
    return found.isEmpty ? [[UInt8(ascii: ",")]] : found
  }

  private func pairs(of byte: UInt8) -> Int {
    var pairs = 0
    var index = 0
    while index + 1 < bytes.count {
      if bytes[index] == byte && bytes[index + 1] == byte {
        pairs += 1
        index += 2
      } else {
        index += 1
      }
    }
    return pairs
  }

  /// Whether some field begins and some field ends with a quote of this kind.
  func hasQuotedFields(by quote: UInt8) -> Bool {
    let structure = Set(Sample.known.map { $0[0] } + [.lf, .cr])
    var opens = false
    var closes = false
    for (index, byte) in bytes.enumerated() where byte == quote {
      if index == 0 || structure.contains(bytes[index - 1]) { opens = true }
      if index + 1 == bytes.count || structure.contains(bytes[index + 1]) { closes = true }
    }
    return opens && closes
  }

  /// Whether any field may begin with a quote of this kind.
  func opensField(with quote: UInt8, behind delimiter: [UInt8]?) -> Bool {
    let structure = Set(Sample.known.map { $0[0] } + (delimiter ?? []) + [.lf, .cr])
    return bytes.indices.contains { index in
      bytes[index] == quote && (index == 0 || structure.contains(bytes[index - 1]))
    }
  }

  func contains(_ pair: [UInt8]) -> Bool {
    zip(bytes, bytes.dropFirst()).contains { $0 == pair[0] && $1 == pair[1] }
  }

  /// The numbers of the lines that begin with a byte, the first line being 1.
  func lines(beginningWith byte: UInt8) -> Set<Int64> {
    var found: Set<Int64> = []
    var line: Int64 = 1
    for (index, current) in bytes.enumerated() {
      let before = index == 0 ? UInt8.lf : bytes[index - 1]
      if before == .lf || (before == .cr && current != .lf) {
        if index > 0 { line += 1 }
        if current == byte { found.insert(line) }
      }
    }
    return found
  }

  /// Whether one of the first lines begins with a byte.
  func lineBegins(with byte: UInt8, before line: Int) -> Bool {
    let lines = max(line, 0)
    return bytes.split(maxSplits: lines, omittingEmptySubsequences: false) {
      $0 == .lf || $0 == .cr
    }.prefix(lines).contains { $0.first == byte }
  }
}

/// The line `sep=;` with which Excel is told the delimiter of a file.
struct SeparatorLine {
  let delimiter: [UInt8]

  init?(_ text: [UInt8]) {
    let line = text.prefix { $0 != .lf && $0 != .cr }
    let word = Array("sep=".utf8)
    guard line.count > word.count, line.count <= word.count + 8, line.count < text.count,
      zip(word, line).allSatisfy({ $0 == $1 | 0x20 || $0 == $1 })
    else { return nil }
    delimiter = Array(line.dropFirst(word.count))
  }
}
