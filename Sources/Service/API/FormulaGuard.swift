/// Keeps the cells of a report from being run as formulas by the program that opens it.
///
/// A cell that begins like a formula, also behind white space, gets a single quote in front, by which
/// spreadsheet programs know a text. Numbers are left as they are.
///
/// Source: OWASP, "CSV Injection".
enum FormulaGuard {
  /// The wide forms are what some East Asian editions take for the plain ones.
  private static let signs: Set<Unicode.Scalar> = ["=", "+", "-", "@", "＝", "＋", "－", "＠"]

  /// The cell, with a quote in front where it needs one.
  static func neutralised(_ cell: String) -> String {
    isFormula(cell) ? "'" + cell : cell
  }

  /// A row of a file, each of its fields neutralised where it stands; nothing else is changed.
  ///
  /// - Parameters:
  ///   - delimiter: at least one byte.
  ///   - quote: one byte, or none where the file knows no quotes.
  static func neutralised(row: [UInt8], delimiter: [UInt8], quote: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = row[...]
    while true {
      let isQuoted = !quote.isEmpty && rest.starts(with: quote)
      if isQuoted {
        result += rest.prefix(quote.count)
        rest = rest.dropFirst(quote.count)
      }
      let text = isQuoted ? quotedText(rest, quote) : rest[..<firstIndex(of: delimiter, in: rest)]
      if isFormula(String(decoding: text, as: UTF8.self)) { result.append(UInt8(ascii: "'")) }
      let tail = rest[text.endIndex...]
      let end = firstIndex(of: delimiter, in: tail)
      result += rest[..<end]
      guard end < rest.endIndex else { return result }
      result += delimiter
      rest = rest[(end + delimiter.count)...]
    }
  }

  /// What stands before the closing quote; two in a row are one that belongs to the text.
  private static func quotedText(_ bytes: ArraySlice<UInt8>, _ quote: [UInt8]) -> ArraySlice<UInt8>
  {
    var end = bytes.startIndex
    while true {
      end = firstIndex(of: quote, in: bytes[end...])
      let behind = min(end + quote.count, bytes.endIndex)
      guard end < bytes.endIndex, bytes[behind...].starts(with: quote) else { return bytes[..<end] }
      end = behind + quote.count
    }
  }

  private static func firstIndex(of part: [UInt8], in bytes: ArraySlice<UInt8>) -> Int {
    bytes.indices.first { bytes[$0...].starts(with: part) } ?? bytes.endIndex
  }

  private static func isFormula(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    guard let first = scalars.first else { return false }
    if ["\t", "\r", "\n"].contains(first) { return true }
    let sign = scalars.first { !$0.properties.isWhitespace && !isInvisible($0) }
    guard let sign, signs.contains(sign) else { return false }
    return !isNumber(text)
  }

  /// A byte order mark, a zero-width space or joiner, a control character.
  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format: true
    default: false
    }
  }

  /// `-5`, `+1.5E3`, ` -.5 `: a sign, digits with one point, an exponent.
  private static func isNumber(_ text: String) -> Bool {
    var bytes = text.utf8.drop { $0 == UInt8(ascii: " ") }
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    func takeSign() {
      if let first = bytes.first, "+-".utf8.contains(first) { bytes.removeFirst() }
    }
    func takeDigits() -> Int {
      let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      bytes.removeFirst(digits.count)
      return digits.count
    }
    takeSign()
    var digits = takeDigits()
    if bytes.first == UInt8(ascii: ".") {
      bytes.removeFirst()
      digits += takeDigits()
    }
    guard digits > 0 else { return false }
    guard let letter = bytes.first else { return true }
    guard "eE".utf8.contains(letter) else { return false }
    bytes.removeFirst()
    takeSign()
    return takeDigits() > 0 && bytes.isEmpty
  }
}
