/// Why a name does not lead to a table that can be imported into.
public struct TargetError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of refusal.
  public enum Code: String, Sendable {
    /// The name is not written as `schema.table`.
    case malformedName = "malformed_name"
    /// The schema belongs to Postgres or to Sluice.
    case reservedSchema = "reserved_schema"
    /// The patterns of the settings leave the table out.
    case notAllowed = "not_allowed"
    /// The relation is a sequence, a materialized view or the like.
    case notATable = "not_a_table"
    /// A view that cannot be updated, or a foreign table whose wrapper only reads.
    case takesNoRows = "takes_no_rows"
    /// Rules rewrite what is inserted.
    case hasRules = "has_rules"
    /// The database is a standby, or takes no writes.
    case readOnly = "read_only"
    /// Postgres would refuse the statement, whatever the rows.
    case refused
    /// The current role may not insert into the table.
    case notWritable = "not_writable"
  }

  /// Stable, for programs.
  public let code: Code
  /// What is wrong, for people.
  public let message: String
  /// What the caller can do about it.
  public let hint: String

  /// Describes one refusal.
  public init(code: Code, message: String, hint: String) {
    self.code = code
    self.message = message
    self.hint = hint
  }

  /// The message and the hint.
  public var description: String { "\(message) (\(hint))" }
}
