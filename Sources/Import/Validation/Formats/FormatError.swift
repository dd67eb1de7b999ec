/// Why formats of values cannot be as they are told.
public struct FormatError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of mistakes.
  public enum Code: String, Sendable {
    /// A pattern of dates has an unknown token, a part twice, or lacks one.
    case badDateFormat = "bad_date_format"
    /// The decimal and the thousands sign are the same.
    case badSeparators = "bad_separators"
    /// A currency sign looks like a part of a number.
    case badCurrency = "bad_currency"
    /// A word means both true and false.
    case badWords = "bad_words"
    /// Formats of single columns name columns again.
    case badColumns = "bad_columns"
  }

  /// Stable, for programs.
  public let code: Code
  /// What is wrong, for people.
  public let message: String
  /// What the caller can do about it.
  public let hint: String

  /// Describes one mistake.
  public init(_ code: Code, _ message: String, hint: String) {
    self.code = code
    self.message = message
    self.hint = hint
  }

  /// The message and the hint.
  public var description: String { "\(message) (\(hint))" }
}
