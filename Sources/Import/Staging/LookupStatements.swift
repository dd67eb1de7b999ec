import ImportModel
import Postgres

/// The SQL that puts what natural keys stand for in the place of the keys. Every identifier comes out of
/// the catalog.
struct LookupStatements {
  /// Longest text of a key in a message, in characters.
  private static let keyLimit = 200

  private let table: StagingTable
  private let lookups: [StagingLayout.Column]

  init(_ table: StagingTable) {
    self.table = table
    lookups = table.layout.columns.filter { $0.lookup != nil }
  }

  /// The lookups, in the order of their columns.
  var all: [ColumnLookup] { lookups.compactMap(\.lookup) }

  /// The table that takes the place of staging.
  var resolved: String { table.name(beside: "resolved") }

  private var row: String { "s.\(quotedIdentifier(table.layout.rowColumn))" }

  /// The table of the keys that one lookup has found.
  func map(_ index: Int) -> String { table.name(beside: "lookup_\(index)") }

  // MARK: Keys

  /// The key of a staged row.
  private func staged(_ index: Int) -> String {
    let column = lookups[index]
    let name = "s.\(quotedIdentifier(column.name))"
    return column.castTo.map { "CAST(\(name) AS \($0))" } ?? name
  }

  /// Whether a key found is that of a staged row.
  private func isSame(_ found: String, _ index: Int, _ lookup: ColumnLookup) -> String {
    let collation = lookup.key.collation.map { " COLLATE \($0)" } ?? ""
    return "\(found) \(lookup.key.equality) \(staged(index))\(collation)"
  }

  /// Gathers the keys that are there, each once, how many rows have it, and the value of one of them.
  ///
  /// - Parameter isFiltered: whether only those are wanted that the file has.
  func gather(_ index: Int, _ lookup: ColumnLookup, isFiltered: Bool) -> String {
    let key = "r.\(quotedIdentifier(lookup.key.name))"
    let value = "r.\(quotedIdentifier(lookup.value.name))"
    let columns = """
      CAST(\(key) AS \(lookup.key.type.sqlName)) AS key, \
      CAST(\(value) AS \(lookup.value.sqlType)) AS value
      """
    let wanted = "EXISTS (SELECT FROM \(table.name) s WHERE \(isSame(key, index, lookup)))"
    let rows =
      "FROM \(lookup.source) r WHERE \(key) IS NOT NULL\(isFiltered ? " AND \(wanted)" : "")"
    guard !lookup.key.isUnique else {
      return
        "CREATE UNLOGGED TABLE \(map(index)) AS SELECT \(columns), 1::bigint AS matches \(rows)"
    }
    return """
      CREATE UNLOGGED TABLE \(map(index)) AS SELECT key, value, matches FROM (
        SELECT key, value, count(*) OVER same AS matches, row_number() OVER same AS place
          FROM (SELECT \(columns) \(rows)) q WINDOW same AS (PARTITION BY key)) q
       WHERE place = 1
      """
  }

  /// How many rows a table has, as the planner thinks; nothing where it has no idea.
  static let estimatedRows = """
    SELECT reltuples::bigint AS rows FROM pg_class WHERE oid = $1::bigint::oid AND reltuples > 0
    """

  private func join(_ index: Int, _ lookup: ColumnLookup) -> String {
    "LEFT JOIN \(map(index)) m\(index) ON \(isSame("m\(index).key", index, lookup))"
  }

  /// Whether a staged row has a key that leads nowhere, or to more than one row.
  private func isUnresolved(_ index: Int) -> String {
    """
    (s.\(quotedIdentifier(lookups[index].name)) IS NOT NULL
       AND (m\(index).matches IS DISTINCT FROM 1 OR m\(index).value IS NULL))
    """
  }

  // MARK: Rows

  var createResolved: String {
    StagingTable.definition(of: resolved, with: table.layout.resolved)
  }

  /// Takes over the rows whose keys all lead to one value, in the order of the file: it decides between
  /// rows that cannot both be.
  var insertResolved: String {
    let found = all
    var next = 0
    let values = table.layout.columns.map { column in
      guard column.lookup != nil else { return "s.\(quotedIdentifier(column.name))" }
      defer { next += 1 }
      return "m\(next).value"
    }
    let names = [table.layout.resolved.rowColumn] + table.layout.resolved.columns.map(\.name)
    let bad = found.indices.map { "NOT \(isUnresolved($0))" }
    return """
      INSERT INTO \(resolved) (\(names.map(quotedIdentifier).joined(separator: ", ")))
      SELECT \(([row] + values).joined(separator: ", ")) FROM \(table.name) s
        \(found.enumerated().map { join($0, $1) }.joined(separator: "\n  "))
       WHERE \(bad.joined(separator: " AND "))
       ORDER BY \(row)
      """
  }

  /// The keys of the first `limit` rows that were not taken over, in the order of the file.
  func unresolved(limit: Int64) -> String {
    let keys = all.enumerated().map { index, lookup in
      """
      SELECT \(row) AS row, \(index) AS lookup, coalesce(m\(index).matches, 0) AS matches,
             left(CAST(s.\(quotedIdentifier(lookups[index].name)) AS text), \(LookupStatements.keyLimit)) AS key
        FROM \(table.name) s \(join(index, lookup)) WHERE \(isUnresolved(index))
      """
    }
    return """
      SELECT row, lookup, matches, key FROM (
        SELECT k.*, dense_rank() OVER (ORDER BY row) AS place
          FROM (\(keys.joined(separator: " UNION ALL "))) k) q
       WHERE place <= \(limit) ORDER BY row, lookup
      """
  }
}
