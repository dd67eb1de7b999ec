import ImportModel
import Postgres

/// The moment in which a stand-in takes a table's place, inside a transaction whose `search_path` is
/// `pg_catalog`.
struct TableSwap {
  /// Who waits for the table keeps everybody behind him waiting: after a few tries the import is handed back.
  private static let tries = 3
  private static let pause: Duration = .milliseconds(300)

  let target: TargetTable
  /// The table as its stand-in was built after it.
  let model: TableModel
  let standIn: StandIn
  /// Where the table goes.
  let kept: StandIn
  let connection: PostgresConnection

  /// Gives the stand-in the table's place.
  ///
  /// - Throws: `ImportFailure` where the table was altered meanwhile; `PostgresError`, also where the locks
  ///   cannot be had.
  func run() async throws {
    let other = try await TableModel.read(try await standIn.oid(on: connection), on: connection)
    try await lock()
    try await ReplaceObstacles.check(target, on: connection)
    guard try await TableModel.read(target.oid, on: connection) == model else {
      throw ImportFailure(
        .database, "\(target.displayName) was altered while its new content was loaded",
        hint: "nothing was changed; import again")
    }
    try await carrySequences(other)
    for sql in model.leaving(as: kept) + model.arriving(standIn, other) {
      try await connection.execute(sql)
    }
  }

  /// A try that fails lets go of all locks, so that others come by.
  private func lock() async throws {
    for attempt in 1... {
      do {
        return try await connection.savepoint { connection in
          for sql in model.locking { try await connection.execute(sql) }
        }
      } catch let error as PostgresError
        where attempt < TableSwap.tries && ["55P03", "40P01"].contains(error.sqlState)
      {
        try await Task.sleep(for: TableSwap.pause)
      }
    }
  }

  /// Identities go on where the further one of both sequences stands.
  private func carrySequences(_ other: TableModel) async throws {
    for (mine, theirs) in model.matchedIdentities(other) {
      try await TableSwap.carry(from: mine, to: theirs, on: connection)
    }
  }

  static func carry(
    from one: TableModel.Sequence, to other: TableModel.Sequence, on connection: PostgresConnection
  ) async throws {
    let isFurther = one.ascends ? ">" : "<"
    _ = try await connection.query(
      """
      SELECT setval($1::regclass,
               CASE WHEN n.last_value \(isFurther) o.last_value THEN n.last_value
                 ELSE o.last_value END, o.is_called OR n.is_called)
        FROM \(one.fullName) o, \(other.fullName) n
      """, [.text(other.fullName)])
  }
}
