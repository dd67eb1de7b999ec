/// Where a database is and how a session with it begins.
///
/// Source: PostgreSQL manual, "Database Connection Control Functions" (34.1).
public struct PostgresConfiguration: Sendable {
  /// A libpq URI or `keyword=value` string; several hosts and `target_session_attrs` are allowed.
  ///
  /// May hold a password: it must not be logged.
  public var url: String
  /// The name shown in `pg_stat_activity`, unless `url` has one of its own.
  public var applicationName: String
  /// Seconds that one host may take to answer, unless `url` has a value of its own; at least 2.
  public var connectTimeout: Int
  /// Server settings of the session, such as `search_path`; set again whenever a session is reset.
  public var settings: [String: String]

  /// Makes a configuration; nothing is checked before a connection is opened.
  public init(
    url: String, applicationName: String = "sluice", connectTimeout: Int = 10,
    settings: [String: String] = [:]
  ) {
    self.url = url
    self.applicationName = applicationName
    self.connectTimeout = connectTimeout
    self.settings = settings
  }

  /// The same server and session, another database.
  ///
  /// - Throws: `PostgresError` with code `configuration` if `url` cannot be parsed.
  public func replacing(database: String) throws -> PostgresConfiguration {
    var options = try ConnectionString(url).options
    options.removeAll { $0.keyword == "dbname" }
    options.append((keyword: "dbname", value: database))
    var copy = self
    copy.url = options.map { "\($0.keyword)=\(ConnectionString.quoted($0.value))" }
      .joined(separator: " ")
    return copy
  }
}
