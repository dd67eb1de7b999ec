public import ImportModel
public import Postgres

/// The table that holds the rows of one import until they are merged: UNLOGGED, with the number of each row, or
/// as it will stand in the target's place.
public struct StagingTable: Sendable {
  /// A table that is staged into as it will stand in the target's place.
  public struct StandIn: Sendable {
    /// The table's comment, which tells what it is built after: a table with another one is of no use.
    let mark: String
    let make: @Sendable (PostgresConnection) async throws -> Void

    /// - Parameters:
    ///   - mark: the table's comment once it is made, see `mark`.
    ///   - make: makes the table, under the name that it has as staging.
    public init(mark: String, make: @escaping @Sendable (PostgresConnection) async throws -> Void) {
      self.mark = mark
      self.make = make
    }
  }

  /// The import.
  public let importID: ImportID
  /// Its columns.
  public let layout: StagingLayout
  private let standIn: StandIn?

  /// Names the staging table of an import; makes nothing.
  ///
  /// - Parameter standIn: how it is made where it is to take the target's place.
  public init(importID: ImportID, layout: StagingLayout, standIn: StandIn? = nil) {
    self.importID = importID
    self.layout = layout
    self.standIn = standIn
  }

  /// The quoted, qualified name.
  public var name: String { StagingTable.name(of: importID) }

  /// The quoted name without the schema.
  var ownName: String { StagingTable.ownName(of: importID) }

  private static func ownName(of id: ImportID) -> String {
    quotedIdentifier(StagingLayout.tableName(of: id))
  }

  /// The quoted, qualified names of the tables that `drop` drops.
  public static func names(of id: ImportID) -> [String] { [name(of: id)] }

  static func name(of id: ImportID) -> String { "sluice.\(ownName(of: id))" }

  /// The name of a table that stands beside this one while natural keys are looked up.
  func name(beside part: String) -> String {
    "sluice.\(quotedIdentifier(StagingLayout.tableName(of: importID) + "_\(part)"))"
  }

  /// Makes the table, or takes the one that an earlier attempt has left, with what its ledger says.
  ///
  /// Staging and ledger are lost together (invariant 3). Where they are empty, or where the target has
  /// changed its columns since, the import begins anew and the rejects of earlier attempts are cleared, but for
  /// those of rows that batches have settled.
  ///
  /// - Parameters:
  ///   - rejectRoom: what the report has room for, should the import begin anew.
  ///   - merged: the batches that are in.
  /// - Throws: `LeaseLost` where the lease no longer holds; `PostgresError`, also where somebody reads
  ///   the former table for longer than two seconds.
  public func prepare(
    lease: Lease, rejectRoom: RejectRoom = .standard, keeping merged: MergedBatches = .init(),
    on connection: PostgresConnection
  ) async throws -> ResumePoint? {
    let found = try await fenced(lease, on: connection) { connection in
      try await endFormerWorkers(on: connection)
      if try await isWhole(on: connection),
        let point = try await ResumePoint.read(importID, on: connection)
      {
        return Found.point(point)
      }
      // First of all: without its ledger, no attempt goes on from what is half cleared away.
      _ = try await connection.query(
        "DELETE FROM sluice.chunks WHERE import_id = $1::uuid", [.text(importID.description)])
      if try await RejectStore.has(importID, besides: merged, on: connection) { return .rejects }
      try await make(rejectRoom, on: connection)
      return .nothing
    }
    switch found {
    case .point(let point): return point
    case .nothing: return nil
    case .rejects:
      // Page by page, so that the heartbeat, which waits for the fence, comes through in between.
      while try await fenced(
        lease, on: connection,
        { try await RejectStore.removePage(of: importID, besides: merged, on: $0) > 0 })
      {}
      try await fenced(lease, on: connection) { try await make(rejectRoom, on: $0) }
      return nil
    }
  }

  /// What earlier attempts have left.
  private enum Found: Sendable {
    case nothing
    case rejects
    case point(ResumePoint)
  }

  /// A short transaction under the lease; no heartbeat comes through before it ends.
  private func fenced<R: Sendable>(
    _ lease: Lease, on connection: PostgresConnection,
    _ body: @Sendable (PostgresConnection) async throws -> R
  ) async throws -> R {
    try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
      // Types are then written with their schema, as the layout has them.
      try await connection.execute("SET LOCAL search_path = pg_catalog")
      try await hold(lease, on: connection)
      return try await body(connection)
    }
  }

  private func make(_ room: RejectRoom, on connection: PostgresConnection) async throws {
    try await connection.execute("SET LOCAL lock_timeout = '2s'")
    try await connection.execute("DROP TABLE IF EXISTS \(name)")
    try await RejectList.begin(importID, room: room, on: connection)
    guard let standIn else {
      return try await connection.execute(StagingTable.definition(of: name, with: layout))
    }
    try await standIn.make(connection)
  }

  /// Drops the table and its ledger, if they are there.
  ///
  /// - Throws: `PostgresError`, also where somebody reads the table for longer than two seconds;
  ///   `sweep` comes back to it.
  public static func drop(_ id: ImportID, on connection: PostgresConnection) async throws {
    try await connection.transaction { connection in
      try await connection.execute("SET LOCAL lock_timeout = '2s'")
      _ = try await connection.query("DROP TABLE IF EXISTS \(name(of: id))")
      _ = try await connection.query(
        "DELETE FROM sluice.chunks WHERE import_id = $1::uuid", [.text(id.description)])
    }
  }

  /// The staging tables whose imports have ended or are gone: a worker that was killed leaves them. That of
  /// a dry run is needed as long as it can be carried out.
  public static func leftovers(on connection: PostgresConnection) async throws -> [ImportID] {
    let sql = """
      SELECT substr(c.relname, 9)::uuid AS id
        FROM pg_class c
       WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind = 'r'
         AND c.relname ~ '^staging_[0-9a-f]{32}$'
         AND NOT EXISTS (
           SELECT FROM sluice.imports i WHERE i.id = substr(c.relname, 9)::uuid
              AND (i.status NOT IN ('done', 'failed', 'cancelled', 'undone')
                   OR i.commit_until > clock_timestamp()))
      """
    return try await connection.query(sql).rows.compactMap { ImportID(try $0.string("id")) }
  }

  /// Ends the sessions of workers that had the lease before and are still inside a transaction.
  ///
  /// One that was stopped, or is cut off from us, can never commit, but its locks on staging would keep
  /// the import from ending.
  private func endFormerWorkers(on connection: PostgresConnection) async throws {
    let sql = """
      SELECT pg_terminate_backend(a.pid)
        FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
       WHERE l.locktype = 'relation' AND l.relation = to_regclass($1)
         AND a.datname = current_database() AND a.pid <> pg_backend_pid()
         AND (starts_with(a.application_name, $2) OR starts_with(a.application_name, $3))
      """
    let sessions = [WorkSession.loads, .helps].map { PostgresParameter.text($0.rawValue) }
    _ = try await connection.queryCached(sql, [.text(name)] + sessions)
  }

  /// The statement that makes a staging table.
  ///
  /// Autovacuum stays away: the table lives for minutes, and pages must be filled in the order of rows.
  public static func definition(of name: String, with layout: StagingLayout) -> String {
    let columns = layout.columns.map { "  \(quotedIdentifier($0.name)) \($0.sqlType)" }
    let all = ["  \(quotedIdentifier(layout.rowColumn)) bigint NOT NULL"] + columns
    return """
      CREATE UNLOGGED TABLE \(name) (
      \(all.joined(separator: ",\n"))
      ) WITH (autovacuum_enabled = false)
      """
  }

  /// The COPY into a staging table.
  public static func copyStatement(into name: String, with layout: StagingLayout) -> String {
    let columns = (layout.numbersRows ? [layout.rowColumn] : []) + layout.columns.map(\.name)
    return """
      COPY \(name) (\(columns.map(quotedIdentifier).joined(separator: ", ")))
      FROM STDIN (FORMAT binary)
      """
  }

  /// Whether there is a table of the name whose rows have numbers.
  public func isNumbered(on connection: PostgresConnection) async throws -> Bool {
    try await connection.query(
      """
      SELECT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum = 1 AND attname = $2
      ) AS found
      """, [.text(name), .text(layout.rowColumn)]
    ).rows[0].bool("found")
  }

  /// Whether the table is there, as it is staged or as it is merged.
  private func isWhole(on connection: PostgresConnection) async throws -> Bool {
    if let standIn {
      let found = try await connection.query(
        "SELECT obj_description(to_regclass($1), 'pg_class') AS mark", [.text(name)])
      return found.rows[0]["mark"] == standIn.mark
    }
    if try await hasLayout(layout, on: connection) { return true }
    return try await isResolved(on: connection)
  }

  /// Whether the table holds what natural keys stand for, in the place of the keys.
  func isResolved(on connection: PostgresConnection) async throws -> Bool {
    guard layout.hasLookups else { return false }
    return try await hasLayout(layout.resolved, on: connection)
  }

  private func hasLayout(
    _ layout: StagingLayout, on connection: PostgresConnection
  ) async throws -> Bool {
    let sql = """
      SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type
        FROM pg_attribute a
       WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
       ORDER BY a.attnum
      """
    let rows = try await connection.queryCached(sql, [.text(name)]).rows
    guard rows.count == layout.columns.count + 1, rows[0]["attname"] == layout.rowColumn else {
      return false
    }
    return zip(rows.dropFirst(), layout.columns).allSatisfy {
      $0["attname"] == $1.name && $0["type"] == $1.sqlType
    }
  }
}

/// Keeps a lease from passing to another worker until the transaction at hand ends: invariant 4.
///
/// - Throws: `LeaseLost` where it has passed already, or where the import was called off.
public func hold(_ lease: Lease, on connection: PostgresConnection) async throws {
  let sql = """
    SELECT FROM sluice.imports
     WHERE id = $1::uuid AND lease_id = $2::uuid AND NOT cancel_requested FOR SHARE
    """
  let held = try await connection.queryCached(
    sql, [.text(lease.importID.description), .text(lease.id)])
  if held.rows.isEmpty { throw LeaseLost(lease) }
}
