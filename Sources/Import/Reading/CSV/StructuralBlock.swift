internal import CSimd

/// Where the structure of 64 bytes of CSV lies: bit i speaks of byte i.
///
/// A byte is within quotes when an odd number of quotes stands before it in its row; delimiters and line
/// ends there are data. This is the method of "Parsing Gigabytes of JSON per Second" (Langdale and Lemire,
/// 2019), section 3.1.
struct StructuralBlock {
  /// Delimiters outside quotes.
  let delimiters: UInt64
  /// Line ends outside quotes; of CRLF the LF.
  let lineEnds: UInt64
  /// Line ends within quotes; of CRLF the LF.
  let quotedLineEnds: UInt64
  /// Quotes that neither open nor close a whole field: doubled ones, and those amid unquoted text.
  let strayQuotes: UInt64
  /// Bytes that are zero or above 0x7F.
  let special: UInt64

  /// What a block has to know of the one before it.
  struct Carry {
    /// All ones within quotes, else zero.
    var isInQuotes: UInt64 = 0
    /// Whether the byte before was a delimiter or a line end outside quotes, as at the start of a row.
    var followsStructure: UInt64 = 1
  }

  /// - Parameters:
  ///   - bytes: 64 bytes.
  ///   - valid: the bytes that belong to the file.
  ///   - next: the byte behind the last valid one, or nil at the end of the file.
  ///   - carry: of the block before; becomes that of this one.
  @inline(__always)
  init(
    at bytes: UnsafePointer<UInt8>, valid: UInt64, next: UInt8?, dialect: PlainDialect,
    carry: inout Carry
  ) {
    let found = csimd_find(bytes, dialect.delimiter, dialect.quote, .lf, .cr)
    let quotes = found.second & valid & dialect.quoteMask
    let lineFeeds = found.third & valid
    let returns = found.fourth & valid
    let last = valid ^ (valid >> 1)  // the highest valid bit

    let isInQuotes = csimd_prefix_xor(quotes) ^ carry.isInQuotes
    let endsInQuotes = (isInQuotes & last) != 0
    let lineEnds = lineFeeds | (returns & ~(lineFeeds >> 1 | (next == .lf ? last : 0)))
    let structure = ((found.first & valid) | lineFeeds | returns) & ~isInQuotes
    let nextIsStructure =
      next.map { $0 == dialect.delimiter || $0 == .lf || $0 == .cr } ?? true
    let closing = structure >> 1 | (nextIsStructure && !endsInQuotes ? last : 0)
    let opening = structure << 1 | carry.followsStructure

    delimiters = found.first & valid & ~isInQuotes
    self.lineEnds = lineEnds & ~isInQuotes
    quotedLineEnds = lineEnds & isInQuotes
    strayQuotes = quotes & ~(isInQuotes & opening | ~isInQuotes & closing)
    special = found.special & valid
    carry.isInQuotes = endsInQuotes ? ~0 : 0
    carry.followsStructure = structure & last != 0 ? 1 : 0
  }
}
