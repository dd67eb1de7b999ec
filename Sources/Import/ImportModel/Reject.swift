/// One fault of one row of a file.
public struct Reject: Sendable, Equatable {
  /// Number of the row in the file, the first one after the header being 1.
  public var row: Int64
  /// Line of the file on which the row begins, the first line being 1.
  public var line: Int64
  /// The target's column, or nil where the whole row is at fault.
  public var column: String?
  /// What kind of fault it is.
  public var code: RejectCode
  /// What is wrong, for the one who mends the file.
  public var message: String
  /// The value at fault as it stood, cut to `Reject.valueLimit` bytes, or nil where there is none.
  public var value: String?
  /// The row as it stood in the file, without its line end. Only the first fault of a row carries it.
  public var raw: [UInt8]?

  /// Longest value that is kept, in bytes of UTF-8.
  public static let valueLimit = 1024

  /// Describes one fault.
  public init(
    row: Int64, line: Int64, column: String?, code: RejectCode, message: String, value: String?,
    raw: [UInt8]? = nil
  ) {
    self.row = row
    self.line = line
    self.column = column
    self.code = code
    self.message = message
    self.value = value
    self.raw = raw
  }
}

/// The kinds of faults a row can have: contract, section 2.
public enum RejectCode: String, Sendable, Codable, CaseIterable {
  /// The row has more or fewer fields than the header.
  case fieldCount = "field_count"
  /// The file ends inside a quoted field.
  case unterminatedQuote = "unterminated_quote"
  /// The bytes are no text in the file's encoding.
  case badEncoding = "bad_encoding"
  /// The row is longer than the limit.
  case rowTooLong = "row_too_long"
  /// There is no value where the column must have one.
  case required
  /// The value is none of the column's type.
  case type
  /// The value is of the column's type, but beyond its range or precision.
  case outOfRange = "out_of_range"
  /// The text is longer than the column.
  case tooLong = "too_long"
  /// A CHECK constraint, of the table or of a domain, does not hold.
  case check
  /// The row that a foreign key points to does not exist.
  case foreignKey = "foreign_key"
  /// Another row has the same unique key.
  case unique
  /// Another row of the file has the same conflict key, and `duplicates` is `reject`.
  case duplicateKey = "duplicate_key"
  /// The row belongs to another scope than the import.
  case scope
  /// A natural key was looked up and not found.
  case lookupFailed = "lookup_failed"
  /// Postgres refused the row for another reason, whose SQLSTATE is in the message.
  case database
}
