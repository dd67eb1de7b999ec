/// A dialect without contradictions, in the form in which scanning wants it.
final class CheckedDialect {
  /// What a byte may be, as bits of `classes`.
  enum ByteClass {
    /// The first byte of a delimiter, a quote, an escape or a line end.
    static let structural: UInt8 = 1
    /// Zero or above 0x7F.
    static let special: UInt8 = 2
  }

  let dialect: CSVDialect
  /// The same for the fast scanner, or nil where it is more than that one understands.
  let plain: PlainDialect?
  /// See `CSVDialect.escapeByte`.
  let escape: UInt8?
  /// Whether the escape begins sequences as in Postgres's `COPY … (FORMAT text)`.
  let hasSequences: Bool
  /// How many bytes behind a byte have to be known to say what it means, unless the file ends before.
  let lookahead: Int
  /// The `ByteClass` of each of the 256 bytes.
  let classes: UnsafePointer<UInt8>
  let delimiter: UnsafeBufferPointer<UInt8>
  /// Empty where there are no comments.
  let comment: UnsafeBufferPointer<UInt8>

  private let memory: UnsafeMutableBufferPointer<UInt8>

  /// - Throws: `ReadingError` with the code `badDialect`.
  init(_ dialect: CSVDialect) throws(ReadingError) {
    try dialect.validate()
    let prefix = dialect.comment ?? []
    self.dialect = dialect
    escape = dialect.escapeByte
    hasSequences = dialect.escape == .backslash
    let isPlain = dialect.delimiter.count == 1 && escape == nil && prefix.isEmpty
    plain = isPlain ? PlainDialect(delimiter: dialect.delimiter[0], quote: dialect.quote) : nil
    // Behind a CR there may be an LF, and behind an escape both.
    lookahead = max(escape == nil ? 1 : 2, dialect.delimiter.count - 1, prefix.count - 1)

    memory = .allocate(capacity: 256 + dialect.delimiter.count + prefix.count)
    _ = memory.initialize(
      from: CheckedDialect.classes(of: dialect) + dialect.delimiter + prefix)
    let bytes = UnsafeBufferPointer(memory)
    let delimiterEnd = 256 + dialect.delimiter.count
    classes = bytes.baseAddress!
    delimiter = UnsafeBufferPointer(rebasing: bytes[256..<delimiterEnd])
    comment = UnsafeBufferPointer(rebasing: bytes[delimiterEnd...])
  }

  deinit {
    memory.deallocate()
  }

  /// How a field's value is made of its text.
  var decoding: FieldDecoding {
    FieldDecoding(quote: dialect.quote, escape: escape, hasSequences: hasSequences)
  }

  private static func classes(of dialect: CSVDialect) -> [UInt8] {
    var classes: [UInt8] = (0..<256).map { $0 == 0 || $0 > 0x7F ? ByteClass.special : 0 }
    let structural = [dialect.delimiter[0], dialect.quote, dialect.escapeByte, .lf, .cr]
    for byte in structural.compactMap({ $0 }) { classes[Int(byte)] |= ByteClass.structural }
    return classes
  }
}
