/// The text that gives a delimiter-separated file its structure.
///
/// Line ends are no part of it: LF, CRLF and CR all end a row, even in one file.
public struct CSVDialect: Sendable, Codable, Equatable {
  /// How a quote is written within quotes, and a delimiter without them. A doubled quote within quotes
  /// stands for itself in any case.
  public enum Escape: Sendable, Codable, Equatable {
    /// A doubled quote stands for itself, as in RFC 4180.
    case doubling
    /// The byte behind this one is data, within quotes and without; so is CRLF as a whole. Where it is the
    /// quote itself, that is doubling.
    case character(UInt8)
    /// Backslash sequences as in Postgres's `COPY … (FORMAT text)`: `\N` alone and without quotes is NULL,
    /// `\t` a tab, `\n` a line feed, `\101` and `\x41` bytes by their number, and so on.
    case backslash
  }

  /// Between two fields: 1 to 8 bytes of UTF-8.
  public var delimiter: [UInt8]
  /// Around a field, or nil where nothing is ever quoted.
  public var quote: UInt8?
  /// See `Escape`.
  public var escape: Escape
  /// What a line begins with that is a remark and no row, or nil where there are none: 1 to 64 bytes.
  public var comment: [UInt8]?
  /// Lines at the start of the file, before the header or the first row, that are passed over whatever is
  /// in them.
  public var skipRows: Int
  /// Whether the first row names the columns. Otherwise they are `column_1` and so on, as many as it has.
  public var hasHeader: Bool

  /// Comma, double quotes that are doubled, and a header, unless told otherwise.
  public init(
    delimiter: [UInt8] = [UInt8(ascii: ",")], quote: UInt8? = UInt8(ascii: "\""),
    escape: Escape = .doubling, comment: [UInt8]? = nil, skipRows: Int = 0, hasHeader: Bool = true
  ) {
    self.delimiter = delimiter
    self.quote = quote
    self.escape = escape
    self.comment = comment
    self.skipRows = skipRows
    self.hasHeader = hasHeader
  }

  /// A delimiter and a quote of one character each.
  public init(delimiter: UInt8, quote: UInt8 = UInt8(ascii: "\"")) {
    self.init(delimiter: [delimiter], quote: quote)
  }
}

extension UInt8 {
  static let lf = UInt8(ascii: "\n")
  static let cr = UInt8(ascii: "\r")
}
