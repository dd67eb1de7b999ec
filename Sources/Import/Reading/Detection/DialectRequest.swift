/// What a caller says of a file's dialect; what is nil is to be found.
public struct DialectRequest: Sendable, Equatable {
  /// See `CSVDialect.delimiter`.
  public var delimiter: [UInt8]?
  /// See `CSVDialect.quote`; `.some(nil)` says that nothing is quoted.
  public var quote: UInt8??
  /// See `CSVDialect.escape`.
  public var escape: CSVDialect.Escape?
  /// See `CSVDialect.comment`.
  public var comment: [UInt8]?
  /// See `CSVDialect.skipRows`.
  public var skipRows: Int?
  /// See `CSVDialect.hasHeader`.
  public var hasHeader: Bool?

  /// Says nothing.
  public init() {}
}

/// A dialect that was found, and how sure that is.
public struct DialectGuess: Sendable, Equatable {
  /// How the file is to be read.
  public var dialect: CSVDialect
  /// Whether the sample leaves no real doubt about the delimiter.
  public var isSure: Bool
  /// What the one who sent the file should know: what was passed over, what is in doubt, and the option
  /// that says it better.
  public var notes: [String]
}
