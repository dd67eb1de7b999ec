public import ImportModel
public import Postgres

/// Puts what natural keys stand for in the place of the keys, for all staged rows at once.
///
/// One transaction makes a staging table as the merge takes it, makes rejects of the rows whose keys lead
/// nowhere, notes them in the ledger and drops the table with the keys: a worker that dies leaves either
/// table whole, and whoever goes on can tell which one it is by its columns.
public struct LookupResolver: Sendable {
  /// Makes rejects of rows of the file, and keeps them in the transaction at hand. The rows come in
  /// ascending order, all breaches of a row at once, and each row once.
  public typealias Reject = @Sendable ([RowBreach], PostgresConnection) async throws -> Void
  /// Says whether so many rejects may be, or throws an `ImportFailure`.
  public typealias CheckRejects = @Sendable (RowCounts) throws -> Void

  /// Each page of rejects may read a chunk of the file again.
  private static let pageSize = 10_000

  private let table: StagingTable
  private let statements: LookupStatements
  private let lease: Lease
  private let connection: PostgresConnection
  private let reject: Reject
  private let check: CheckRejects

  /// Prepares the lookups of a staging table that holds all rows of its file.
  public init(
    _ table: StagingTable, lease: Lease, on connection: PostgresConnection,
    reject: @escaping Reject, checkRejects check: @escaping CheckRejects
  ) {
    self.table = table
    statements = LookupStatements(table)
    self.lease = lease
    self.connection = connection
    self.reject = reject
    self.check = check
  }

  /// Looks up all keys; does nothing where an earlier attempt has done it.
  ///
  /// - Returns: the counts with the rows that were rejected.
  /// - Throws: `LeaseLost`; `ImportFailure` where more rows are rejected than may be: those rejects are
  ///   kept, and staging is given up; `PostgresError`.
  public func run(_ staged: RowCounts) async throws -> RowCounts {
    guard table.layout.hasLookups else { return staged }
    // Types are named as they are where nothing is on the path.
    let isResolved = try await connection.transaction("READ ONLY") { connection in
      try await connection.execute("SET LOCAL search_path = pg_catalog")
      return try await table.isResolved(on: connection)
    }
    if isResolved { return staged }
    let outcome = try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { _ in
      try await resolve(staged)
    }
    return try outcome.get()
  }

  private func resolve(_ staged: RowCounts) async throws -> Result<RowCounts, ImportFailure> {
    try await connection.execute(
      "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off; SET LOCAL lock_timeout = '5s'")
    try await gather(rows: staged.ok)
    try await connection.execute(statements.createResolved)
    let resolved = Int64(try await connection.query(statements.insertResolved).affected)
    guard resolved <= staged.ok else {
      throw ImportFailure(
        .notConserved, "\(staged.ok) rows were staged, but \(resolved) have their keys looked up",
        hint: "a unique index of a table that is looked into may be broken: REINDEX it")
    }
    var counts = staged
    counts.ok = resolved
    counts.bad += staged.ok - resolved
    if resolved < staged.ok { try await rejects.report(staged.ok - resolved, list: list) }
    for index in statements.all.indices {
      try await connection.execute("DROP TABLE \(statements.map(index))")
    }
    do {
      try check(counts)
    } catch let failure as ImportFailure {
      try await giveUp()
      return .failure(failure)
    }
    try await hold(lease, on: connection)
    if resolved < staged.ok { try await rejects.enter(staged.ok - resolved) }
    try await swap()
    return .success(counts)
  }

  /// Gathers the keys of each lookup once: whoever changes the table meanwhile changes nothing of it.
  private func gather(rows: Int64) async throws {
    for (index, lookup) in statements.all.enumerated() {
      let known = try await connection.query(
        LookupStatements.estimatedRows, [.int(Int64(lookup.tableOID))]
      ).rows.first?.int64("rows")
      // A table that is smaller than the file is taken whole at a fraction of what choosing costs.
      let isFiltered = known.map { $0 > rows } ?? true
      _ = try await connection.query(
        statements.gather(index, lookup, isFiltered: isFiltered))
      try await connection.execute("ANALYZE \(statements.map(index))")
    }
  }

  private var rejects: StagedRejects {
    StagedRejects(table: table, lease: lease, connection: connection)
  }

  private func list(_ limit: Int64) async throws {
    try await connection.execute(
      "DECLARE unresolved NO SCROLL CURSOR FOR \(statements.unresolved(limit: limit))")
    var pages = BreachPages()
    while true {
      let page = try await connection.query(
        "FETCH FORWARD \(LookupResolver.pageSize) FROM unresolved"
      ).rows
      let whole = pages.add(try page.map(breach))
      if !whole.isEmpty { try await reject(whole, connection) }
      if page.isEmpty { break }
    }
    try await connection.execute("CLOSE unresolved")
  }

  private func breach(_ found: PostgresRow) throws -> RowBreach {
    let lookup = statements.all[try found.int("lookup")]
    return RowBreach(
      row: try found.int64("row"), code: .lookupFailed, columns: [lookup.column],
      message: lookup.message(matches: try found.int64("matches"), key: try found.string("key")))
  }

  /// Puts the new table in the place of the old one.
  private func swap() async throws {
    try await connection.execute("DROP TABLE \(table.name)")
    try await connection.execute("ALTER TABLE \(statements.resolved) RENAME TO \(table.ownName)")
  }

  /// Whoever takes the import up again may find more in the tables that are looked into.
  private func giveUp() async throws {
    try await rejects.giveUp()
    try await connection.execute("DROP TABLE \(statements.resolved)")
  }
}

extension ColumnLookup {
  /// Why a key leads to no value.
  fileprivate func message(matches: Int64, key text: String) -> String {
    switch matches {
    case 0: "no row in \(table) has \(key.name) '\(text)'"
    case 1: "the row in \(table) that has \(key.name) '\(text)' has no \(value.name)"
    default: "\(matches) rows in \(table) have \(key.name) '\(text)'"
    }
  }
}
