import ImportModel
import Postgres

/// What is wrong with a target, out of its facts.
struct TargetFindings {
  let target: TargetTable
  let facts: TargetFacts
  let limits: Thresholds

  private var name: String { target.displayName }

  private func finding(
    _ severity: Finding.Severity, _ code: String, _ message: String, sql: [String] = []
  ) -> Finding {
    Finding(severity, code, target: name, message, sql: sql)
  }

  /// All that `sluice doctor` tells.
  var all: [Finding] {
    key + relations + statistics + vacuum + indexes + spareIndexes + rights
  }

  /// What concerns an import in a mode.
  func concerning(_ mode: ImportOptions.Mode) -> [Finding] {
    let missing = rights.filter { $0.code == "missing_right" }
    return (mode == .append || mode == .replace ? key : []) + relations + statistics + vacuum
      + indexes + (mode == .upsert || mode == .append ? missing : [])
      + (mode == .replace ? published : [])
  }

  /// Rows are put into the new table before it is published, as those of another one.
  private var published: [Finding] {
    guard !facts.publications.isEmpty else { return [] }
    let names = facts.publications.map { "\"\($0)\"" }.joined(separator: ", ")
    return [
      finding(
        .warning, "replaced_unseen_by_subscribers",
        "subscribers of \(names) get the changes of \(name) that come after the replacement, but not the"
          + " replacement itself: empty the table there and let it be copied again (take it out of the"
          + " publication, REFRESH the subscription, put it in, REFRESH)")
    ]
  }

  // MARK: Keys and indexes

  private var key: [Finding] {
    guard target.shape.holdsRows, !target.shape.hasForeignPartitions, target.usableKeys.isEmpty
    else { return [] }
    return [
      finding(
        .warning, "no_usable_key",
        "\(name) has no unique key to import by: only append and replace can be, and a file that is sent"
          + " twice stands there twice; name the columns that tell its rows apart"
          + (facts.keySQL == nil ? "" : ", such as these"),
        sql: facts.keySQL.map { [$0] } ?? [])
    ]
  }

  private var indexes: [Finding] {
    let invalid = facts.invalidIndexes.map { index in
      finding(
        .warning, "invalid_index",
        "the index \"\(index.name)\" of \(name) is invalid: it is written to, and used for nothing",
        sql: index.sql.map { [$0] } ?? [])
    }
    let bare = facts.bareReferences.filter { ($0.bytes ?? 0) > limits.smallTableBytes }
    return invalid
      + bare.map { reference in
        finding(
          .warning, "foreign_key_without_index",
          reference.detail.map { other in
            "the foreign key \"\(reference.name)\" of \(other) points at \(name) without an index on its"
              + " columns: each row of \(name) that goes, or whose key changes, reads all of \(other)"
          }
            ?? "the foreign key \"\(reference.name)\" of \(name) has no index on its columns: each row of"
            + " the other table that goes reads all of \(name)",
          sql: reference.sql.map { [$0] } ?? [])
      }
  }

  private var spareIndexes: [Finding] {
    let duplicates = facts.duplicateIndexes.map { index in
      finding(
        .warning, "duplicate_index",
        "the index \"\(index.name)\" of \(name) is the same as \(index.detail ?? "another"): each row that"
          + " is imported is written to both (\(Amounts.bytes(index.bytes ?? 0)))",
        sql: index.sql.map { [$0] } ?? [])
    }
    guard facts.countedSeconds >= limits.unusedSeconds else { return duplicates }
    let spare = Set(facts.duplicateIndexes.map(\.name))
    let unused = facts.unusedIndexes.filter {
      ($0.bytes ?? 0) >= limits.unusedIndexBytes && !spare.contains($0.name)
    }
    return duplicates
      + unused.map { index in
        finding(
          .note, "unused_index",
          "the index \"\(index.name)\" of \(name) (\(Amounts.bytes(index.bytes ?? 0))) was not used for"
            + " \(Amounts.seconds(facts.countedSeconds)) here; ask standbys too before it is dropped",
          sql: index.sql.map { [$0] } ?? [])
      }
  }

  // MARK: Statistics and vacuum

  private var statistics: [Finding] {
    let blind = facts.unanalyzed.filter { ($0.bytes ?? 0) > limits.smallTableBytes }
    guard !blind.isEmpty else { return [] }
    return [
      finding(
        .warning, "never_analyzed",
        "\(list(blind)) has no statistics: plans are guesses",
        sql: blind.compactMap(\.sql))
    ]
  }

  private func list(_ items: [TargetFacts.Item]) -> String {
    let first = items.prefix(3).map(\.name).joined(separator: ", ")
    return items.count > 3 ? "\(first) and \(items.count - 3) more" : first
  }

  private var vacuum: [Finding] {
    var found: [Finding] = []
    if !facts.vacuumOff.isEmpty {
      found.append(
        finding(
          .warning, "autovacuum_off_for_table", "autovacuum is off for \(list(facts.vacuumOff))",
          sql: facts.vacuumOff.compactMap(\.sql)))
    }
    let all = facts.liveRows + facts.deadRows
    if facts.deadRows >= limits.deadRows,
      Double(facts.deadRows) >= Double(all) * limits.deadShare
    {
      let share = Amounts.percent(Double(facts.deadRows) / Double(all))
      let last = facts.vacuumedSeconds.map { "was last vacuumed \(Amounts.seconds($0)) ago" }
      found.append(
        finding(
          .warning, "dead_rows",
          "\(share) of the rows of \(name) are dead (\(facts.deadRows)), and it"
            + " \(last ?? "was never vacuumed"): autovacuum does not keep up",
          sql: ["VACUUM (ANALYZE) \(facts.sqlName)"]))
    }
    let limit = Int64(Double(facts.freezeAge) * limits.frozenAgeFactor)
    if facts.frozenAge > limit {
      found.append(
        finding(
          facts.frozenAge >= limits.frozenAgeSerious ? .serious : .warning, "wraparound_near",
          "the oldest transaction in \(name) is \(facts.frozenAge) transactions old: at about 2100"
            + " million Postgres takes no more writes",
          sql: ["VACUUM (FREEZE) \(facts.sqlName)"]))
    }
    return found
  }

  // MARK: Kinds and rights

  private var relations: [Finding] {
    var found: [Finding] = []
    if !facts.unlogged.isEmpty {
      found.append(
        finding(
          .warning, "unlogged_target",
          "\(list(facts.unlogged)) is UNLOGGED: a crash of Postgres empties it, and what was imported is"
            + " gone", sql: facts.unlogged.compactMap(\.sql)))
    }
    if target.shape.kind == .partitionedTable, facts.partitions == 0,
      !target.shape.hasForeignPartitions
    {
      found.append(
        finding(
          .serious, "no_partitions", "\(name) has no partitions: every row would be rejected",
          sql: ["CREATE TABLE \(defaultPartition) PARTITION OF \(facts.sqlName) DEFAULT"]))
    }
    if facts.wrapper == "postgres_fdw", facts.batchSize == nil {
      found.append(
        finding(
          .warning, "foreign_rows_one_by_one",
          "rows go to the foreign table \(name) one by one: batch_size sends many at once",
          sql: ["ALTER FOREIGN TABLE \(facts.sqlName) OPTIONS (ADD batch_size '1000')"]))
    }
    return found
  }

  /// A name has at most 63 bytes.
  private var defaultPartition: String {
    let name = String(decoding: target.name.utf8.prefix(52), as: UTF8.self)
    return "\(quotedIdentifier(target.schema)).\(quotedIdentifier(name + "_default"))"
  }

  private var rights: [Finding] {
    let isTable = target.shape.holdsRows
    let missing = facts.missingRights.filter { isTable || $0.name == "INSERT" }
    var found = missing.map { right in
      finding(
        .warning, "missing_right",
        "the role may not \(right.name) \(preposition(right.name)) \(name): \(use(of: right.name))",
        sql: right.sql.map { [$0] } ?? [])
    }
    if isTable, !facts.isOwner {
      found.append(
        finding(
          .note, "not_owner",
          "the role does not own \(name): mode=replace cannot be, nor ANALYZE behind an import"))
    }
    return found
  }

  private func preposition(_ right: String) -> String {
    switch right {
    case "INSERT": "into"
    case "UPDATE": "rows of"
    default: "from"
    }
  }

  private func use(of right: String) -> String {
    switch right {
    case "SELECT": "upsert and insert look for the rows that are there"
    case "INSERT": "nothing can be imported"
    case "UPDATE": "upsert needs it"
    default: "an import could not be undone"
    }
  }
}
