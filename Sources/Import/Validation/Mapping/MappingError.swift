/// Why the header of a file and the columns of a target do not fit together.
public struct MappingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of mismatch.
  public enum Code: String, Sendable {
    /// A header, or the mapping, names a column that the target does not have.
    case unknownColumn = "unknown_column"
    /// The mapping names a header that the file does not have.
    case unknownHeader = "unknown_header"
    /// A name fits several columns, or several headers.
    case ambiguous = "ambiguous_column"
    /// Two headers go into one column.
    case duplicate = "duplicate_column"
    /// The column is generated: nobody can write it.
    case generated = "generated_column"
    /// The file lacks a column that must have a value and has no default.
    case required = "required_column"
    /// No header goes into any column.
    case nothingMapped = "no_columns"
    /// The told formats of values contradict each other: see `FormatError`.
    case badFormats = "bad_formats"
  }

  /// Stable, for programs.
  public let code: Code
  /// What does not fit, for people.
  public let message: String
  /// What the caller can do about it.
  public let hint: String

  /// Describes one mismatch.
  public init(code: Code, message: String, hint: String) {
    self.code = code
    self.message = message
    self.hint = hint
  }

  /// The message and the hint.
  public var description: String { "\(message) (\(hint))" }
}
