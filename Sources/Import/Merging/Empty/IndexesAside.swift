import ImportModel
import Postgres

/// The indexes of an empty table, put aside while it is filled: to build one over all rows at once takes
/// less than half the time of adding each row to it.
///
/// They are dropped and made anew in the transaction of the merge, as they were: others see them before and
/// after, and nothing has happened where it ends otherwise. Whoever asks the table meanwhile waits. So they
/// stay where somebody uses the table just then, where anything else depends on them, or where it is not for
/// this role to make them.
struct IndexesAside: Sendable {
  /// With fewer rows, it takes longer to make indexes than to keep them.
  static let leastRows: Int64 = 10_000
  /// Of a table with fewer pages, Postgres sorts in one process by itself: those of `min_parallel_table_scan_size`.
  static let leastPagesForWorker: Int64 = 1024

  private let table: TableIndexes
  /// Whether a table has so few pages.
  private let isSmall: Bool

  /// Locks the target and drops its indexes, inside a transaction whose `search_path` is `pg_catalog`.
  ///
  /// - Parameters:
  ///   - rows: how many are to come.
  ///   - pages: how many they fill about.
  /// - Returns: nil where they stay: nothing has changed then, and nothing is locked.
  static func take(
    _ request: MergeRequest, rows: Int64, pages: Int64, on connection: PostgresConnection
  ) async throws -> IndexesAside? {
    guard rows >= leastRows, request.target.shape.holdsRows, !request.isPartitioned else {
      return nil
    }
    do {
      return try await connection.savepoint { connection in
        let oid = PostgresParameter.int(Int64(request.target.oid))
        let answer = try await connection.queryCached(isFree, [oid]).rows[0]
        guard try answer.bool("free") else { return nil }
        try await lock(request, afterwards: try answer.string("lock_timeout"), on: connection)
        let found = try await TableIndexes.read(request.target.oid, on: connection)
        if found.hasPages { try await checkEmpty(request, on: connection) }
        try await connection.execute(found.dropping.joined(separator: ";\n"))
        return IndexesAside(table: found, isSmall: pages < leastPagesForWorker)
      }
    } catch is HasRows {
      return nil
    } catch let error as PostgresError where error.sqlState == "55P03" || !error.isOfCircumstances {
      // Somebody reads or writes it just now, or something needs an index.
      return nil
    }
  }

  /// Makes the indexes anew over the rows that are there now.
  ///
  /// - Throws: `PostgresError` where rows break a unique or exclusion constraint.
  func putBack(on connection: PostgresConnection) async throws {
    for sql in table.making(isSmall: isSmall) { try await connection.execute(sql) }
  }

  private struct HasRows: Error {}

  /// Waits for others no longer than those would notice who wait behind it.
  ///
  /// - Parameter limit: how long it waits afterwards.
  private static func lock(
    _ request: MergeRequest, afterwards limit: String, on connection: PostgresConnection
  ) async throws {
    try await connection.execute(
      """
      SET LOCAL lock_timeout = '200ms';
      LOCK TABLE ONLY \(request.targetName) IN ACCESS EXCLUSIVE MODE;
      SET LOCAL lock_timeout = \(quotedLiteral(limit))
      """)
  }

  /// Looks for rows that somebody has written before the table was locked.
  private static func checkEmpty(
    _ request: MergeRequest, on connection: PostgresConnection
  ) async throws {
    let isEmpty = try await connection.query(
      "SELECT NOT EXISTS (SELECT FROM \(request.targetSource)) AS empty"
    ).rows[0].bool("empty")
    if !isEmpty { throw HasRows() }
  }

  /// Whether a table has indexes, and nobody would notice that they are others; how long the session waits for locks.
  private static let isFree = """
    SELECT c.relkind = 'r' AND NOT c.relispartition
      AND EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid)
      AND pg_has_role(c.relowner, 'USAGE') AND has_schema_privilege(c.relnamespace, 'CREATE')
      AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.confrelid = c.oid)
      AND NOT EXISTS (
        SELECT FROM pg_index AS i
        WHERE i.indrelid = c.oid AND (NOT i.indisvalid OR NOT i.indisready OR EXISTS (
          SELECT FROM pg_depend AS d
          WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
            AND d.deptype IN ('e', 'x'))))
      -- What they ask of the table would take for ever without an index.
      AND NOT EXISTS (
        SELECT FROM pg_trigger AS g
        WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D')
      AND NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtenabled IN ('O', 'A')) AS free,
      current_setting('lock_timeout') AS lock_timeout
    FROM pg_class AS c WHERE c.oid = $1::bigint::oid
    """
}

/// The indexes of a table, as they are made.
private struct TableIndexes: Sendable, Codable, IndexedTable {
  let schema: String
  let fullName: String
  let replicaIdentity: String
  /// Whether the table says how many processes help.
  let hasOwnWorkers: Bool
  /// Whether there is room in the table that may hold rows.
  let hasPages: Bool
  let indexes: [TableModel.Index]

  /// Reads them, in the same transaction.
  static func read(_ oid: UInt32, on connection: PostgresConnection) async throws -> TableIndexes {
    try await TableModel.decode(sql, oid, on: connection)
  }

  /// Drops them with their constraints, as long as nothing else depends on them.
  var dropping: [String] {
    indexes.map { index in
      index.constraint == nil
        ? "DROP INDEX \(qualified(index.name))"
        : "ALTER TABLE ONLY \(fullName) DROP CONSTRAINT \(quotedIdentifier(index.name))"
    }
  }

  /// Makes them anew, as they were: one by one, so that whoever looks at the sessions sees which one is made, and what
  /// takes no time in few scripts.
  ///
  /// - Parameter isSmall: whether none of them takes long, nor a second process to help.
  func making(isSmall: Bool) -> [String] {
    let hasWorker = !isSmall && !hasOwnWorkers
    var scripts: [String] = []
    var quick = hasWorker ? ["ALTER TABLE \(fullName) SET (parallel_workers = 1)"] : []
    let keys = isSmall ? plainKeys : []
    quick += keying(keys, of: fullName)
    for (number, index) in indexes.enumerated() {
      let isMade = keys.contains { $0.number == number }
      var built =
        isMade ? [] : building(number, of: fullName, as: index.name, hasWorker: hasWorker)
      if let slow = built.popLast() {
        scripts += [(quick + built).joined(separator: ";\n"), slow]
        quick = []
      }
      quick += marking(
        number, of: fullName, schema: schema, as: index.name, hasConstraint: isMade)
    }
    // The table has kept any other.
    if replicaIdentity == "i" { quick.append(identifying(fullName) { indexes[$0].name }) }
    quick += indexRemarks
    if hasWorker { quick.append("ALTER TABLE \(fullName) RESET (parallel_workers)") }
    return quick.isEmpty ? scripts : scripts + [quick.joined(separator: ";\n")]
  }

  private static let sql = """
    SELECT jsonb_build_object(
      'schema', n.nspname, 'fullName', format('%I.%I', n.nspname, c.relname),
      'replicaIdentity', c.relreplident,
      'hasOwnWorkers', EXISTS (
        SELECT FROM unnest(c.reloptions) AS o WHERE starts_with(o, 'parallel_workers=')),
      'hasPages', pg_relation_size(c.oid) > 0,
      'indexes', (\(TableModel.indexes)))::text AS model
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = $1::bigint::oid
    """
}
