import ImportModel
import Postgres

/// The columns of a target as its catalog has them, as far as images are held against them.
enum UndoColumns {
  struct Column: Sendable, Equatable {
    let type: UInt32
    /// The type of arrays of it; 0 where there is none.
    let arrayType: UInt32
    /// Without its modifier.
    let sqlType: String
    let isArray: Bool
    let isComposite: Bool
    let isRequired: Bool
    /// Whether no update can write it.
    let isFixed: Bool

    private static let texts: UInt32 = 1009

    /// Whether arrays of a type can hold images of it: texts stand for what has no array of its own.
    func isImaged(inArraysOf type: UInt32) -> Bool {
      type == arrayType || type == Column.texts && (isArray || arrayType == 0)
    }
  }

  static func read(
    _ target: TargetTable, on connection: PostgresConnection
  ) async throws -> [String: Column] {
    let rows = try await connection.query(sql, [.int(Int64(target.oid))]).rows
    var columns: [String: Column] = [:]
    for row in rows {
      columns[try row.string("attname")] = Column(
        type: try oid(row, "type"), arrayType: try oid(row, "array_type"),
        sqlType: try row.string("sql_type"), isArray: try row.bool("is_array"),
        isComposite: try row.bool("is_composite"), isRequired: try row.bool("attnotnull"),
        isFixed: try row.bool("is_fixed"))
    }
    return columns
  }

  /// The types of the columns of a table, by name; none where there is no such table.
  static func types(
    of table: String, on connection: PostgresConnection
  ) async throws -> [String: UInt32] {
    let sql = """
      SELECT attname, atttypid::bigint AS type FROM pg_attribute
       WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped
      """
    var types: [String: UInt32] = [:]
    for row in try await connection.query(sql, [.text(table)]).rows {
      types[try row.string("attname")] = try oid(row, "type")
    }
    return types
  }

  private static func oid(_ row: PostgresRow, _ column: String) throws -> UInt32 {
    UInt32(truncatingIfNeeded: try row.int64(column))
  }

  private static let sql = """
    WITH RECURSIVE chain AS (
      SELECT a.attnum, a.atttypid AS oid FROM pg_attribute AS a
      WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
      UNION ALL
      SELECT c.attnum, t.typbasetype FROM chain AS c JOIN pg_type AS t ON t.oid = c.oid
      WHERE t.typtype = 'd'
    )
    SELECT a.attname, a.atttypid::bigint AS type, t.typarray::bigint AS array_type,
      format_type(a.atttypid, -1) AS sql_type,
      b.typcategory = 'A' AND b.typelem <> 0 AND b.typlen = -1 AS is_array,
      b.typtype = 'c' AS is_composite, a.attnotnull,
      a.attidentity = 'a' OR a.attgenerated <> '' AS is_fixed
    FROM pg_attribute AS a
    JOIN pg_type AS t ON t.oid = a.atttypid
    JOIN chain AS c ON c.attnum = a.attnum
    JOIN pg_type AS b ON b.oid = c.oid AND b.typtype <> 'd'
    WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
    """
}
