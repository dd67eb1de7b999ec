import ImportModel
import Postgres

/// The SQL of one merge. Every identifier comes out of the catalog.
struct MergeStatements {
  let request: MergeRequest
  private let rules: TargetRules
  let images: UndoImages
  let match: KeyMatch
  let keyColumns: [StagingLayout.Column]
  /// What an update may write: an identity that is `GENERATED ALWAYS` can only be inserted.
  let writableColumns: [StagingLayout.Column]
  /// Columns that the file does not have, but that a row must bring along to be proposed.
  let completions: [TargetRules.Column]
  /// Whether triggers may swallow rows, so that those are counted which are left as they are.
  let countsSame: Bool

  init(
    _ request: MergeRequest, rules: TargetRules, images: UndoImages, countsSame: Bool
  ) {
    self.request = request
    self.rules = rules
    self.images = images
    self.countsSame = countsSame
    completions = rules.completions(of: request)
    match = KeyMatch(request, rules: rules)
    keyColumns = request.keyColumns
    writableColumns = request.writableColumns
  }

  /// Rows of a slice, given as the half-open range of its pages `$1 ..< $2`.
  static let slice = "s.ctid >= $1::tid AND s.ctid < $2::tid"

  private var row: String { quotedIdentifier(request.layout.rowColumn) }

  func list(_ columns: [StagingLayout.Column], prefix: String = "") -> String {
    columns.map { prefix + quotedIdentifier($0.name) }.joined(separator: ", ")
  }

  func value(_ column: StagingLayout.Column) -> String { request.value(column) }

  var values: String { request.layout.columns.map(value).joined(separator: ", ") }

  /// Identity columns that are `GENERATED ALWAYS` take the file's values: whoever names them means it.
  private var overriding: String {
    let always = request.target.columns.contains { column in
      column.identity == .always && request.layout.columns.contains { $0.name == column.name }
    }
    return always ? "OVERRIDING SYSTEM VALUE " : ""
  }

  func insertHead(completing: Bool = false) -> String {
    let more = completing ? completions.map { ", \(quotedIdentifier($0.name))" }.joined() : ""
    return """
      INSERT INTO \(request.targetName) AS t (\(list(request.layout.columns))\(more)) \(overriding)
      """
  }

  static let stagingBlocks =
    "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::bigint AS blocks"

  /// Whether a trigger may change or swallow rows before they are inserted or updated, and whether one may
  /// change them before an update.
  static let rowTriggers = """
    SELECT coalesce(bool_or(tgtype & 20 <> 0), false) AS found,
           coalesce(bool_or(tgtype & 16 <> 0), false) AS on_update
      FROM pg_trigger
     WHERE tgrelid IN (SELECT relid FROM pg_partition_tree($1::bigint::oid)
                       UNION SELECT $1::bigint::oid)
       AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 3 = 3
    """

  /// The rows of a slice, in the order in which they lie.
  var rowsOfSlice: String {
    """
    SELECT s.ctid AS place, s.\(row) AS row FROM \(request.staging) s
     WHERE \(MergeStatements.slice) ORDER BY s.ctid
    """
  }

  var countSlice: String {
    "SELECT count(*) AS total FROM \(request.staging) s WHERE \(MergeStatements.slice)"
  }

  /// A plain insert, for a target that holds none of the keys.
  func insert(isLarge: Bool) -> String {
    """
    WITH written AS (
      \(insertHead())SELECT \(values) FROM \(request.staging) s WHERE \(MergeStatements.slice)
      RETURNING \(images.returned)
    ), kept AS (\(images.keepInserted("written", isLarge: isLarge)))
    SELECT count(*) AS inserted FROM written
    """
  }

  /// What is kept of rows that `plainInsert` puts in, told by staging; nil where only the target can tell. To
  /// return all that from the insert takes longer.
  ///
  /// - Parameter isBeside: whether another transaction asks than the one that inserts.
  func imagesOfStaged(isLarge: Bool, isBeside: Bool = false) -> String? {
    let value = { request.inserted($0, rules: rules, isBeside: isBeside) }
    guard let returned = images.returned(of: value) else { return nil }
    let rows =
      "(SELECT \(returned) FROM \(request.staging) s WHERE \(MergeStatements.slice)) w"
    return """
      WITH kept AS (\(images.keepInserted(rows, isLarge: isLarge)) RETURNING n)
      SELECT coalesce(sum(n), 0)::bigint AS kept FROM kept
      """
  }

  /// Puts rows in, and keeps nothing of them.
  var plainInsert: String {
    "\(insertHead())SELECT \(values) FROM \(request.staging) s WHERE \(MergeStatements.slice)"
  }

  /// Whether one of the columns that may be written is another in the target's row of some alias.
  func differences(_ alias: String, _ other: (StagingLayout.Column) -> String) -> String {
    if writableColumns.isEmpty { return "false" }
    return writableColumns.map { column in
      column.differs("\(alias).\(quotedIdentifier(column.name))", other(column))
    }.joined(separator: " OR ")
  }
}

extension MergeRequest {
  /// What a column of the target will hold when a staged row `s` is inserted, as exactly its type; nil where that
  /// is not known before.
  ///
  /// - Parameter isBeside: whether another transaction asks than the one that inserts.
  func inserted(_ name: String, rules: TargetRules, isBeside: Bool) -> String? {
    guard let column = rules.column(name) else { return nil }
    if layout.columns.contains(where: { $0.name == name }) {
      return "CAST(s.\(quotedIdentifier(name)) AS \(column.type))"
    }
    return (isBeside ? column.isFixed : column.isSettled) ? column.filledIn : nil
  }

  /// The columns that an update writes.
  var writableColumns: [StagingLayout.Column] {
    guard mode == .upsert else { return [] }
    let kept = Set(key.columns + fixedColumns.map(\.name))
    return layout.columns.filter { !kept.contains($0.name) }
  }
}
