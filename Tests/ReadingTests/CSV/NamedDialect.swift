import Reading
import Testing

/// A dialect with a name for the test report.
struct NamedDialect: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let dialect: CSVDialect

  init(_ name: String, _ dialect: CSVDialect) {
    testDescription = name
    self.dialect = dialect
  }

  static let backslash = UInt8(ascii: "\\")
  static let apostrophe = UInt8(ascii: "'")

  /// Those that the fast scanner understands.
  static let plain = [
    NamedDialect("RFC 4180", CSVDialect()),
    NamedDialect("tab and apostrophe", CSVDialect(delimiter: 9, quote: apostrophe)),
    NamedDialect("semicolon, no quote", CSVDialect(delimiter: [0x3B], quote: nil)),
    NamedDialect("comma, no quote, no header", CSVDialect(quote: nil, hasHeader: false)),
    NamedDialect("no header", CSVDialect(hasHeader: false)),
    NamedDialect("three lines skipped", CSVDialect(skipRows: 3)),
    NamedDialect(
      "quote as escape, a line skipped, no header",
      CSVDialect(escape: .character(0x22), skipRows: 1, hasHeader: false)),
  ]

  /// Those that it does not.
  static let general = [
    NamedDialect("two pipes", CSVDialect(delimiter: Array("||".utf8))),
    NamedDialect("section sign", CSVDialect(delimiter: Array("§".utf8), hasHeader: false)),
    NamedDialect("eight bytes", CSVDialect(delimiter: Array("<|=+~|>!".utf8), skipRows: 2)),
    NamedDialect("two pipes, no quote", CSVDialect(delimiter: Array("||".utf8), quote: nil)),
    NamedDialect("escape in quotes", CSVDialect(escape: .character(backslash))),
    NamedDialect(
      "caret as escape, no quote, comments",
      CSVDialect(
        delimiter: [0x7C], quote: nil, escape: .character(0x5E), comment: Array("//".utf8),
        hasHeader: false)),
    NamedDialect("COPY text", CSVDialect(delimiter: [9], quote: nil, escape: .backslash)),
    NamedDialect(
      "backslash and quotes",
      CSVDialect(escape: .backslash, comment: Array("#".utf8), skipRows: 1)),
    NamedDialect(
      "backslash and two pipes",
      CSVDialect(
        delimiter: Array("||".utf8), quote: apostrophe, escape: .backslash, hasHeader: false)),
    NamedDialect("comments", CSVDialect(comment: Array("#".utf8))),
    NamedDialect(
      "long comments, no quote", CSVDialect(quote: nil, comment: Array("é--- ".utf8), skipRows: 3)),
  ]
}

extension SeededGenerator {
  /// Bytes out of the pieces that mean something in a dialect, and of some that nearly do.
  mutating func bytes(of dialect: CSVDialect, pieces count: Int) -> [UInt8] {
    var structure: [[UInt8]] = [
      dialect.delimiter, dialect.delimiter, [0x0A], [0x0D, 0x0A], [0x0D],
    ]
    structure.append(Array(dialect.delimiter.prefix(1)))
    if let quote = dialect.quote { structure += [[quote], [quote, quote], [quote]] }
    if let comment = dialect.comment {
      structure += [comment, [0x0A] + comment, Array(comment.prefix(1))]
    }
    let escape: UInt8? =
      switch dialect.escape {
      case .doubling: nil
      case .character(let byte): byte
      case .backslash: NamedDialect.backslash
      }
    if let escape {
      structure += [[escape], [escape, 0x0A], [escape, 0x0D, 0x0A], [escape, escape]]
      structure += ["N", "n", "101", "x4", "xZ", "377", "0"].map { [escape] + Array($0.utf8) }
    }
    let rarity = Int.random(in: 1...3, using: &self)
    var bytes: [UInt8] = []
    for _ in 0..<count {
      switch Int.random(in: 0..<(4 + rarity), using: &self) {
      case 0...2: bytes += structure.randomElement(using: &self)!
      case 3: bytes += Array(repeating: 0x78, count: Int.random(in: 0...90, using: &self))
      default:
        bytes += [[0x62], Array("é".utf8), [0x62, 0x63], [0], [0xFF]].randomElement(using: &self)!
      }
    }
    return bytes
  }
}
