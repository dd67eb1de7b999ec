import ImportModel
import Postgres

/// The SQL that finds the rows of staging that break rules. Each statement adds to the table of breaches;
/// all names and expressions come out of the catalog.
struct RuleStatements {
  /// Longest text of a value in a message, in characters.
  private static let valueLimit = 200
  static let breaches = "pg_temp.sluice_breaches"
  private static let accepted = "pg_temp.sluice_accepted"

  let request: MergeRequest
  let candidates: CandidateRows
  private let match: KeyMatch

  init(_ request: MergeRequest, rules: TargetRules, targetIsEmpty: Bool) {
    self.request = request
    candidates = CandidateRows(request, rules: rules, targetIsEmpty: targetIsEmpty)
    match = KeyMatch(request, rules: rules)
  }

  static let createBreaches = """
    CREATE TEMP TABLE sluice_breaches (
      row bigint NOT NULL, rule integer NOT NULL, place integer NOT NULL, detail text) ON COMMIT DROP
    """

  /// How many rows break a rule, those already removed included.
  static let countBroken = "SELECT count(DISTINCT row) AS rows FROM \(breaches)"

  /// All that is known of each row, in the order of the file; of a rule it breaks in two ways, the first.
  static let report = """
    SELECT DISTINCT ON (row, rule) row, rule, place, detail FROM \(breaches) ORDER BY row, rule, place
    """

  var removeBroken: String {
    """
    DELETE FROM \(request.staging) s USING (SELECT DISTINCT row FROM \(RuleStatements.breaches)) b
     WHERE s.\(quotedIdentifier(request.layout.rowColumn)) = b.row
    """
  }

  private func insert(_ query: String) -> String {
    "INSERT INTO \(RuleStatements.breaches) (row, rule, place, detail) \(query)"
  }

  private func text(_ expressions: [String]) -> String {
    let parts = expressions.map {
      "coalesce(left(CAST(\($0) AS text), \(RuleStatements.valueLimit)), 'null')"
    }
    return "concat_ws(', ', \(parts.joined(separator: ", ")))"
  }

  /// The rows for which an expression is false, and not only unknown.
  func check(_ expression: String, columns: [String], rule: Int) -> String? {
    candidates.rows(with: columns).map { rows in
      insert(
        "SELECT \(candidates.number), \(rule), 0, NULL FROM \(rows) WHERE (\(expression)) IS FALSE")
    }
  }

  /// The rows that would have to change a column of theirs which only an insert can write.
  func fixed(_ column: StagingLayout.Column, rule: Int, in slice: StagedSlice? = nil) -> String {
    let number = "s.\(quotedIdentifier(request.layout.rowColumn))"
    let changed =
      "t.\(quotedIdentifier(column.name)) OPERATOR(pg_catalog.<>) \(request.value(column))"
    let part = slice.map { " AND s.ctid >= '\($0.from)'::tid AND s.ctid < '\($0.to)'::tid" } ?? ""
    return insert(match.pairs("\(number), \(rule), 0, NULL", where: changed + part))
  }

  /// The rows that point to nothing.
  func reference(_ reference: TargetRules.Reference, rule: Int) -> String? {
    guard let rows = candidates.rows(with: reference.columns) else { return nil }
    let columns = reference.columns.map { "c.\(quotedIdentifier($0))" }
    func matches(_ alias: String) -> String {
      zip(zip(reference.referencedColumns, reference.operators), columns).map {
        "\(alias).\(quotedIdentifier($0.0)) \($0.1) \($1)"
      }.joined(separator: " AND ")
    }
    // Rows of a table that is replaced will not be there any more.
    var dangling =
      reference.isOwn && request.mode == .replace
      ? "true" : "NOT EXISTS (SELECT FROM \(reference.source) r WHERE \(matches("r")))"
    if reference.isOwn {
      guard let own = candidates.rows(with: reference.referencedColumns) else { return nil }
      dangling += " AND NOT EXISTS (SELECT FROM (SELECT * FROM \(own)) f WHERE \(matches("f")))"
    }
    let whole = columns.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
    let dangles =
      "SELECT c.\(candidates.number), \(rule), 0, \(text(columns))"
      + " FROM (SELECT * FROM \(rows)) c WHERE \(whole) AND \(dangling)"
    guard reference.isFull, columns.count > 1 else { return insert(dangles) }
    let empty = columns.map { "\($0) IS NULL" }.joined(separator: " AND ")
    let mixed =
      "SELECT c.\(candidates.number), \(rule), 0, NULL FROM (SELECT * FROM \(rows)) c"
      + " WHERE NOT (\(whole)) AND NOT (\(empty))"
    return insert("\(dangles) UNION ALL \(mixed)")
  }
}

// MARK: Keys

extension RuleStatements {
  /// The rows as a key sees them: their numbers, what is compared (`k0`, `k1`, …), whether the key looks
  /// at them at all (`p`), and their conflict key (`c0`, `c1`, …).
  private func mine(_ key: TargetRules.Key) -> String? {
    candidates.rows(with: key.columns + request.key.columns).map { rows in
      "SELECT \(candidates.number) AS r, \(items(key)) FROM \(rows)"
    }
  }

  private func items(_ key: TargetRules.Key) -> String {
    let compared = key.expressions.enumerated().map { "\($1) AS k\($0)" }
    let own = request.key.columns.enumerated().map { "\(quotedIdentifier($1)) AS c\($0)" }
    return (compared + ["(\(key.predicate ?? "true")) IS TRUE AS p"] + own).joined(separator: ", ")
  }

  /// Records hold NULLs for equal, and can be joined by a hash all the same.
  private func collide(_ key: TargetRules.Key, _ one: String, _ other: String) -> String {
    if key.nullsAreEqual {
      let records = [one, other].map { alias in
        "CAST(ROW(\(key.expressions.indices.map { "\(alias).k\($0)" }.joined(separator: ", "))) AS record)"
      }
      return records.joined(separator: " OPERATOR(pg_catalog.=) ")
    }
    return key.operators.enumerated().map { "\(one).k\($0) \($1) \(other).k\($0)" }
      .joined(separator: " AND ")
  }

  private func sameRow(_ one: String, _ other: String) -> String {
    let columns = { (alias: String) in request.key.columns.indices.map { "\(alias).c\($0)" } }
    return match.sameness(columns(one), columns(other))
  }

  private func values(_ key: TargetRules.Key, _ alias: String) -> String {
    text(key.expressions.indices.map { "\(alias).k\($0)" })
  }

  /// The rows that collide with another row of the target than the one that they update; those that the
  /// file itself moves out of the way are no obstacle.
  func collisions(with key: TargetRules.Key, rule: Int) -> String? {
    guard let mine = mine(key) else { return nil }
    let theirs =
      "SELECT \(items(key)) FROM \(request.targetSource) AS \(quotedIdentifier(request.target.name))"
    let compared = key.expressions.indices.map { "m.k\($0)" }.joined(separator: ", ")
    let own = request.key.columns.indices.map { ", o.c\($0)" }.joined()
    return """
      WITH hits AS MATERIALIZED (
        SELECT m.r, \(compared)\(own) FROM (\(mine)) m JOIN (\(theirs)) o ON \(collide(key, "m", "o"))
         WHERE m.p AND o.p AND (\(sameRow("m", "o"))) IS NOT TRUE)
      \(insert("SELECT h.r, \(rule), 1, \(values(key, "h")) FROM hits h"))
       WHERE NOT EXISTS (
         SELECT FROM (\(mine)) v
          WHERE \(sameRow("v", "h")) AND (v.p AND \(collide(key, "v", "h"))) IS NOT TRUE)
      """
  }

  /// The rows whose key another row of the file has: the first one that breaks no rule stays.
  func repetitions(of key: TargetRules.Key, rule: Int) -> String? {
    guard let mine = mine(key) else { return nil }
    let parts = key.expressions.indices.map { "m.k\($0)" }
    let grouped = parts.joined(separator: ", ")
    let whole = key.nullsAreEqual ? [] : parts.map { "\($0) IS NOT NULL" }
    let counted = "(\(mine)) m WHERE \((["m.p"] + whole).joined(separator: " AND "))"
    // Few keys are repeated, if any: only their rows are sorted.
    return """
      WITH repeated AS MATERIALIZED (
        SELECT \(grouped) FROM \(counted) GROUP BY \(grouped) HAVING count(*) > 1)
      \(insert("SELECT q.r, \(rule), 2, \(values(key, "q"))")) FROM (
        SELECT m.*, row_number() OVER (
                 PARTITION BY \(grouped) ORDER BY b.row IS NOT NULL, m.r) AS place
          FROM (SELECT m.* FROM \(counted)) m JOIN repeated x ON \(collide(key, "m", "x"))
          LEFT JOIN (SELECT DISTINCT row FROM \(RuleStatements.breaches)) b ON b.row = m.r) q
       WHERE q.place > 1
      """
  }

  /// The rows that an exclusion constraint keeps from standing beside others of the file: a table with the
  /// same constraint takes them one after the other, as far as it does.
  func exclusions(by key: TargetRules.Key, rule: Int) -> [String]? {
    guard let clause = key.exclusion, let mine = mine(key),
      let rows = candidates.rows(with: key.columns)
    else { return nil }
    let names = key.columns.map { "\(quotedIdentifier($0))" }.joined(separator: ", ")
    let chosen = "SELECT \(candidates.number), \(names) FROM \(rows)"
    return [
      "CREATE TEMP TABLE sluice_accepted ON COMMIT DROP AS \(chosen) WITH NO DATA",
      "ALTER TABLE \(RuleStatements.accepted) ADD \(clause)",
      """
      INSERT INTO \(RuleStatements.accepted) SELECT c.* FROM (\(chosen)) c
        LEFT JOIN (SELECT DISTINCT row FROM \(RuleStatements.breaches)) b
          ON b.row = c.\(candidates.number)
       ORDER BY b.row IS NOT NULL, c.\(candidates.number) ON CONFLICT DO NOTHING
      """,
      insert(
        """
        SELECT m.r, \(rule), 2, \(values(key, "m")) FROM (\(mine)) m
         WHERE m.p AND NOT EXISTS (
           SELECT FROM \(RuleStatements.accepted) a WHERE a.\(candidates.number) = m.r)
        """),
      "DROP TABLE \(RuleStatements.accepted)",
    ]
  }
}
