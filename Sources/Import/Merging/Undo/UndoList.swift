import ImportModel
import Postgres

/// How many rows are to be deleted and to be restored: their ids are `0 ..< deletes`, and those behind.
struct UndoSize: Sendable, Equatable {
  var deletes: Int64 = 0
  var restores: Int64 = 0
}

/// The list of what is to be done to each row, in a temporary table.
struct UndoList: Sendable {
  /// Rows that are looked up in one statement, about.
  private static let groupRows: Int64 = 100_000
  /// Rows of the report.
  private static let reportLimit = 10_000

  private let layout: UndoLayout
  private let statements: UndoStatements
  private let connection: PostgresConnection

  init(_ layout: UndoLayout, on connection: PostgresConnection) {
    self.layout = layout
    statements = UndoStatements(layout: layout)
    self.connection = connection
  }

  /// Finds the rows of the target that images tell of.
  func fill() async throws -> UndoSize {
    try await connection.execute(UndoStatements.createList)
    var size = UndoSize()
    if layout.hasInserted { size.deletes = try await listInserted() }
    if layout.hasUpdated, !layout.keys.isEmpty {
      for isWhole in [true, false] {
        let listed = try await connection.query(
          statements.listUpdated(isWhole: isWhole), [.int(size.deletes + size.restores)])
        size.restores += Int64(listed.affected)
      }
    }
    try await connection.execute(UndoStatements.completeList)
    return size
  }

  private func listInserted() async throws -> Int64 {
    var slices: [String] = []
    var bases: [Int64] = []
    var count: Int64 = 0
    for row in try await connection.query(statements.slices).rows {
      slices.append(try row.string("slice"))
      bases.append(count)
      count += try row.int64("rows")
    }
    if !layout.keys.isEmpty {
      var start = 0
      while start < slices.count {
        // As many as make a statement worth while.
        let end = bases.firstIndex { $0 >= bases[start] + UndoList.groupRows } ?? slices.count
        _ = try await connection.query(
          statements.listSlices,
          [.textArray(Array(slices[start..<end])), .int8Array(Array(bases[start..<end]))])
        start = end
      }
    }
    if try await hasLoose() {
      _ = try await connection.query(
        statements.listLoose, [.textArray(slices), .int8Array(bases)])
    }
    return count
  }

  private func hasLoose() async throws -> Bool {
    if layout.keys.isEmpty { return true }
    if layout.keys.allSatisfy(\.isRequired) { return false }
    return try await connection.query(statements.hasLoose).rows[0].bool("found")
  }

  /// Writes down which rows are left, and why.
  ///
  /// - Returns: how many, those beyond the limit of the report included.
  func report() async throws -> Int64 {
    let id = PostgresParameter.text(layout.entry.importID.description)
    _ = try await connection.query("DELETE FROM sluice.undo_left WHERE import_id = $1::uuid", [id])
    let left = try await connection.query(
      "SELECT count(*) AS left FROM \(UndoStatements.list) WHERE reason IS NOT NULL"
    ).rows[0].int64("left")
    guard left > 0 else { return 0 }
    let limit = PostgresParameter.int(UndoList.reportLimit)
    if layout.hasInserted { _ = try await connection.query(leftInserted, [id, limit]) }
    if layout.hasUpdated { _ = try await connection.query(leftUpdated, [id, limit]) }
    return left
  }

  private var leftInserted: String {
    let columns = layout.keys.indices.map { "x.k\($0)" }
    let from =
      layout.keys.isEmpty
      ? "c"
      : "c JOIN \(statements.images(of: "s.ctid IN (SELECT slice FROM c)")) USING (slice, ordinal)"
    return report(columns, from: from, where: "deletes")
  }

  private var leftUpdated: String {
    let columns = layout.keys.indices.map { "u.k\($0)" }
    return report(
      columns, from: "c JOIN \(UndoTables.updated(layout.entry.importID)) u ON u.ctid = c.image",
      where: "NOT deletes")
  }

  /// Adds rows to the report; `$1` is the import, `$2` the limit.
  private func report(_ columns: [String], from source: String, where kind: String) -> String {
    let names = layout.keys.map { quotedLiteral($0.name) }
    let key = zip(names, columns).map { "\($0), CAST(\($1) AS text)" }.joined(separator: ", ")
    return """
      INSERT INTO sluice.undo_left (import_id, ordinal, key, reason, message)
      WITH c AS MATERIALIZED (
        SELECT * FROM (
          SELECT l.*, row_number() OVER (ORDER BY l.id) AS number
            FROM \(UndoStatements.list) l WHERE l.reason IS NOT NULL) n
         WHERE number <= $2::bigint AND \(kind)
      )
      SELECT $1::uuid, c.number, jsonb_build_object(\(key)), c.reason,
             coalesce(c.message, CASE c.reason
               WHEN 'changed' THEN 'the row was changed since'
               ELSE \(layout.keys.isEmpty ? gone : "'the row is not there any more'") END)
        FROM \(source)
      """
  }

  private var gone: String { "'no row is there any more that has this content'" }
}
