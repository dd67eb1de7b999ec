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
  private let match: KeyMatch
  /// Whether triggers may swallow rows, so that those are counted which are left as they are.
  private let countsSame: Bool

  init(_ request: MergeRequest, rules: TargetRules, countsSame: Bool) {
    self.request = request
    self.countsSame = countsSame
    completions = rules.completions(of: request)
    match = KeyMatch(request, rules: rules)
    keyColumns = request.keyColumns
    let kept = Set(request.key.columns + request.fixedColumns.map(\.name))
    writableColumns = request.layout.columns.filter { !kept.contains($0.name) }
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
    let join = completing && !completions.isEmpty ? " \(match.joinOfExisting)" : ""
    return """
      SELECT \(request.layout.columns.map(value).joined(separator: ", "))\(more)
        FROM \(request.staging) s\(join) WHERE \(MergeStatements.slice)
      """
  }

  static let stagingBlocks =
    "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::bigint AS blocks"

  /// Whether a trigger may change or swallow rows before they are inserted or updated.
  static let hasRowTriggers = """
    SELECT EXISTS (
      SELECT FROM pg_trigger
       WHERE tgrelid IN (SELECT relid FROM pg_partition_tree($1::bigint::oid)
                         UNION SELECT $1::bigint::oid)
         AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 3 = 3 AND tgtype & 20 <> 0) AS found
    """

  /// The rows of a slice, in the order in which they lie.
  var rowsOfSlice: String {
    """
    SELECT s.ctid AS place, s.\(row) AS row FROM \(request.staging) s
     WHERE \(MergeStatements.slice) ORDER BY s.ctid
    """
  }

  /// A plain insert, for a target that holds none of the keys.
  var insert: String { insertHead() + selectSlice() }

  var countSlice: String {
    "SELECT count(*) AS total FROM \(request.staging) s WHERE \(MergeStatements.slice)"
  }

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
      RETURNING \(request.isPartitioned ? "NULL::boolean" : "t.xmax = 0") AS inserted,
                \(match.isWhole("t")) AS whole
    ), slice AS (
      SELECT count(*) AS total, count(*) FILTER (WHERE NOT (\(match.isWhole("s")))) AS loose
        FROM \(request.staging) s WHERE \(MergeStatements.slice)
    )
    SELECT count(*) AS written, count(*) FILTER (WHERE inserted) AS inserted,
           count(*) FILTER (WHERE NOT whole) AS loose_written,
           (SELECT matched FROM before) AS matched,
           (SELECT total FROM slice) AS total, (SELECT loose FROM slice) AS loose,
           \(tellsSame ? MergeStatements.readSame : "NULL::bigint") AS same
      FROM merged
    """
  }

  /// How many rows of a slice the target has already; asked only where `xmax` cannot tell.
  private var matched: String {
    guard request.isPartitioned else { return "SELECT NULL::bigint AS matched" }
    return "SELECT count(*) AS matched FROM (\(match.pairs("1", where: MergeStatements.slice))) p"
  }

  private var onConflict: String {
    guard !writableColumns.isEmpty else { return "DO NOTHING" }
    let assignments = writableColumns.map {
      "\(quotedIdentifier($0.name)) = excluded.\(quotedIdentifier($0.name))"
    }
    let differs = differences { "excluded.\(quotedIdentifier($0.name))" }
    return """
      DO UPDATE SET \(assignments.joined(separator: ", "))
        WHERE \(countsSame ? "CASE WHEN \(differs) THEN true ELSE \(countOneMore) END" : differs)
      """
  }

  /// Whether one of the columns that may be written is another in the target's row `t`.
  private func differences(_ other: (StagingLayout.Column) -> String) -> String {
    if writableColumns.isEmpty { return "false" }
    return writableColumns.map { column in
      column.differs("t.\(quotedIdentifier(column.name))", other(column))
    }.joined(separator: " OR ")
  }
}

// MARK: Rows that triggers swallow

extension MergeStatements {
  /// Rows that were compared and left as they are. A setting can be counted up from inside a statement,
  /// needs no right, and goes back with a savepoint; it is read as `same`.
  private static let same = "'sluice.same'"

  static let resetSame = "SELECT set_config(\(same), '0', true)"

  /// Beside the counts of what was written, and so behind it.
  private static let readSame =
    "CASE WHEN count(*) >= 0 THEN current_setting(\(same))::bigint END"

  /// False.
  private var countOneMore: String {
    let next = "(current_setting(\(MergeStatements.same))::bigint + 1)::text"
    return "set_config(\(MergeStatements.same), \(next), true) IS NULL"
  }

  /// Whether `same` tells of all rows that were left as they are: with `DO NOTHING`, nothing is compared.
  var tellsSame: Bool { countsSame && !writableColumns.isEmpty }

  /// How many rows of a slice, whose key is whole, do not stand in the target as they are.
  var unsettled: String {
    """
    SELECT count(*) AS unsettled FROM \(request.staging) s
     WHERE \(MergeStatements.slice) AND \(match.isWhole("s"))
       AND NOT \(match.isHeld(where: "NOT (\(differences(value)))"))
    """
  }
}
