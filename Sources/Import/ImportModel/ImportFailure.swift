/// Why an import ended in `failed`: the `error` of its object.
public struct ImportFailure: Error, Sendable, Codable, Equatable {
  /// Stable name of the reason.
  public var code: Code
  /// What happened, without SQL, stacks or paths.
  public var message: String
  /// What the caller can do about it, or nil.
  public var hint: String?

  /// The reasons.
  public enum Code: String, Sendable, Codable {
    /// The file cannot be read at all.
    case unreadableFile = "unreadable_file"
    /// Values can be read in several ways, and nothing says which one is meant.
    case ambiguousValues = "ambiguous_values"
    /// An option contradicts itself, or the file.
    case badOption = "bad_option"
    /// The file's header does not fit the target.
    case unknownColumn = "unknown_column"
    /// A column that must have a value is not in the file.
    case missingColumn = "missing_column"
    /// The target is gone, or may no longer be imported into.
    case unknownTarget = "unknown_target"
    /// The target has no key that the import could use.
    case noKey = "no_key"
    /// More rows were rejected than the caller allows.
    case tooManyRejects = "too_many_rejects"
    /// A rule of the database refused the merge.
    case constraint
    /// Postgres refused for another reason.
    case database
    /// The spool has lost the file.
    case spool
    /// The target is not what it was when the import changed it: it cannot be taken back.
    case targetChanged = "target_changed"
    /// Too many attempts ended without a result.
    case attemptsExhausted = "attempts_exhausted"
    /// The counts do not add up; nothing was committed.
    case notConserved = "not_conserved"
    /// An error of the program.
    case `internal`
  }

  /// Describes one failure.
  public init(_ code: Code, _ message: String, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }
}
