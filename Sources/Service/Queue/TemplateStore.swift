public import Postgres

/// Saved options of imports, in the database.
public struct TemplateStore: Sendable {
  /// Most templates that there may be.
  public static let limit = 1000

  /// One template.
  public struct Template: Sendable {
    /// Its name.
    public var name: String
    /// The options as a JSON object.
    public var options: String
    /// When it was saved first, as RFC 3339 has it.
    public var createdAt: String
    /// When it was saved last.
    public var updatedAt: String
  }

  private static let columns = """
    name, options,
    to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created,
    to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS updated
    """

  private static func template(_ row: PostgresRow) throws -> Template {
    Template(
      name: try row.string("name"), options: try row.string("options"),
      createdAt: try row.string("created"), updatedAt: try row.string("updated"))
  }

  private let pool: PostgresPool

  /// A store over a pool.
  public init(pool: PostgresPool) {
    self.pool = pool
  }

  /// A template, or nil where there is none of this name.
  public func find(_ name: String) async throws -> Template? {
    let sql = "SELECT \(TemplateStore.columns) FROM sluice.templates WHERE name = $1"
    return try await pool.query(sql, [.text(name)]).rows.first.map(TemplateStore.template)
  }

  /// Templates in the order of their names.
  ///
  /// - Parameter last: the name behind which they begin, or nil.
  public func list(after last: String?, limit: Int) async throws -> [Template] {
    let sql = """
      SELECT \(TemplateStore.columns) FROM sluice.templates
       WHERE $1::text IS NULL OR name > $1::text ORDER BY name LIMIT $2
      """
    return try await pool.query(sql, [.optional(last), .int(limit)]).rows
      .map(TemplateStore.template)
  }

  /// What became of a template that was to be saved.
  public enum Saved: Sendable {
    /// It is new.
    case created(Template)
    /// It stands in the place of another one.
    case replaced(Template)
    /// There are as many as there may be.
    case full
  }

  /// Saves a template, in the place of the one that has its name.
  ///
  /// - Parameter options: a JSON object.
  public func save(_ name: String, options: String) async throws -> Saved {
    let sql = """
      INSERT INTO sluice.templates (name, options)
      SELECT $1, $2::jsonb
       WHERE EXISTS (SELECT FROM sluice.templates WHERE name = $1)
          OR (SELECT count(*) FROM sluice.templates) < $3
      ON CONFLICT (name) DO UPDATE SET
        options = excluded.options, updated_at = clock_timestamp()
      RETURNING \(TemplateStore.columns), xmax = 0 AS is_new
      """
    let result = try await pool.query(
      sql, [.text(name), .text(options), .int(TemplateStore.limit)])
    guard let row = result.rows.first else { return .full }
    let template = try TemplateStore.template(row)
    return try row.bool("is_new") ? .created(template) : .replaced(template)
  }

  /// Removes a template.
  ///
  /// - Returns: whether there was one.
  public func remove(_ name: String) async throws -> Bool {
    try await pool.query("DELETE FROM sluice.templates WHERE name = $1", [.text(name)]).affected > 0
  }
}
