import Postgres

/// What is known of a table whose indexes are made anew, or made for another one that is built as it.
protocol IndexedTable {
  var schema: String { get }
  /// Qualified, and quoted as the catalog does it.
  var fullName: String { get }
  /// As in `pg_class.relreplident`.
  var replicaIdentity: String { get }
  var indexes: [TableModel.Index] { get }
}

extension TableModel: IndexedTable {}

extension IndexedTable {
  /// A name in the table's schema.
  func qualified(_ name: String) -> String {
    "\(quotedIdentifier(schema)).\(quotedIdentifier(name))"
  }

  /// Makes an index under a lock that others can have as well who make another one; not that of an exclusion
  /// constraint.
  ///
  /// - Parameter hasWorker: as in `IndexMemory.setting`.
  func building(
    _ number: Int, of table: String, as index: String, hasWorker: Bool = false
  ) -> [String] {
    let made = indexes[number]
    guard made.constraint?.kind != "x" else { return [] }
    let unique = made.isUnique ? "UNIQUE " : ""
    return [
      settings(for: made, made.tail, of: table, hasWorker: hasWorker),
      "CREATE \(unique)INDEX \(quotedIdentifier(index)) ON \(table) \(made.tail)",
    ]
  }

  /// Primary keys and unique constraints that can be made together with their indexes: they lie in one tablespace, and
  /// have no storage parameters, which the definition of a constraint leaves out.
  var plainKeys: [(number: Int, definition: String)] {
    let plain = indexes.enumerated().compactMap {
      number, index -> (number: Int, definition: String)? in
      guard let constraint = index.constraint, constraint.kind != "x",
        !index.tail.contains(" WITH (")
      else { return nil }
      return (number, constraint.definition)
    }
    return plain.filter { indexes[$0.number].tablespace == indexes[plain[0].number].tablespace }
  }

  /// Makes `plainKeys` in one command: each more would take as long as some hundred rows. They have whatever memory the
  /// session has: it is for a small table.
  func keying(_ keys: [(number: Int, definition: String)], of table: String) -> [String] {
    guard let first = keys.first else { return [] }
    let constraints = keys.map {
      "ADD CONSTRAINT \(quotedIdentifier(indexes[$0.number].name)) \($0.definition)"
    }
    return [
      "SET LOCAL default_tablespace = \(indexes[first.number].tablespace)",
      "ALTER TABLE ONLY \(table) \(constraints.joined(separator: ", "))",
    ]
  }

  /// Where, and in what memory, an index is made.
  private func settings(
    for index: TableModel.Index, _ definition: String, of table: String, hasWorker: Bool = false
  ) -> String {
    "SET LOCAL default_tablespace = \(index.tablespace);\n"
      + IndexMemory.setting(definition, of: table, hasWorker: hasWorker)
  }

  /// Gives an index its constraint and its marks; makes that of an exclusion constraint.
  ///
  /// - Parameter hasConstraint: whether it has been made with its constraint.
  func marking(
    _ number: Int, of table: String, schema: String, as index: String, hasConstraint: Bool = false
  ) -> [String] {
    let made = indexes[number]
    let name = quotedIdentifier(index)
    var sql: [String] = []
    switch made.constraint {
    case .some where hasConstraint: break
    case .some(let constraint) where constraint.kind == "x":
      sql.append(settings(for: made, constraint.definition, of: table))
      sql.append(adding(index, constraint.definition, to: table))
    case .some(let constraint):
      let kind = constraint.kind == "p" ? "PRIMARY KEY" : "UNIQUE"
      sql.append(
        "ALTER TABLE \(table) ADD CONSTRAINT \(name) \(kind) USING INDEX \(name)"
          + constraint.delay)
    case nil: break
    }
    for pair in made.statistics where pair.count == 2 {
      let full = "\(quotedIdentifier(schema)).\(name)"
      sql.append("ALTER INDEX \(full) ALTER COLUMN \(pair[0]) SET STATISTICS \(pair[1])")
    }
    if made.isClustered { sql.append("ALTER TABLE \(table) CLUSTER ON \(name)") }
    return sql
  }

  /// Tells logical decoding which columns know a row of a table that is built as this one.
  ///
  /// - Parameter name: the name of an index there.
  func identifying(_ table: String, indexNamed name: (Int) -> String) -> String {
    let choice =
      switch replicaIdentity {
      case "f": "FULL"
      case "n": "NOTHING"
      case "i":
        indexes.firstIndex(where: \.isReplicaIdentity).map {
          "USING INDEX \(quotedIdentifier(name($0)))"
        } ?? "DEFAULT"
      default: "DEFAULT"
      }
    return "ALTER TABLE \(table) REPLICA IDENTITY \(choice)"
  }

  func adding(_ name: String, _ definition: String, to table: String) -> String {
    "ALTER TABLE \(table) ADD CONSTRAINT \(quotedIdentifier(name)) \(definition)"
  }

  /// What is said of indexes and of their constraints, where anything is.
  var indexRemarks: [String] {
    indexes.flatMap { index in
      let constraint = index.constraint.map {
        ($0.comment, remark("CONSTRAINT", index.name, $0.comment))
      }
      let own = (index.comment, "COMMENT ON INDEX \(qualified(index.name)) IS \(index.comment)")
      return [constraint, own].compactMap { $0 }.filter { $0.0 != "NULL" }.map(\.1)
    }
  }

  func remark(_ kind: String, _ name: String, _ text: String) -> String {
    "COMMENT ON \(kind) \(quotedIdentifier(name)) ON \(fullName) IS \(text)"
  }
}
