import ImportModel
import Postgres

/// When a row of staging and one of the target have the same conflict key, as SQL.
///
/// Compared by the operators of the key's own index: what `=` means is looked up in the search path, and
/// the type may lie off it (`citext` would be compared as `text`). `GROUP BY` and `PARTITION BY` go by the
/// type's default operator class without a look at the path, which is the index's own unless it was made
/// with another one.
struct KeyMatch: Sendable {
  private let request: MergeRequest
  private let operators: [String]

  init(_ request: MergeRequest, rules: TargetRules) {
    self.request = request
    operators = rules.operators(of: request.key)
  }

  /// Compares the columns of the key, in its order; NULL is equal to nothing.
  func equality(_ one: [String], _ other: [String]) -> String {
    zip(zip(one, operators), other).map { "\($0.0) \($0.1) \($1)" }.joined(separator: " AND ")
  }

  /// Compares them as the key does, which may hold NULLs for equal.
  ///
  /// Without a key, no row is the same as another one.
  func sameness(_ one: [String], _ other: [String]) -> String {
    guard !one.isEmpty else { return "false" }
    guard request.key.nullsAreEqual else { return equality(one, other) }
    return zip(zip(one, operators), other).map {
      "(\($0.0) \($0.1) \($1) OR \($0.0) IS NULL AND \($1) IS NULL)"
    }.joined(separator: " AND ")
  }

  private var staged: [String] { request.keyColumns.map(request.value) }

  func columns(of alias: String) -> [String] {
    request.keyColumns.map { "\(alias).\(quotedIdentifier($0.name))" }
  }

  /// Whether no column of the key is NULL.
  func isFull(_ alias: String) -> String {
    columns(of: alias).map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
  }

  /// Whether the key of a row can meet another one: NULLs are equal to nothing unless the index says so.
  func isWhole(_ alias: String) -> String {
    request.key.nullsAreEqual ? "true" : isFull(alias)
  }

  /// Whether a row of the target has the key of the row `s` of staging; NULLs are equal to nothing.
  func joined(_ alias: String) -> String { equality(columns(of: alias), staged) }

  /// Whether two rows that stand in the target at different times have one key. Records hold NULLs for
  /// equal, and can be joined by a hash all the same.
  func isSameRow(_ one: [String], _ other: [String]) -> String {
    guard request.key.nullsAreEqual else { return equality(one, other) }
    return [one, other].map { "CAST(ROW(\($0.joined(separator: ", "))) AS record)" }
      .joined(separator: " OPERATOR(pg_catalog.=) ")
  }

  /// Joins each row `s` of staging with the row `e` that it would update; not those with a NULL in the key,
  /// which can be joined by no hash.
  var joinOfExisting: String {
    "LEFT JOIN \(request.targetSource) e ON \(equality(columns(of: "e"), staged))"
  }

  /// Selects something of the rows `s` of staging that have their row `t` in the target, under a condition
  /// on both.
  func pairs(_ items: String, where condition: String) -> String {
    let head = "SELECT \(items) FROM \(request.staging) s JOIN \(request.targetSource) t ON "
    let full = "\(head)\(equality(columns(of: "t"), staged)) WHERE \(condition)"
    guard request.key.nullsAreEqual else { return full }
    // Apart, as few rows have a NULL there and only those cannot be joined by a hash.
    return "\(full) UNION ALL \(head)NOT (\(isFull("s")))"
      + " AND \(sameness(columns(of: "t"), staged)) WHERE \(condition)"
  }

  /// Whether the target holds a row `t` with the key of `s`, under a condition on both.
  func isHeld(where condition: String) -> String {
    let head = "EXISTS (SELECT FROM \(request.targetSource) t WHERE \(condition) AND "
    let full = "\(head)\(equality(columns(of: "t"), staged)))"
    guard request.key.nullsAreEqual else { return full }
    return "(\(full) OR NOT (\(isFull("s"))) AND \(head)\(sameness(columns(of: "t"), staged))))"
  }
}

extension TargetRules {
  /// The operators by which a key compares its columns, in its order.
  ///
  /// That of a key which is not there any more does not matter: `ON CONFLICT` finds no index then.
  fileprivate func operators(of key: TargetKey) -> [String] {
    let plain = keys.filter { $0.isPlain && $0.exclusion == nil }
    let found = plain.first { $0.name == key.name && $0.operators.count == key.columns.count }
    return found?.operators ?? key.columns.map { _ in "OPERATOR(pg_catalog.=)" }
  }
}
