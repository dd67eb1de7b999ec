import Postgres

/// The statements that give a table's place to its stand-in. All of them change the catalog only.
extension TableModel {
  /// Locks what the swap changes, in the order in which queries come by: views, other tables, the table.
  var locking: [String] {
    var sql = views.map { "ALTER VIEW \($0.name) OWNER TO \($0.owner)" }
    if let parent { sql.append("LOCK TABLE ONLY \(parent.name) IN ACCESS EXCLUSIVE MODE") }
    for referrer in referrers {
      let only = referrer.isPartitioned ? "" : "ONLY "
      sql.append("LOCK TABLE \(only)\(referrer.table) IN ACCESS EXCLUSIVE MODE")
    }
    return sql + ["LOCK TABLE ONLY \(fullName) IN ACCESS EXCLUSIVE MODE"]
  }

  // MARK: The table that goes

  /// Takes from the table what would hold other objects, or be held by them, and moves it away.
  func leaving(as kept: StandIn) -> [String] {
    var sql: [String] = []
    if let parent { sql.append("ALTER TABLE \(parent.name) DETACH PARTITION \(fullName)") }
    sql += publications.map {
      "ALTER PUBLICATION \(quotedIdentifier($0.name)) DROP TABLE ONLY \(fullName)"
    }
    sql += referrers.map {
      "ALTER TABLE \($0.table) DROP CONSTRAINT \(quotedIdentifier($0.name))"
    }
    sql += references.map {
      "ALTER TABLE \(fullName) DROP CONSTRAINT \(quotedIdentifier($0.name))"
    }
    sql += columns.filter { $0.default != nil }.map {
      "ALTER TABLE \(fullName) ALTER COLUMN \(quotedIdentifier($0.name)) DROP DEFAULT"
    }
    sql += triggers.filter(\.isOwn).map {
      "DROP TRIGGER \(quotedIdentifier($0.name)) ON \(fullName)"
    }
    sql += rules.map { "DROP RULE \(quotedIdentifier($0.name)) ON \(fullName)" }
    sql += policies.map { "DROP POLICY \(quotedIdentifier($0.name)) ON \(fullName)" }
    sql += statistics.map {
      "DROP STATISTICS \(quotedIdentifier($0.schema)).\(quotedIdentifier($0.name))"
    }
    sql += sequences.filter { !$0.isIdentity }.map {
      "ALTER SEQUENCE \($0.fullName) OWNED BY NONE"
    }
    sql += revoking(on: fullName)
    return sql + moving(to: kept)
  }

  private func moving(to kept: StandIn) -> [String] {
    var sql = indexes.enumerated().map { number, index in
      renaming("INDEX", qualified(index.name), kept.index(number))
    }
    sql += sequences.filter(\.isIdentity).enumerated().map { number, sequence in
      renaming("SEQUENCE", sequence.fullName, kept.sequence(number))
    }
    sql.append(renaming("TABLE", fullName, kept.table))
    return sql + ["ALTER TABLE \(qualified(kept.table)) SET SCHEMA sluice"]
  }

  private func renaming(_ kind: String, _ name: String, _ other: String) -> String {
    "ALTER \(kind) \(name) RENAME TO \(quotedIdentifier(other))"
  }

  private func revoking(on table: String) -> [String] {
    let grantees = grants.map(\.grantee) + columns.flatMap { $0.grants.map(\.grantee) }
    return Set(grantees).sorted().map { "REVOKE ALL ON TABLE \(table) FROM \($0) CASCADE" }
  }

  // MARK: The table that comes

  /// Moves a stand-in into the place that was given up, with all that the table had.
  ///
  /// - Parameter other: the stand-in as it is built.
  func arriving(_ standIn: StandIn, _ other: TableModel) -> [String] {
    var sql = other.revoking(on: standIn.name)
    // Default privileges may have given some, of the sequences as well.
    sql += other.sequences.filter(\.isIdentity).flatMap { $0.revoking(from: owner) }
    sql.append("ALTER TABLE \(standIn.name) SET SCHEMA \(quotedIdentifier(schema))")
    sql.append(renaming("TABLE", qualified(standIn.table), name))
    sql += indexes.enumerated().map { number, index in
      renaming("INDEX", qualified(standIn.index(number)), index.name)
    }
    sql += matchedIdentities(other).map { mine, theirs in
      renaming("SEQUENCE", qualified(theirs.name), mine.name)
    }
    // LIKE gives every identity a sequence of bigint, whatever its column is.
    sql += matchedIdentities(other).filter { $0.0.type != $0.1.type }.map { mine, _ in
      "ALTER SEQUENCE \(mine.fullName) AS \(mine.type)"
    }
    sql.append("ALTER TABLE \(fullName) OWNER TO \(owner)")
    sql += zip(columns, other.columns).filter { $0.default != $1.default }.map { mine, _ in
      "ALTER TABLE \(fullName) ALTER COLUMN \(quotedIdentifier(mine.name)) "
        + (mine.default.map { "SET DEFAULT \($0)" } ?? "DROP DEFAULT")
    }
    sql += sequences.filter { !$0.isIdentity }.map {
      "ALTER SEQUENCE \($0.fullName) OWNED BY \(fullName).\(quotedIdentifier($0.column))"
    }
    if let parent {
      sql.append("ALTER TABLE \(parent.name) ATTACH PARTITION \(fullName) \(parent.bound)")
      if parent.constraint != nil {
        let check = quotedIdentifier(standIn.partitionCheck)
        sql.append("ALTER TABLE \(fullName) DROP CONSTRAINT \(check)")
      }
    }
    sql += referrers.enumerated().map { number, referrer in
      "ALTER TABLE \(referrer.table) RENAME CONSTRAINT "
        + "\(quotedIdentifier(standIn.referrer(number))) TO \(quotedIdentifier(referrer.name))"
    }
    sql += statistics.enumerated().flatMap { number, statistics in
      naming(statistics, standIn.statistics(number))
    }
    return sql + behaving + granting + remarks + views.map(\.renewal)
  }

  /// The identity sequences, each with that of the stand-in's same column.
  func matchedIdentities(_ other: TableModel) -> [(Sequence, Sequence)] {
    sequences.filter(\.isIdentity).compactMap { mine in
      other.sequences.first { $0.isIdentity && $0.column == mine.column }.map { (mine, $0) }
    }
  }

  private func naming(_ statistics: Statistics, _ name: String) -> [String] {
    let schema = quotedIdentifier(statistics.schema)
    let moved = "\(schema).\(quotedIdentifier(name))"
    let final = "\(schema).\(quotedIdentifier(statistics.name))"
    var sql = ["ALTER STATISTICS \(StandIn.qualified(name)) SET SCHEMA \(schema)"]
    sql.append(renaming("STATISTICS", moved, statistics.name))
    sql.append("ALTER STATISTICS \(final) OWNER TO \(statistics.owner)")
    return sql + ["COMMENT ON STATISTICS \(final) IS \(statistics.comment)"]
  }

  /// Triggers, rules, policies and publications.
  private var behaving: [String] {
    var sql: [String] = []
    for trigger in triggers {
      if trigger.isOwn { sql.append(trigger.definition) }
      if let state = Self.state(trigger.enabled, isPlain: trigger.isOwn) {
        sql.append("ALTER TABLE \(fullName) \(state) TRIGGER \(quotedIdentifier(trigger.name))")
      }
    }
    for rule in rules {
      sql.append(rule.definition)
      if let state = Self.state(rule.enabled, isPlain: true) {
        sql.append("ALTER TABLE \(fullName) \(state) RULE \(quotedIdentifier(rule.name))")
      }
    }
    sql += policies.map {
      "CREATE POLICY \(quotedIdentifier($0.name)) ON \(fullName) \($0.definition)"
    }
    let security = hasRowSecurity ? "ENABLE" : "DISABLE"
    let force = forcesRowSecurity ? "FORCE" : "NO FORCE"
    sql.append(
      "ALTER TABLE \(fullName) \(security) ROW LEVEL SECURITY, \(force) ROW LEVEL SECURITY")
    return sql
      + publications.map {
        "ALTER PUBLICATION \(quotedIdentifier($0.name)) ADD TABLE ONLY \(fullName)\($0.clause)"
      }
  }

  /// - Parameter isPlain: whether it is enabled by itself.
  private static func state(_ letter: String, isPlain: Bool) -> String? {
    switch letter {
    case "D": "DISABLE"
    case "R": "ENABLE REPLICA"
    case "A": "ENABLE ALWAYS"
    default: isPlain ? nil : "ENABLE"
    }
  }
}

// MARK: Privileges

extension TableModel {
  /// The list is empty before, so that it comes to stand in its order again.
  private var granting: [String] {
    var sql = ["REVOKE ALL ON TABLE \(fullName) FROM \(owner)"]
    sql += grants.flatMap { $0.statements(by: owner, on: "TABLE \(fullName)") }
    for column in columns {
      let name = quotedIdentifier(column.name)
      sql += column.grants.flatMap {
        $0.statements(by: owner, on: "TABLE \(fullName)", column: name)
      }
    }
    for sequence in sequences where sequence.isIdentity {
      sql += sequence.revoking(from: owner)
      sql += sequence.grants.flatMap {
        $0.statements(by: owner, on: "SEQUENCE \(sequence.fullName)")
      }
    }
    return sql
  }

  private var remarks: [String] {
    var sql = ["COMMENT ON TABLE \(fullName) IS \(comment)"]
    sql += columns.map {
      "COMMENT ON COLUMN \(fullName).\(quotedIdentifier($0.name)) IS \($0.comment)"
    }
    let constraints =
      checks.map { ($0.name, $0.comment) } + references.map { ($0.name, $0.comment) }
    sql += constraints.map { remark("CONSTRAINT", $0, $1) }
    sql += indexRemarks
    sql += triggers.map { remark("TRIGGER", $0.name, $0.comment) }
    sql += rules.map { remark("RULE", $0.name, $0.comment) }
    sql += policies.map { remark("POLICY", $0.name, $0.comment) }
    sql += sequences.filter(\.isIdentity).map {
      "COMMENT ON SEQUENCE \($0.fullName) IS \($0.comment)"
    }
    return sql
      + referrers.map {
        "COMMENT ON CONSTRAINT \(quotedIdentifier($0.name)) ON \($0.table) IS \($0.comment)"
      }
  }
}

extension TableModel.Grant {
  /// Whoever has granted grants again.
  fileprivate func statements(by owner: String, on object: String, column: String? = nil)
    -> [String]
  {
    let parts = [(privileges, ""), (grantable, " WITH GRANT OPTION")].filter { !$0.0.isEmpty }
    let sql = parts.map { names, ending in
      let list = names.map { name in column.map { "\(name) (\($0))" } ?? name }
      return "GRANT \(list.joined(separator: ", ")) ON \(object) TO \(grantee)\(ending)"
    }
    guard grantor != owner else { return sql }
    // RESET would end in the role that has logged in, which may have more rights than ours.
    let keep = "SELECT set_config('sluice.role', current_setting('role'), true)"
    let back = "SELECT set_config('role', current_setting('sluice.role'), true)"
    return [keep, "SET LOCAL ROLE \(grantor)"] + sql + [back]
  }
}

extension TableModel.Sequence {
  /// Quoted and qualified.
  var fullName: String { "\(quotedIdentifier(schema)).\(quotedIdentifier(name))" }

  fileprivate func revoking(from owner: String) -> [String] {
    Set(grants.map(\.grantee) + [owner]).sorted().map {
      "REVOKE ALL ON SEQUENCE \(fullName) FROM \($0) CASCADE"
    }
  }
}

extension TableModel.View {
  fileprivate var renewal: String {
    let with = options.isEmpty ? "" : " WITH (\(options.joined(separator: ", ")))"
    return "CREATE OR REPLACE VIEW \(name)\(with) AS \(definition)"
  }
}
