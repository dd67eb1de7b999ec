import ImportModel
import Postgres

/// A table in the schema `sluice` that is to take another one's place, or has given its own up: with the
/// same columns, checks and indexes, but under names of its own.
struct StandIn: Sendable, Equatable {
  /// Begins all names.
  let base: String
  /// The table's own name, unquoted.
  let table: String

  /// The one that an import fills.
  static func replacing(by id: ImportID) -> StandIn {
    StandIn(base: "replace_\(id.digits)", table: "replace_\(id.digits)")
  }

  /// The one that the file is read into: it is the import's staging.
  static func staged(by id: ImportID) -> StandIn {
    let name = StagingLayout.tableName(of: id)
    return StandIn(base: name, table: name)
  }

  /// The one that is filled before the transaction of the exchange: it is that of an attempt.
  static func beside(_ lease: Lease) -> StandIn {
    let name = BesideTables.ownName("r", of: lease)
    return StandIn(base: name, table: name)
  }

  /// The former table, kept until the import can no longer be undone.
  static func kept(by id: ImportID) -> StandIn {
    StandIn(base: "undo_\(id.digits)", table: "undo_\(id.digits)_table")
  }

  /// The new table, after its import was undone, on its way out.
  static func undone(by id: ImportID) -> StandIn {
    StandIn(base: "undone_\(id.digits)", table: "undone_\(id.digits)")
  }

  /// Quoted and qualified.
  var name: String { StandIn.qualified(table) }

  /// Indexes and their constraints are counted in the order of the names that they take the place of.
  func index(_ number: Int) -> String { "\(base)_i\(number)" }
  func statistics(_ number: Int) -> String { "\(base)_s\(number)" }
  func sequence(_ number: Int) -> String { "\(base)_q\(number)" }
  /// The foreign key of another table that points here.
  func referrer(_ number: Int) -> String { "\(base)_f\(number)" }
  var partitionCheck: String { "\(base)_p" }

  func oid(on connection: PostgresConnection) async throws -> UInt32 {
    let row = try await connection.query(
      "SELECT $1::regclass::oid::bigint AS oid", [.text(name)]
    ).rows[0]
    return UInt32(try row.int64("oid"))
  }

  /// Names of the indexes that it has, unquoted.
  func indexNames(on connection: PostgresConnection) async throws -> [String] {
    try await connection.query(
      """
      SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
       WHERE i.indrelid = $1::regclass
      """, [.text(name)]
    ).rows.map { try $0.string("name") }
  }

  static func qualified(_ name: String) -> String { "sluice.\(quotedIdentifier(name))" }
}

// MARK: Making it

extension TableModel {
  /// Makes the table, still without indexes and without what looks at other tables.
  func making(_ standIn: StandIn) -> [String] {
    let with = options.isEmpty ? "" : " WITH (\(options.joined(separator: ", ")))"
    var sql = [
      """
      CREATE \(isLogged ? "" : "UNLOGGED ")TABLE \(standIn.name) (LIKE \(fullName)
        INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING IDENTITY INCLUDING STORAGE
        INCLUDING COMPRESSION) USING \(method)\(with) TABLESPACE \(tablespace)
      """
    ]
    if let type { sql.append("ALTER TABLE \(standIn.name) OF \(type)") }
    for check in checks {
      sql.append(adding(check.name, check.definition, to: standIn.name))
    }
    sql += partitionCheck(of: standIn)
    for column in columns {
      let head = "ALTER TABLE \(standIn.name) ALTER COLUMN \(quotedIdentifier(column.name))"
      if column.statistics >= 0 { sql.append("\(head) SET STATISTICS \(column.statistics)") }
      if !column.options.isEmpty {
        sql.append("\(head) SET (\(column.options.joined(separator: ", ")))")
      }
    }
    return sql
  }

  /// Spares the attachment of the partition its scan.
  func partitionCheck(of standIn: StandIn) -> [String] {
    guard let constraint = parent?.constraint else { return [] }
    return [adding(standIn.partitionCheck, "CHECK (\(constraint))", to: standIn.name)]
  }

  /// Tells logical decoding which columns know a row of the stand-in.
  func identifying(_ standIn: StandIn) -> String {
    identifying(standIn.name) { standIn.index($0) }
  }

  func describing(_ standIn: StandIn) -> [String] {
    statistics.enumerated().flatMap { number, statistics in
      let name = StandIn.qualified(standIn.statistics(number))
      let made = "CREATE STATISTICS \(name)\(statistics.head) FROM \(standIn.name)"
      guard statistics.target >= 0 else { return [made] }
      return [made, "ALTER STATISTICS \(name) SET STATISTICS \(statistics.target)"]
    }
  }

  /// Adds the table's own foreign keys; Postgres looks at all rows.
  ///
  /// - Parameter areNew: whether the rows are new, so that also those foreign keys hold for them which are not
  ///   valid for all rows of before.
  func referring(_ standIn: StandIn, areNew: Bool) -> [String] {
    references.flatMap { reference in
      let definition =
        reference.isOwn
        ? pointing(reference.definition, to: standIn.name) : reference.definition
      let added = adding(reference.name, definition, to: standIn.name)
      guard areNew, definition.hasSuffix(TableModel.notValid) else { return [added] }
      let valid = String(definition.dropLast(TableModel.notValid.count))
      return [
        adding(reference.name, valid, to: standIn.name),
        "ALTER TABLE \(standIn.name) DROP CONSTRAINT \(quotedIdentifier(reference.name))", added,
      ]
    }
  }

  /// Adds the foreign key of another table; Postgres looks at all rows of that table.
  func referral(_ number: Int, to standIn: StandIn) -> String {
    let referrer = referrers[number]
    return adding(
      standIn.referrer(number), pointing(referrer.definition, to: standIn.name), to: referrer.table)
  }

  /// The same foreign key with another table behind REFERENCES.
  private func pointing(_ definition: String, to table: String) -> String {
    definition.replacingFirst(" REFERENCES \(fullName)(", with: " REFERENCES \(table)(")
  }

  /// Makes the triggers that shape rows as they are inserted; they are made anew at the end.
  func shaping(_ standIn: StandIn) -> [String] {
    triggers.filter(\.shapesRows).flatMap { trigger -> [String] in
      let made = trigger.definition.replacingFirst(
        " ON \(fullName) ", with: " ON \(standIn.name) ")
      guard trigger.enabled == "A" else { return [made] }
      return [
        made, "ALTER TABLE \(standIn.name) ENABLE ALWAYS TRIGGER \(quotedIdentifier(trigger.name))",
      ]
    }
  }

  func unshaping(_ standIn: StandIn) -> [String] {
    triggers.filter(\.shapesRows).map {
      "DROP TRIGGER \(quotedIdentifier($0.name)) ON \(standIn.name)"
    }
  }
}

extension String {
  fileprivate func replacingFirst(_ part: String, with other: String) -> String {
    guard let range = firstRange(of: part) else { return self }
    return replacingCharacters(in: range, with: other)
  }

  private func replacingCharacters(in range: Range<Index>, with other: String) -> String {
    self[..<range.lowerBound] + other + self[range.upperBound...]
  }
}
