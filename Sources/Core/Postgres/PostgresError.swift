/// What went wrong between this program and a Postgres server.
///
/// `description` is safe to show: no SQL, no host, no values of rows. `debugDescription` tells all
/// that is known, except passwords.
public struct PostgresError: Error, Sendable {
  /// What kind of failure it is; the names are stable.
  public enum Code: String, Sendable {
    /// No connection could be made, or it broke.
    case connection
    /// The server refused a statement; `sqlState` says why.
    case server
    /// The connection was closed on our side before the call.
    case closed
    /// The server gave up waiting: for a lock (55P03), or for an idle transaction (25P03).
    case timeout
    /// The server cancelled the statement (57014): by `PostgresCancellation`, by an administrator or
    /// by `statement_timeout`. If the caller's task is cancelled, `CancellationError` comes instead.
    case cancelled
    /// Client and server disagree on what comes next, or a call was made out of order.
    case protocolViolation
    /// A value is not what the caller asked for.
    case decoding
    /// All connections of the pool stayed in use for longer than the wait timeout.
    case poolTimeout
    /// A parameter cannot be sent, such as text with a NUL byte.
    case invalidParameter
    /// The database URL or the session's settings are unusable.
    case configuration
    /// COMMIT was answered with ROLLBACK, since a statement before it had failed.
    case rolledBack
  }

  /// The kind of failure.
  public let code: Code
  /// Five characters, if the server has spoken (PostgreSQL manual, appendix A).
  public internal(set) var sqlState: String?
  /// The primary message, one line.
  public internal(set) var message: String?
  /// The server's second line; it may quote values of rows.
  public internal(set) var detail: String?
  /// The server's suggestion.
  public internal(set) var hint: String?
  /// The schema of the object in question.
  public internal(set) var schema: String?
  /// The table in question, without its schema.
  public internal(set) var table: String?
  /// The column in question.
  public internal(set) var column: String?
  /// The constraint in question, also for unique indexes.
  public internal(set) var constraint: String?
  /// The data type in question.
  public internal(set) var dataType: String?
  /// Where it happened, such as `COPY items, line 7, column price`.
  public internal(set) var context: String?
  /// True if libpq reported the connection as broken along with this error.
  var connectionBroke = false

  init(code: Code, message: String) {
    self.code = code
    self.message = message
  }

  /// True if the connection is gone, so that nothing more can be done on it.
  ///
  /// SQLSTATE class 08, 57P01 to 57P03 (shutdown, crash, not accepting yet), or libpq says so.
  public var isConnectionLoss: Bool {
    if connectionBroke || code == .connection || code == .closed { return true }
    guard let sqlState else { return false }
    return sqlState.hasPrefix("08") || ["57P01", "57P02", "57P03"].contains(sqlState)
  }

  /// True if the server lacks room on its disk, memory or connections, which may pass.
  ///
  /// SQLSTATE class 53, but for a limit that its configuration sets (53400), which is reached again the next time.
  public var isShortage: Bool {
    guard let sqlState else { return false }
    return sqlState.hasPrefix("53") && sqlState != "53400"
  }

  /// True if the same transaction may well succeed when tried again: 40001 or 40P01.
  public var isRetryable: Bool {
    sqlState == "40001" || sqlState == "40P01"
  }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
  /// One line that may be shown to anybody.
  public var description: String {
    switch code {
    // libpq's words name hosts, ports and users.
    case .connection: "the connection to the database failed" + (sqlState.map { " (\($0))" } ?? "")
    case .server: "the database reported \(sqlState ?? "an error"): \(message ?? "no message")"
    default: message ?? code.rawValue
    }
  }

  /// All that is known, for a log: `code=server sqlState=23505 message=…`.
  public var debugDescription: String {
    let fields: [(String, String?)] = [
      ("code", code.rawValue), ("sqlState", sqlState), ("message", message), ("detail", detail),
      ("hint", hint), ("schema", schema), ("table", table), ("column", column),
      ("constraint", constraint), ("dataType", dataType), ("context", context),
    ]
    return fields.compactMap { name, value in value.map { "\(name)=\($0)" } }
      .joined(separator: " ")
  }
}
