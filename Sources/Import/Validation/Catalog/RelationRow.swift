import Postgres

/// A relation of the catalog, and whether it may be imported into.
struct RelationRow {
  let oid: UInt32
  let schema: String
  let name: String
  let kind: String
  let estimatedRows: Int64?
  let isReserved: Bool
  let isAllowed: Bool
  let isWritable: Bool

  /// The query; its parameters are a schema, a name and LIKE patterns or NULL.
  static func sql(where condition: StaticString) -> String {
    """
    SELECT c.oid::bigint AS oid, n.nspname, c.relname, c.relkind,
      CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS estimated_rows,
      n.nspname LIKE 'pg\\_%' OR n.nspname IN ('information_schema', 'sluice') AS is_reserved,
      $3::text[] IS NULL OR (n.nspname || '.' || c.relname) LIKE ANY ($3::text[]) AS is_allowed,
      has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'INSERT')
        AS is_writable
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind NOT IN ('i', 'I', 't', 'c') AND \(condition)
    """
  }

  init(_ row: PostgresRow) throws {
    oid = UInt32(truncatingIfNeeded: try row.int64("oid"))
    schema = try row.string("nspname")
    name = try row.string("relname")
    kind = try row.string("relkind")
    estimatedRows = try row.optionalInt64("estimated_rows")
    isReserved = try row.bool("is_reserved")
    isAllowed = try row.bool("is_allowed")
    isWritable = try row.bool("is_writable")
  }

  /// Refuses what cannot be imported into.
  func check() throws(TargetError) {
    let full = "\(schema).\(name)"
    if isReserved {
      throw TargetError(
        code: .reservedSchema, message: "the schema \(schema) is not open to imports",
        hint: "choose a table of a schema of your own")
    }
    guard isAllowed else {
      throw TargetError(
        code: .notAllowed, message: "\(full) is not among the tables that may be imported into",
        hint: "SLUICE_TARGETS lists their patterns")
    }
    guard isTable else {
      throw TargetError(
        code: .notATable, message: "\(full) is \(kindName), not a table",
        hint: "import into an ordinary or a partitioned table")
    }
    guard isWritable else {
      throw TargetError(
        code: .notWritable, message: "the database role may not insert into \(full)",
        hint: "GRANT INSERT on the table and USAGE on its schema to the role")
    }
  }

  /// Whether it is an ordinary or a partitioned table.
  var isTable: Bool { kind == "r" || kind == "p" }

  /// The rows of the table itself, as `FROM` takes them: foreign keys do not refer to those of tables that
  /// inherit from it.
  var source: String {
    (kind == "p" ? "" : "ONLY ") + "\(quotedIdentifier(schema)).\(quotedIdentifier(name))"
  }

  private var kindName: String {
    switch kind {
    case "v": "a view"
    case "m": "a materialized view"
    case "f": "a foreign table"
    case "S": "a sequence"
    default: "a relation of kind \(kind)"
    }
  }
}
