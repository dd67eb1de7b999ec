import ImportModel
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
  let shape: TargetShape
  private let isTemporary: Bool
  private let isReadOnly: Bool
  /// Whether Postgres takes rows for it; of a foreign table, its wrapper says so.
  private let takesInserts: Bool
  private let hasInsertRules: Bool
  private let wrapper: String?

  /// The query; its parameters are a schema, a name and LIKE patterns or NULL.
  ///
  /// `pg_relation_is_updatable` answers with bits: 8 is INSERT (`CmdType` in Postgres's nodes.h). It loads
  /// the wrapper of a foreign table, so that one without a handler is not asked.
  static func sql(where condition: StaticString) -> String {
    """
    SELECT c.oid::bigint AS oid, n.nspname, c.relname, c.relkind, c.relispartition, w.fdwname,
      CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS estimated_rows,
      n.nspname LIKE 'pg\\_%' OR n.nspname IN ('information_schema', 'sluice') AS is_reserved,
      n.nspname LIKE 'pg\\_temp\\_%' AS is_temporary,
      $3::text[] IS NULL OR (n.nspname || '.' || c.relname) LIKE ANY ($3::text[]) AS is_allowed,
      has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'INSERT')
        AS is_writable,
      pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean
        AS is_read_only,
      CASE WHEN c.relkind = 'v' OR c.relkind = 'f' AND w.fdwhandler <> 0
        THEN pg_relation_is_updatable(c.oid, true) & 8 = 8
        ELSE c.relkind IN ('r', 'p') END AS takes_inserts,
      c.relhasrules AND EXISTS (
        SELECT FROM pg_rewrite AS r
        WHERE r.ev_class = c.oid AND r.ev_type = '3' AND r.ev_enabled IN ('O', 'A'))
        AS has_insert_rules,
      c.relhasrules AND EXISTS (
        SELECT FROM pg_rewrite AS r
        WHERE r.ev_class = c.oid AND r.ev_type = '2' AND r.ev_enabled IN ('O', 'A'))
        AS has_update_rules,
      c.relkind = 'r' AND c.relhassubclass AND EXISTS (
        SELECT FROM pg_inherits AS i WHERE i.inhparent = c.oid) AS has_children,
      c.relkind = 'p' AND EXISTS (
        SELECT FROM pg_partition_tree(c.oid) AS t JOIN pg_class AS p ON p.oid = t.relid
        WHERE p.relkind = 'f') AS has_foreign_partitions
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_foreign_table AS f ON f.ftrelid = c.oid
    LEFT JOIN pg_foreign_server AS s ON s.oid = f.ftserver
    LEFT JOIN pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
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
    isTemporary = try row.bool("is_temporary")
    isAllowed = try row.bool("is_allowed")
    isWritable = try row.bool("is_writable")
    isReadOnly = try row.bool("is_read_only")
    takesInserts = try row.bool("takes_inserts")
    hasInsertRules = try row.bool("has_insert_rules")
    wrapper = row["fdwname"]
    let isPartition = try row.bool("relispartition")
    let shapeKind: TargetShape.Kind =
      switch kind {
      case "p": .partitionedTable
      case "f": .foreignTable
      case "v": .view
      default: isPartition ? .partition : .table
      }
    shape = TargetShape(
      shapeKind, hasForeignPartitions: try row.bool("has_foreign_partitions"),
      hasChildren: try row.bool("has_children"),
      hasUpdateRules: try row.bool("has_update_rules"))
  }

  /// Whether it is an ordinary or a partitioned table.
  var isTable: Bool { kind == "r" || kind == "p" }

  /// The rows of the table itself, as `FROM` takes them: foreign keys do not refer to those of tables that
  /// inherit from it.
  var source: String {
    (kind == "p" ? "" : "ONLY ") + "\(quotedIdentifier(schema)).\(quotedIdentifier(name))"
  }
}

// MARK: Refusals

extension RelationRow {
  private var full: String { "\(schema).\(name)" }

  /// Refuses what cannot be imported into.
  func check() throws(TargetError) {
    try checkSchema()
    guard isAllowed else {
      throw TargetError(
        code: .notAllowed, message: "\(full) is not among the tables that may be imported into",
        hint: "SLUICE_TARGETS lists their patterns")
    }
    guard !isReadOnly else {
      throw TargetError(
        code: .readOnly, message: "the database of \(full) takes no writes now",
        hint: "it is a standby, or default_transaction_read_only is on: connect to the primary")
    }
    try checkKind()
    guard isWritable else {
      throw TargetError(
        code: .notWritable, message: "the database role may not insert into \(full)",
        hint: "the role needs the right to insert into it, and to use its schema")
    }
  }

  private func checkSchema() throws(TargetError) {
    guard isReserved else { return }
    guard isTemporary else {
      throw TargetError(
        code: .reservedSchema, message: "the schema \(schema) is not open to imports",
        hint: "choose a table of a schema of your own")
    }
    throw TargetError(
      code: .reservedSchema, message: "\(full) is a temporary table of one session",
      hint: "a worker has a session of its own: make it an ordinary or an UNLOGGED table")
  }

  private func checkKind() throws(TargetError) {
    guard isTable || kind == "v" || kind == "f" else {
      throw TargetError(
        code: .notATable, message: "\(full) is \(kindName), not a table", hint: kindHint)
    }
    guard !hasInsertRules else {
      throw TargetError(
        code: .hasRules, message: "rules of \(full) rewrite what is inserted",
        hint: "nobody could tell what became of a row: make triggers of the rules")
    }
    guard !takesInserts else { return }
    if kind == "v" {
      throw TargetError(
        code: .takesNoRows, message: "\(full) is a view that Postgres cannot insert into",
        hint: "give it an INSTEAD OF trigger for inserts, or import into the tables that it reads")
    }
    throw TargetError(
      code: .takesNoRows,
      message: "\(full) is a foreign table, and its wrapper (\(wrapper ?? "none")) takes no rows",
      hint: "import into an ordinary table, or into the table where it lies")
  }

  private var kindName: String {
    switch kind {
    case "m": "a materialized view"
    case "S": "a sequence"
    default: "a relation of kind \(kind)"
    }
  }

  private var kindHint: String {
    kind == "m"
      ? "import into the tables that it reads, then REFRESH MATERIALIZED VIEW"
      : "import into a table, a foreign table or a view"
  }
}
