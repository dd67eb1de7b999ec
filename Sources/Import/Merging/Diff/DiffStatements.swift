import ImportModel
import Postgres

/// The SQL that holds staging against the target, without a word to the target. Every identifier comes out
/// of the catalog.
struct DiffStatements {
  /// Bytes of a value above which a sample shows only its beginning, and how many characters of it.
  private static let valueLimit = 4000
  private static let cutLength = 1000
  /// Bytes of the samples of one kind.
  private static let samplesLimit = 4 << 20

  private let request: MergeRequest
  private let match: KeyMatch
  /// What an update would compare, in the order of the file.
  let compared: [StagingLayout.Column]

  init(_ request: MergeRequest, rules: TargetRules) {
    self.request = request
    match = KeyMatch(request, rules: rules)
    compared =
      request.mode == .replace && request.hasKey
      ? request.layout.columns.filter { !request.key.columns.contains($0.name) }
      : request.writableColumns
  }

  private var row: String { "s.\(quotedIdentifier(request.layout.rowColumn))" }

  /// Counts what would become of each row of staging, and keeps samples for the import `$1`; `$2` are
  /// the names of the columns `compared`.
  ///
  /// One statement, so that all of it is said of one moment of the target. `changed` is a JSON array of how
  /// many rows differ in each of the columns `compared`.
  var compare: String {
    let differences = compared.indices.map { "count(*) FILTER (WHERE d\($0))" }
    return """
      WITH compared AS MATERIALIZED (\(pairs)), samples AS (
        \(samples(of: "inserted", where: "relation IS NULL", before: "NULL::json", changed: "'{}'"))
        UNION ALL
        \(samples(of: "updated", where: differs, before: before, changed: changed))\(gone)
      ), kept AS (
        INSERT INTO sluice.diff_rows (import_id, kind, ordinal, row, before, after, changed)
        SELECT $1::uuid, kind, ordinal, row, before, after, changed FROM (
          SELECT *, sum(coalesce(octet_length(before::text), 0) + coalesce(octet_length(after::text), 0))
                      OVER (PARTITION BY kind ORDER BY ordinal) AS bytes
            FROM samples) q
         WHERE bytes <= \(DiffStatements.samplesLimit) OR ordinal = 1
      )
      SELECT count(*) AS total, count(*) FILTER (WHERE relation IS NULL) AS inserted,
             count(*) FILTER (WHERE \(differs)) AS updated, \(deleted) AS deleted,
             array_to_json(ARRAY[\(differences.joined(separator: ", "))]::bigint[])::text AS changed
        FROM compared
      """
  }

  /// Each row of staging with the row of the target that it would meet, and where the two differ. Only
  /// places, not values: a million rows need little room.
  private var pairs: String {
    guard request.hasKey else {
      return """
        SELECT \(row) AS row, s.ctid AS place, NULL::oid AS relation, NULL::tid AS version
          FROM \(request.staging) s
        """
    }
    let differences = compared.enumerated().map { index, column in
      let differs = column.differs("t.\(quotedIdentifier(column.name))", request.value(column))
      return ", (t.tableoid IS NOT NULL AND (\(differs))) AS d\(index)"
    }
    return match.eachWithExisting(
      "\(row) AS row, s.ctid AS place, t.tableoid AS relation, t.ctid AS version"
        + differences.joined())
  }

  private var differs: String {
    compared.isEmpty
      ? "false" : "(\(compared.indices.map { "d\($0)" }.joined(separator: " OR ")))"
  }

  /// Rows of the target that the file does not have; each row that it has is met once.
  private var deleted: String {
    guard request.mode == .replace else { return "NULL::bigint" }
    return "(SELECT count(*) FROM \(request.targetSource) t) - count(relation)"
  }

  /// What the target holds, as text: how many rows, and the sum of their digests.
  static func content(of table: String, _ digest: RowDigest) -> String {
    """
    SELECT concat_ws(' ', count(*), coalesce(sum(\(digest.expression("t"))), 0)) AS content
      FROM \(table) t
    """
  }

  // MARK: Samples

  /// Rows that would go, in no order.
  private var gone: String {
    guard request.mode == .replace else { return "" }
    return """

        UNION ALL
        SELECT 'deleted', row_number() OVER (), NULL, before, NULL, '{}'::text[] FROM (
          SELECT \(existing) AS before FROM \(request.targetSource) t
           WHERE NOT EXISTS (
             SELECT FROM compared c WHERE c.version = t.ctid AND c.relation = t.tableoid)
           LIMIT \(ImportDiff.sampleLimit)) g
      """
  }

  /// The first rows of a kind, in the order of the file.
  private func samples(
    of kind: String, where condition: String, before: String, changed: String
  ) -> String {
    """
    SELECT '\(kind)' AS kind, ordinal, row, \(before) AS before, (\(after)) AS after,
           \(changed)::text[] AS changed
          FROM (SELECT *, row_number() OVER (ORDER BY row) AS ordinal FROM (
                  SELECT * FROM compared WHERE \(condition)
                   ORDER BY row LIMIT \(ImportDiff.sampleLimit)) f) p
    """
  }

  private var after: String {
    let values = request.layout.columns.map {
      "\(DiffStatements.shown(request.value($0))) AS \(quotedIdentifier($0.name))"
    }
    return """
      SELECT to_json(x) FROM (
        SELECT \(values.joined(separator: ", ")) FROM \(request.staging) s WHERE s.ctid = p.place) x
      """
  }

  /// Found by its place: what was seen at a place stays there for as long as the statement runs.
  private var before: String {
    """
    (SELECT \(existing) FROM \(request.targetSource) t
         WHERE t.ctid = p.version AND t.tableoid = p.relation)
    """
  }

  /// The row `t` of the target.
  private var existing: String {
    let values = request.layout.columns.map { column in
      let name = quotedIdentifier(column.name)
      return "\(DiffStatements.shown("t.\(name)")) AS \(name)"
    }
    return "(SELECT to_json(x) FROM (SELECT \(values.joined(separator: ", "))) x)"
  }

  private var changed: String {
    let names = compared.indices.map { "CASE WHEN d\($0) THEN ($2::text[])[\($0 + 1)] END" }
    let none = "($2::text[])[1:0]"
    return "array_remove(\(none) || ARRAY[\(names.joined(separator: ", "))]::text[], NULL)"
  }

  /// A value as JSON; `json` keeps the digits of numbers and the order of columns as they are.
  private static func shown(_ value: String) -> String {
    let text = "CAST(\(value) AS text)"
    return "CASE WHEN octet_length(\(text)) > \(valueLimit)"
      + " THEN to_json(left(\(text), \(cutLength)) || '…') ELSE to_json(\(value)) END"
  }
}

extension StagingLayout.Column {
  /// Whether two values of the column are not the same, as SQL.
  func differs(_ mine: String, _ theirs: String) -> String {
    switch comparison {
    case .equality: "\(mine) IS DISTINCT FROM \(theirs)"
    case .text: "\(mine)::text COLLATE \"C\" IS DISTINCT FROM \(theirs)::text COLLATE \"C\""
    case .image: "ROW(\(mine))::record *<> ROW(\(theirs))::record"
    }
  }
}
