extension CSVDialect {
  /// Most bytes of a delimiter.
  static let maxDelimiterBytes = 8
  /// Most bytes that a comment may be known by.
  static let maxCommentBytes = 64

  /// Checks that it does not contradict itself.
  ///
  /// - Throws: `ReadingError` with the code `badDialect`.
  public func validate() throws(ReadingError) {
    try validateDelimiter()
    if let quote {
      try CSVDialect.check(CSVDialect.isCharacter(quote), "The quote must be \(character)")
    }
    try validateEscape()
    try validateComment()
    try CSVDialect.check(
      skipRows >= 0, "The number of lines to skip must not be negative; it is \(skipRows).")
  }

  private func validateDelimiter() throws(ReadingError) {
    try CSVDialect.check(
      (1...CSVDialect.maxDelimiterBytes).contains(delimiter.count),
      "The delimiter must have 1 to \(CSVDialect.maxDelimiterBytes) bytes; it has \(delimiter.count)."
    )
    try CSVDialect.check(
      String(validating: delimiter, as: UTF8.self) != nil, "The delimiter must be valid UTF-8.")
    try CSVDialect.check(
      CSVDialect.isText(delimiter), "The delimiter must not have a line end or a zero byte in it.")
    if let quote {
      try CSVDialect.check(
        !delimiter.contains(quote), "The delimiter must not have the quote in it.")
    }
  }

  private func validateEscape() throws(ReadingError) {
    guard let escape = escapeByte else { return }
    try CSVDialect.check(CSVDialect.isCharacter(escape), "The escape must be \(character)")
    try CSVDialect.check(
      !delimiter.contains(escape), "The delimiter must not have the escape in it.")
    guard self.escape == .backslash else { return }
    try CSVDialect.check(quote != escape, "A backslash cannot be quote and escape at once.")
    for byte in [delimiter[0], quote].compactMap({ $0 }) {
      try CSVDialect.check(
        !CSVDialect.isLetterOrDigit(byte),
        "With backslash escapes neither delimiter nor quote may be a letter or a digit.")
    }
  }

  private func validateComment() throws(ReadingError) {
    guard let comment else { return }
    try CSVDialect.check(
      (1...CSVDialect.maxCommentBytes).contains(comment.count),
      "What a comment begins with must have 1 to \(CSVDialect.maxCommentBytes) bytes; "
        + "it has \(comment.count).")
    try CSVDialect.check(
      CSVDialect.isText(comment),
      "What a comment begins with must not have a line end or a zero byte in it.")
    let isAmbiguous =
      comment.starts(with: delimiter) || delimiter.starts(with: comment) || comment[0] == quote
      || comment[0] == escapeByte
    try CSVDialect.check(
      !isAmbiguous, "A comment must not begin as the delimiter, the quote or the escape does.")
  }

  private var character: String { "one ASCII character other than a line end." }

  private static func check(_ holds: Bool, _ message: String) throws(ReadingError) {
    if !holds { throw ReadingError(.badDialect, message) }
  }

  private static func isText(_ bytes: [UInt8]) -> Bool {
    !bytes.contains { $0 == 0 || $0 == .lf || $0 == .cr }
  }

  private static func isCharacter(_ byte: UInt8) -> Bool {
    (1..<0x80).contains(byte) && byte != .lf && byte != .cr
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }
}

extension CSVDialect {
  /// The byte that takes the meaning of the one behind it, or nil: an escape that is the quote itself is
  /// doubling.
  var escapeByte: UInt8? {
    switch escape {
    case .doubling: nil
    case .character(let byte): byte == quote ? nil : byte
    case .backslash: UInt8(ascii: "\\")
    }
  }
}
