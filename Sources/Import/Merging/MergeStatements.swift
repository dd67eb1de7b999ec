import ImportModel
import Postgres

/// The SQL of one merge. Every identifier comes out of the catalog.
struct MergeStatements {
  private let request: MergeRequest
  private let keyColumns: [StagingLayout.Column]
  /// What an update may write: an identity that is `GENERATED ALWAYS` can only be inserted.
  private let writableColumns: [StagingLayout.Column]
  /// Columns that the file does not have, but that a row must bring along to be proposed.
  private let completions: [TargetRules.Column]

  init(_ request: MergeRequest, completions: [TargetRules.Column] = []) {
    self.request = request
    self.completions = completions
    let key = Set(request.key.columns)
    keyColumns = request.keyColumns
    let fixed = Set(request.target.columns.filter { $0.identity == .always }.map(\.name))
    writableColumns = request.layout.columns.filter {
      !key.contains($0.name) && !fixed.contains($0.name)
    }
  }

  /// Rows of a slice, given as the half-open range of its pages `$1 ..< $2`.
  private static let slice = "s.ctid >= $1::tid AND s.ctid < $2::tid"

  private var target: String { request.targetName }

  private var row: String { quotedIdentifier(request.layout.rowColumn) }

  private func list(_ columns: [StagingLayout.Column], prefix: String = "") -> String {
    columns.map { prefix + quotedIdentifier($0.name) }.joined(separator: ", ")
  }

  private func value(_ column: StagingLayout.Column) -> String { request.value(column) }

  /// Identity columns that are `GENERATED ALWAYS` take the file's values: whoever names them means it.
  private var overriding: String {
    let always = request.target.columns.contains { column in
      column.identity == .always && request.layout.columns.contains { $0.name == column.name }
    }
    return always ? "OVERRIDING SYSTEM VALUE " : ""
  }

  private func insertHead(alias: String = "", completing: Bool = false) -> String {
    let more = completing ? completions.map { ", \(quotedIdentifier($0.name))" }.joined() : ""
    return "INSERT INTO \(target)\(alias) (\(list(request.layout.columns))\(more)) \(overriding)"
  }

  private func selectSlice(completing: Bool = false) -> String {
    let more = completing ? completions.map { ", \($0.filledInOrKept)" }.joined() : ""
    let join = completing && !completions.isEmpty ? " \(request.joinOfExisting)" : ""
    return """
      SELECT \(request.layout.columns.map(value).joined(separator: ", "))\(more)
        FROM \(request.staging) s\(join) WHERE \(MergeStatements.slice)
      """
  }

  var targetIsEmpty: String { "SELECT NOT EXISTS (SELECT FROM \(target)) AS empty" }

  var stagingBlocks: String {
    "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::bigint AS blocks"
  }

  /// Whether a trigger may change or swallow rows before they are written.
  var hasRowTriggers: String {
    """
    SELECT EXISTS (
      SELECT FROM pg_trigger
       WHERE tgrelid IN (SELECT relid FROM pg_partition_tree($1::bigint::oid)
                         UNION SELECT $1::bigint::oid)
         AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 7 = 7) AS found
    """
  }

  /// The rows of a slice, in the order in which they lie.
  var rowsOfSlice: String {
    """
    SELECT s.ctid AS place, s.\(row) AS row FROM \(request.staging) s
     WHERE \(MergeStatements.slice) ORDER BY s.ctid
    """
  }

  /// How many rows of a slice, whose key is whole, the target does not hold.
  var missing: String {
    let same = keyColumns.map { "t.\(quotedIdentifier($0.name)) = \(value($0))" }
    return """
      SELECT count(*) AS missing FROM \(request.staging) s
       WHERE \(MergeStatements.slice) AND \(keyIsWhole)
         AND NOT EXISTS (SELECT FROM \(target) t WHERE \(same.joined(separator: " AND ")))
      """
  }

  var analyzeTarget: String { "ANALYZE \(target)" }

  /// A plain insert, for a target that holds none of the keys.
  var insert: String { insertHead() + selectSlice() }

  /// Inserts what is new, writes what has changed and leaves the rest; answers how many of each were
  /// new and changed.
  ///
  /// In the order of the key, so that it meets the application's own writes in one order only.
  var upsert: String {
    """
    WITH before AS (\(matched)), merged AS (
      \(insertHead(alias: " AS t", completing: true))\(selectSlice(completing: true))
       ORDER BY \(list(keyColumns, prefix: "s."))
      ON CONFLICT (\(list(keyColumns))) \(onConflict)
      RETURNING \(request.isPartitioned ? "NULL::boolean" : "xmax = 0") AS inserted
    )
    SELECT count(*) AS written, count(*) FILTER (WHERE inserted) AS inserted,
           (SELECT matched FROM before) AS matched,
           (SELECT count(*) FROM \(request.staging) s WHERE \(MergeStatements.slice)) AS total
      FROM merged
    """
  }

  /// How many rows of a slice the target has already; asked only where `xmax` cannot tell.
  private var matched: String {
    guard request.isPartitioned else { return "SELECT NULL::bigint AS matched" }
    let same = keyColumns.map {
      "t.\(quotedIdentifier($0.name)) = \(value($0))"
    }
    return """
      SELECT count(*) AS matched FROM \(request.staging) s
        JOIN \(target) t ON \(same.joined(separator: " AND ")) WHERE \(MergeStatements.slice)
      """
  }

  private var onConflict: String {
    guard !writableColumns.isEmpty else { return "DO NOTHING" }
    let assignments = writableColumns.map {
      "\(quotedIdentifier($0.name)) = excluded.\(quotedIdentifier($0.name))"
    }
    let differences = writableColumns.map { column in
      let name = quotedIdentifier(column.name)
      return switch column.comparison {
      case .equality: "t.\(name) IS DISTINCT FROM excluded.\(name)"
      case .text:
        "t.\(name)::text COLLATE \"C\" IS DISTINCT FROM excluded.\(name)::text COLLATE \"C\""
      case .image: "ROW(t.\(name))::record *<> ROW(excluded.\(name))::record"
      }
    }
    return """
      DO UPDATE SET \(assignments.joined(separator: ", "))
        WHERE \(differences.joined(separator: " OR "))
      """
  }

  /// Rows whose key is whole: NULLs are equal to nothing unless the index says so.
  private var keyIsWhole: String {
    request.key.nullsAreEqual
      ? "true"
      : keyColumns.map { "s.\(quotedIdentifier($0.name)) IS NOT NULL" }.joined(separator: " AND ")
  }

  var hasDuplicates: String {
    """
    SELECT EXISTS (SELECT FROM \(request.staging) s WHERE \(keyIsWhole)
                    GROUP BY \(keyColumns.map(value).joined(separator: ", "))
                   HAVING count(*) > 1) AS found
    """
  }

  /// Removes the rows that another row of the file stands for.
  func removeDuplicates(keepingLast: Bool) -> String {
    """
    DELETE FROM \(request.staging) d USING (
      SELECT s.ctid AS id, row_number() OVER (
               PARTITION BY \(keyColumns.map(value).joined(separator: ", "))
               ORDER BY s.\(row) \(keepingLast ? "DESC" : "ASC")) AS place
        FROM \(request.staging) s WHERE \(keyIsWhole)) n
     WHERE d.ctid = n.id AND n.place > 1
    """
  }

  /// The rows that share their key with another one, in the order of the file, and where they lie.
  var duplicateRows: String {
    """
    SELECT r.row, r.place FROM (
      SELECT s.\(row) AS row, s.ctid AS place, count(*) OVER (
               PARTITION BY \(keyColumns.map(value).joined(separator: ", "))) AS times
        FROM \(request.staging) s WHERE \(keyIsWhole)) r
     WHERE r.times > 1 ORDER BY r.row
    """
  }

  /// Removes rows by where they lie.
  var removeRows: String {
    "DELETE FROM \(request.staging) s WHERE s.ctid = ANY ($1::tid[])"
  }
}
