import ImportModel
import Postgres

/// Reads the columns of tables, their domains resolved.
enum ColumnReader {
  /// Columns by table, in the order of the table.
  static func read(
    _ oids: [UInt32], on connection: PostgresConnection
  ) async throws -> [UInt32: [TargetColumn]] {
    let parameters: [PostgresParameter] = [.int8Array(oids.map { Int64($0) })]
    let labels = try await enumLabels(parameters, on: connection)
    let result = try await connection.queryCached(columnSQL, parameters)
    var columns: [UInt32: [TargetColumn]] = [:]
    for row in result.rows {
      let table = UInt32(truncatingIfNeeded: try row.int64("attrelid"))
      columns[table, default: []].append(try column(row, labels))
    }
    return columns
  }

  private static func column(
    _ row: PostgresRow, _ labels: [Int64: [String]]
  ) throws -> TargetColumn {
    TargetColumn(
      name: try row.string("attname"),
      number: Int16(truncatingIfNeeded: try row.int("attnum")),
      type: try type(row, labels),
      isRequired: try row.bool("is_required"),
      defaultExpression: try row.optionalString("default_expression"),
      identity: try identity(row.optionalString("attidentity")),
      isGenerated: try row.bool("is_generated"))
  }

  private static func identity(_ code: String?) -> TargetColumn.Identity? {
    switch code {
    case "a": .always
    case "d": .byDefault
    default: nil
    }
  }

  private static func type(_ row: PostgresRow, _ labels: [Int64: [String]]) throws -> ColumnType {
    ColumnType(
      oid: UInt32(truncatingIfNeeded: try row.int64("atttypid")),
      modifier: Int32(truncatingIfNeeded: try row.int("base_modifier")),
      sqlName: try row.string("sql_name"),
      base: try base(row, labels),
      hasDomainChecks: try row.bool("has_checks"),
      isStagedAsText: try row.bool("lacks_binary"))
  }

  private static func base(_ row: PostgresRow, _ labels: [Int64: [String]]) throws -> BaseType {
    let oid = try row.int64("base_oid")
    if let labels = labels[oid] { return .enumeration(labels: labels) }
    // Text but for its comparisons, and its binary form is text's.
    if try row.bool("is_citext") { return .text }
    return BaseType(
      oid: UInt32(truncatingIfNeeded: oid),
      modifier: Int32(truncatingIfNeeded: try row.int("base_modifier")))
  }

  /// The labels of all enums among the columns' types, by the enum's OID.
  private static func enumLabels(
    _ parameters: [PostgresParameter], on connection: PostgresConnection
  ) async throws -> [Int64: [String]] {
    let result = try await connection.queryCached(enumSQL, parameters)
    var labels: [Int64: [String]] = [:]
    for row in result.rows {
      let label = try row.optionalString("enumlabel")
      labels[try row.int64("oid"), default: []] += label.map { [$0] } ?? []
    }
    return labels
  }
}

extension BaseType {
  /// The base type of a type of Postgres's own; OIDs are in `pg_type.dat`, modifiers as the types'
  /// `typmodin` functions make them.
  fileprivate init(oid: UInt32, modifier: Int32) {
    let length = modifier < 4 ? nil : Int(modifier) - 4
    let precision = modifier < 0 ? nil : Int(modifier)
    switch oid {
    case 16: self = .boolean
    case 17: self = .bytea
    case 20: self = .bigint
    case 21: self = .smallint
    case 23: self = .integer
    case 25: self = .text
    case 114: self = .json
    case 700: self = .real
    case 701: self = .doublePrecision
    case 1042: self = length.map { .char(length: $0) } ?? .varchar(limit: nil)
    case 1043: self = .varchar(limit: length)
    case 1082: self = .date
    case 1083: self = .time(precision: precision)
    case 1114: self = .timestamp(precision: precision)
    case 1184: self = .timestamptz(precision: precision)
    case 1186: self = precision == nil ? .interval : .other
    case 1266: self = .timetz(precision: precision)
    case 1700:
      // `numeric_typmod_scale`: eleven bits with a sign.
      self = .numeric(
        precision: length.map { $0 >> 16 & 0xFFFF },
        scale: length.map { (($0 & 0x7FF) ^ 1024) - 1024 })
    case 2950: self = .uuid
    case 3802: self = .jsonb
    default: self = .other
    }
  }
}
