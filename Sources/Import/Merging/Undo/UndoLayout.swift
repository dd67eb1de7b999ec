import ImportModel
import Postgres

/// The images of an import beside the target as it is now.
struct UndoLayout: Sendable {
  /// A column by which rows are found again.
  struct Key: Sendable, Equatable {
    let name: String
    /// Its type as SQL.
    let type: String
    /// Whether the images hold texts in its place, as no array of the type will do.
    let isText: Bool
    /// Whether an array of the type would fall apart into fields.
    let isComposite: Bool
    let isRequired: Bool
    /// Compares an image with a row.
    let equals: String
  }

  /// A column that rows get back.
  struct Image: Sendable, Equatable {
    let name: String
    /// Its place among the columns of images.
    let place: Int
  }

  let entry: UndoEntry
  /// The target as an item of `FROM`.
  let table: String
  let isPartitioned: Bool
  let digest: RowDigest
  /// Columns that the target has had since, with their defaults.
  let added: [TargetRules.Column]
  let keys: [Key]
  let images: [Image]
  let rules: TargetRules
  /// Whether there are images of rows that were inserted, and of such that were changed.
  let hasInserted: Bool
  let hasUpdated: Bool

  /// Holds the images against the target, which cannot change any more until the transaction ends.
  ///
  /// - Throws: `ImportFailure` where the target is another one, or lacks what the images tell of.
  static func read(
    _ entry: UndoEntry, target: TargetTable, on connection: PostgresConnection
  ) async throws -> UndoLayout {
    let name = "\(quotedIdentifier(target.schema)).\(quotedIdentifier(target.name))"
    // Tables that inherit from the target hold none of its rows.
    let table = target.isPartitioned ? name : "ONLY \(name)"
    // A lock that keeps columns as they are.
    _ = try await connection.query("SELECT FROM \(table) LIMIT 0")
    try await checkIdentity(entry, target: target, on: connection)
    let digest = try await RowDigest.read(
      target.oid, only: entry.digestColumns, on: connection)
    guard digest.columnNames == entry.digestColumns else {
      let known = Set(digest.columnNames)
      let gone = entry.digestColumns.filter { !known.contains($0) }
      throw changed(
        target, gone.isEmpty ? "its columns have another order" : "it has no column \(gone[0])")
    }
    let rules = try await RuleCatalog.read(target, on: connection)
    let added = Set(try await RowDigest.read(target.oid, on: connection).columnNames)
      .subtracting(entry.digestColumns)
    let columns = try await UndoColumns.read(target, on: connection)
    let inserted = try await UndoColumns.types(
      of: UndoTables.inserted(entry.importID), on: connection)
    let updated = try await UndoColumns.types(
      of: UndoTables.updated(entry.importID), on: connection)
    let operators = target.operators(of: entry.keyColumns, rules: rules)
    let keys = try entry.keyColumns.enumerated().map { place, name in
      guard let column = columns[name],
        inserted["k\(place)"].map(column.isImaged(inArraysOf:)) ?? true,
        updated["k\(place)"].map({ $0 == column.type }) ?? true
      else { throw changed(target, "column \(name) is not what it was") }
      return Key(
        name: name, type: column.sqlType,
        isText: inserted["k\(place)"].map { $0 != column.arrayType } ?? false,
        isComposite: column.isComposite, isRequired: column.isRequired,
        equals: operators[name] ?? "")
    }
    return UndoLayout(
      entry: entry, table: table, isPartitioned: target.isPartitioned, digest: digest,
      // What a sequence has filled in tells nothing.
      added: rules.columns.filter { added.contains($0.name) && $0.isSettled }, keys: keys,
      images: try images(entry, target, columns, updated), rules: rules,
      hasInserted: !inserted.isEmpty, hasUpdated: !updated.isEmpty)
  }

  private static func images(
    _ entry: UndoEntry, _ target: TargetTable, _ columns: [String: UndoColumns.Column],
    _ updated: [String: UInt32]
  ) throws -> [Image] {
    guard !updated.isEmpty else { return [] }
    return try entry.imageColumns.enumerated().compactMap { place, name in
      guard let column = columns[name], updated["c\(place)"] == column.type else {
        throw changed(target, "column \(name) is not what it was")
      }
      // No update can write it, and so none has changed it.
      return column.isFixed ? nil : Image(name: name, place: place)
    }
  }

  /// A table that was restored from a dump has another OID, and is the same by all that digests tell. One
  /// that has taken the place of another, which is still there, is not.
  private static func checkIdentity(
    _ entry: UndoEntry, target: TargetTable, on connection: PostgresConnection
  ) async throws {
    guard target.oid != entry.targetOID else { return }
    let sql = """
      SELECT FROM pg_class AS c
       WHERE c.oid = $1::bigint::oid AND c.relkind IN ('r', 'p') AND NOT EXISTS (
         SELECT FROM unnest($2::text[]) AS name WHERE NOT EXISTS (
           SELECT FROM pg_attribute AS a
           WHERE a.attrelid = c.oid AND a.attname = name AND NOT a.attisdropped))
      """
    let found = try await connection.query(
      sql, [.int(Int64(entry.targetOID)), .textArray(entry.digestColumns)])
    guard found.rows.isEmpty else {
      throw changed(target, "another table has its name")
    }
  }

  static func changed(_ target: TargetTable, _ what: String) -> ImportFailure {
    ImportFailure(
      .targetChanged,
      "\(target.displayName) has changed since the import: \(what)",
      hint: "nothing was taken back; if a later import replaced the table, take that one back first"
    )
  }
}

extension TargetTable {
  /// The operators by which columns are compared: those of a unique index over them, as it may compare
  /// otherwise than the search path would. Without one, the usual ones.
  fileprivate func operators(of columns: [String], rules: TargetRules) -> [String: String] {
    var found = Dictionary(
      uniqueKeysWithValues: columns.map { ($0, "OPERATOR(pg_catalog.=)") })
    let key = keys.first { $0.columns.count == columns.count && Set($0.columns) == Set(columns) }
    let rule = key.flatMap { key in
      rules.keys.first { $0.name == key.name && $0.isPlain && $0.exclusion == nil }
    }
    guard let key, let rule, rule.operators.count == key.columns.count else { return found }
    for (name, operation) in zip(key.columns, rule.operators) { found[name] = operation }
    return found
  }
}
