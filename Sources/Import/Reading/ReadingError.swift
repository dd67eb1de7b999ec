/// Why a file cannot be read at all. What is wrong with a single row is a `RowFault` instead.
public struct ReadingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of such errors.
  public enum Code: String, Sendable, CaseIterable {
    /// There is no header, because there is nothing in the file but line ends at most.
    case emptyFile = "empty_file"
    /// The bytes are no plain text, or text in an encoding that is not read yet.
    case unsupportedFormat = "unsupported_format"
    /// The header is not valid UTF-8.
    case headerEncoding = "header_encoding"
    /// The file ends inside quotes that were opened in the header.
    case headerUnterminatedQuote = "header_unterminated_quote"
    /// The header is longer than `ReadingLimits.maxRowBytes`.
    case headerTooLong = "header_too_long"
    /// The header has more columns than `ReadingLimits.maxColumns`.
    case tooManyColumns = "too_many_columns"
    /// The dialect contradicts itself.
    case badDialect = "bad_dialect"
    /// An archive, a compressed stream or a workbook is damaged or cut off.
    case corruptFile = "corrupt_file"
    /// The file is locked with a password.
    case encryptedFile = "encrypted_file"
    /// A ZIP archive holds no file that can be read, or several.
    case archiveContents = "archive_contents"
    /// The file unfolds beyond reason: compression a thousand-fold, nested entities.
    case tooExpansive = "too_expansive"
    /// A workbook has no such sheet.
    case unknownSheet = "unknown_sheet"
    /// The text is not in the encoding that it was said to be in.
    case badEncoding = "bad_encoding"
  }

  /// What kind of error it is.
  public let code: Code
  /// What is wrong, for the one who sent the file.
  public let message: String
  /// What can be done about it, or nil.
  public let hint: String?

  /// Describes one error.
  public init(_ code: Code, _ message: String, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }

  /// The message.
  public var description: String { message }
}
