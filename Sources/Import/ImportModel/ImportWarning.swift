/// Something that an administrator of the database should look at: one of an import's `warnings`, or a
/// finding of `sluice doctor`.
public struct ImportWarning: Sendable, Codable, Equatable {
  /// Stable name of what it is about.
  public var code: String
  /// What was found, for people.
  public var message: String
  /// The SQL that mends it, or nil where there is none.
  public var sql: String?

  /// Describes a warning.
  public init(code: String, message: String, sql: String? = nil) {
    self.code = code
    self.message = message
    self.sql = sql
  }

  private enum CodingKeys: String, CodingKey { case code, message, sql }

  /// Writes every field, `null` where there is no SQL.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(code, forKey: .code)
    try container.encode(message, forKey: .message)
    try container.encode(sql, forKey: .sql)
  }
}
