public import ImportModel
public import Postgres

/// Reads what a mapping's lookups mean from the catalog of a database.
///
/// It sees what the session's role sees: who may not read a table cannot look into it.
public struct LookupCatalog: Sendable {
  /// A catalog reader; it keeps nothing.
  public init() {}

  /// Finds the tables, columns and types of all lookups of a mapping.
  ///
  /// An entry whose column is none of the target's is passed over: `HeaderMapping` tells of it.
  ///
  /// - Throws: `OptionError` `mapping` where a lookup cannot be, `PostgresError`.
  public func lookups(
    of mapping: [String: MappingEntry?]?, into target: TargetTable,
    on connection: PostgresConnection
  ) async throws -> [ColumnLookup] {
    let entries = (mapping ?? [:]).values.compactMap { $0 }.filter { $0.lookup != nil }
    guard !entries.isEmpty else { return [] }
    // Types are then written with their schema, and all that is read belongs together.
    return try await connection.transaction("ISOLATION LEVEL REPEATABLE READ READ ONLY") {
      connection in
      try await connection.execute("SET LOCAL search_path = pg_catalog")
      var lookups: [ColumnLookup] = []
      for entry in entries.sorted(by: { $0.column < $1.column }) {
        guard let name = entry.lookup,
          let column = HeaderMapping.column(named: entry.column, in: target)
        else { continue }
        let reader = LookupReader(
          name: try LookupReader.parse(name), target: target, column: column,
          connection: connection)
        lookups.append(try await reader.read())
      }
      return lookups
    }
  }
}

/// Reads one lookup.
private struct LookupReader {
  let name: QualifiedColumn
  let target: TargetTable
  let column: TargetColumn
  let connection: PostgresConnection

  static func parse(_ name: String) throws(OptionError) -> QualifiedColumn {
    do {
      return try QualifiedColumn(parsing: name)
    } catch {
      throw OptionError(
        "mapping", "has a lookup that cannot be: \(error.message)", hint: error.hint)
    }
  }

  func read() async throws -> ColumnLookup {
    let relation = try await relation()
    let columns = try await ColumnReader.read([relation.oid], on: connection)
    let known = columns[relation.oid] ?? []
    guard let key = known.first(where: { $0.name == name.column }) else {
      throw refusal(
        "\(name.table) has no column \"\(name.column)\"",
        hint: "its columns are \(known.map { "\"\($0.name)\"" }.joined(separator: ", "))")
    }
    let value = try await value(of: relation, among: columns)
    let found = try await connection.queryCached(
      LookupCatalog.detailSQL,
      [
        .int(Int64(relation.oid)), .int(Int64(key.number)), .int(Int64(value.number)),
        .int(Int64(target.oid)), .int(Int64(column.number)),
      ])
    guard let row = found.rows.first else { throw unknownTable }
    return try lookup(relation, key, value, LookupDetails(row))
  }

  private func lookup(
    _ relation: RelationRow, _ key: TargetColumn, _ value: TargetColumn, _ details: LookupDetails
  ) throws(OptionError) -> ColumnLookup {
    guard details.isReadable else {
      throw refusal(
        "the database role may not read \"\(key.name)\" and \"\(value.name)\" of \(name.table)",
        hint: "it needs the rights to use the schema and to read both columns")
    }
    guard let equality = details.equality else {
      throw refusal(
        "values of type \(key.type.sqlName), which \"\(key.name)\" of \(name.table) has, cannot be"
          + " compared", hint: "look rows up by a column whose type can be sorted")
    }
    guard details.fits else {
      throw refusal(
        "\"\(value.name)\" of \(name.table) is \(value.type.sqlName), and does not fit into"
          + " \"\(column.name)\", which is \(column.type.sqlName)",
        hint: "give both columns the same type")
    }
    return ColumnLookup(
      column: column.name, tableOID: relation.oid, table: "\(name.table)",
      source: relation.source,
      key: ColumnLookup.Key(
        name: key.name,
        type: ColumnType(
          oid: details.keyOID, sqlName: details.keyType, base: key.type.base.withoutLength,
          isStagedAsText: key.type.isStagedAsText),
        equality: equality, collation: details.collation, isUnique: details.isUnique),
      value: ColumnLookup.Value(
        name: value.name, sqlType: details.valueType, castTo: details.castTo))
  }

  private func relation() async throws -> RelationRow {
    let result = try await connection.queryCached(
      RelationRow.sql(where: "n.nspname = $1 AND c.relname = $2"),
      [.text(name.table.schema), .text(name.table.name), .null])
    guard let row = result.rows.first else { throw unknownTable }
    let relation = try RelationRow(row)
    // Those of Postgres and of Sluice are no business of a file's.
    guard !relation.isReserved else { throw unknownTable }
    guard relation.isTable else {
      throw refusal(
        "\(name.table) is no table", hint: "look rows up in an ordinary or a partitioned table")
    }
    return relation
  }

  /// The column that the target's foreign key refers to; where it has none to that table, the table's
  /// primary key.
  private func value(
    of relation: RelationRow, among columns: [UInt32: [TargetColumn]]
  ) async throws -> TargetColumn {
    let rows = try await connection.queryCached(
      LookupCatalog.referenceSQL,
      [.int(Int64(target.oid)), .int(Int64(relation.oid)), .int(Int64(column.number))]
    ).rows
    let known = columns[relation.oid] ?? []
    let references = try rows.map { row in
      (number: try row.int("number"), isAlone: try row.bool("is_alone"))
    }
    // A key of the column alone says more than one that it is a part of.
    let telling = references.contains(where: \.isAlone) ? references.filter(\.isAlone) : references
    let numbers = Set(telling.map(\.number))
    if numbers.count == 1, let found = known.first(where: { numbers.contains(Int($0.number)) }) {
      return found
    }
    guard numbers.isEmpty else {
      throw refusal(
        "foreign keys of \"\(column.name)\" refer to several columns of \(name.table)",
        hint: "a lookup needs a foreign key that refers to one of them")
    }
    let keys = try await KeyReader.read([relation.oid], columns: columns, on: connection)
    let primary = keys[relation.oid]?.first(where: \.isPrimary)?.columns ?? []
    guard primary.count == 1, let found = known.first(where: { $0.name == primary[0] }) else {
      throw refusal(
        "\"\(column.name)\" has no foreign key to \(name.table), and the table's primary key is not"
          + " one column",
        hint:
          "add a foreign key from \"\(column.name)\" to the column that it takes its values from")
    }
    return found
  }

  private var unknownTable: OptionError {
    refusal(
      "there is no table \(name.table)",
      hint: "write schema.table.column as they are spelled in the database")
  }

  private func refusal(_ message: String, hint: String) -> OptionError {
    OptionError("mapping", "has a lookup that cannot be: \(message)", hint: hint)
  }
}

extension BaseType {
  /// The type as it is compared, not as a column holds it.
  fileprivate var withoutLength: BaseType {
    switch self {
    case .numeric: .numeric(precision: nil, scale: nil)
    case .varchar, .char: .varchar(limit: nil)
    case .time: .time(precision: nil)
    case .timetz: .timetz(precision: nil)
    case .timestamp: .timestamp(precision: nil)
    case .timestamptz: .timestamptz(precision: nil)
    default: self
    }
  }
}
