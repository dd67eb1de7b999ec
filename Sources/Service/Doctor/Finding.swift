public import ImportModel

/// Something that stands in the way of imports, or soon will, and what mends it.
public struct Finding: Sendable, Equatable {
  /// How much it matters.
  public enum Severity: String, Sendable, Codable, CaseIterable {
    /// Imports fail or data is in danger: somebody should get up.
    case serious
    /// Imports are slower than they need be, or will fail one day.
    case warning
    /// Good to know.
    case note
  }

  /// See `Severity`.
  public var severity: Severity
  /// Stable name of what it is about.
  public var code: String
  /// The target that it is about, as the contract writes it, or nil.
  public var target: String?
  /// What was found, for people.
  public var message: String
  /// The statements that mend it, the first of them where there are many, each with its semicolon on a line of
  /// its own, as psql takes them; nil where there are none.
  public var sql: String?

  /// Statements of one finding: a table has any number of partitions, and what an import has found travels with
  /// each message about it.
  private static let statementLimit = 20

  init(
    _ severity: Severity, _ code: String, target: String? = nil, _ message: String,
    sql: [String] = []
  ) {
    self.severity = severity
    self.code = code
    self.target = target
    self.message = message
    var lines = sql.prefix(Finding.statementLimit).map { "\($0);" }
    if sql.count > lines.count { lines.append("-- and \(sql.count - lines.count) more like these") }
    self.sql = lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  /// As an import's object has it.
  public var warning: ImportWarning { ImportWarning(code: code, message: message, sql: sql) }
}

extension Finding: Encodable {
  private enum CodingKeys: String, CodingKey { case severity, code, target, message, sql }

  /// Writes every field, `null` where there is no value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(severity, forKey: .severity)
    try container.encode(code, forKey: .code)
    try container.encode(target, forKey: .target)
    try container.encode(message, forKey: .message)
    try container.encode(sql, forKey: .sql)
  }
}
