public import ImportModel
public import Postgres

/// Takes the rows out of staging that belong to another scope than the import, once all rows are there.
///
/// They are rejects, in one transaction with their entry in the ledger: whoever takes the import up again finds none.
public struct ScopeCheck: Sendable {
  /// Each page of rejects may read a chunk of the file again.
  private static let pageSize: Int64 = 10_000
  /// Longest text of a value in a message, in characters.
  private static let textLimit = 200

  private let table: StagingTable
  private let scope: ImportScope
  private let lease: Lease
  private let connection: PostgresConnection
  private let reject: LookupResolver.Reject
  private let check: LookupResolver.CheckRejects

  /// Prepares the check of a staging table that holds all rows of its file.
  public init(
    _ table: StagingTable, scope: ImportScope, lease: Lease, on connection: PostgresConnection,
    reject: @escaping LookupResolver.Reject,
    checkRejects check: @escaping LookupResolver.CheckRejects
  ) {
    self.table = table
    self.scope = scope
    self.lease = lease
    self.connection = connection
    self.reject = reject
    self.check = check
  }

  /// Makes rejects of the rows of other scopes.
  ///
  /// - Returns: the counts with them.
  /// - Throws: `LeaseLost`; `ImportFailure` where more rows are rejected than may be: those rejects are
  ///   kept, and staging is given up; `PostgresError`.
  public func run(_ staged: RowCounts) async throws -> RowCounts {
    guard let column = table.layout.columns.first(where: { $0.name == scope.column }) else {
      throw ImportFailure(.internal, "the column of the scope is not staged")
    }
    // As values: staging has the type of the target's column.
    let isOther = """
      s.\(quotedIdentifier(column.name)) IS DISTINCT FROM CAST($1::text AS \(column.sqlType))
      """
    return try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { _ in
      try await sift(staged, column: column.name, where: isOther)
    }.get()
  }

  private func sift(
    _ staged: RowCounts, column: String, where isOther: String
  ) async throws -> Result<RowCounts, ImportFailure> {
    let others = try await connection.query(
      "SELECT count(*) AS rows FROM \(table.name) s WHERE \(isOther)", [.text(scope.value)]
    ).rows[0].int64("rows")
    guard others > 0 else { return .success(staged) }
    let rejects = StagedRejects(table: table, lease: lease, connection: connection)
    try await rejects.report(others) { try await list($0, column: column, where: isOther) }
    let removed = Int64(
      try await connection.query(
        "DELETE FROM \(table.name) s WHERE \(isOther)", [.text(scope.value)]
      ).affected)
    var counts = staged
    counts.ok -= removed
    counts.bad += removed
    do {
      try check(counts)
    } catch let failure as ImportFailure {
      try await rejects.giveUp()
      return .failure(failure)
    }
    try await rejects.enter(removed)
    return .success(counts)
  }

  /// Lists the first `limit` rows, in the order of the file.
  private func list(_ limit: Int64, column: String, where isOther: String) async throws {
    let row = "s.\(quotedIdentifier(table.layout.rowColumn))"
    let text = "left(CAST(s.\(quotedIdentifier(column)) AS text), \(ScopeCheck.textLimit))"
    let sql = """
      SELECT \(row) AS row, \(text) AS text FROM \(table.name) s
       WHERE \(isOther) AND \(row) > $2 ORDER BY \(row) LIMIT $3
      """
    var (listed, last): (Int64, Int64) = (0, 0)
    while listed < limit {
      let size = min(limit - listed, ScopeCheck.pageSize)
      let page = try await connection.query(
        sql, [.text(scope.value), .int(last), .int(size)]
      ).rows
      guard let end = try page.last?.int64("row") else { break }
      try await reject(try page.map { try breach($0, column) }, connection)
      listed += Int64(page.count)
      last = end
    }
  }

  private func breach(_ found: PostgresRow, _ column: String) throws -> RowBreach {
    let value = found["text"].map { "'\($0)'" } ?? "NULL"
    return RowBreach(
      row: try found.int64("row"), code: .scope, columns: [column],
      message: "\"\(column)\" is \(value), and the import keeps to '\(scope.value)'")
  }
}
