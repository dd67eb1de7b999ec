import ImportModel
public import Postgres

/// Takes an import back, all or nothing: one transaction with `status = undone`.
///
/// Rows that were changed since, or that others hold on to, are left and listed; they are no failure.
public struct Undo: Sendable {
  private let request: UndoRequest
  private let connection: PostgresConnection

  /// Prepares an undo over a connection that nobody else uses.
  public init(_ request: UndoRequest, on connection: PostgresConnection) {
    self.request = request
    self.connection = connection
  }

  /// Takes the import back and commits.
  ///
  /// - Throws: `LeaseLost` when the lease no longer holds; `ImportFailure` when the target is not what it was;
  ///   `PostgresError` when Postgres refuses for a reason that lies in no row. Nothing has changed then.
  public func run() async throws -> UndoOutcome {
    try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
      try await prepare()
      let entry = try await UndoEntry.read(request.lease.importID, on: connection)
      let outcome = try await way(for: entry).run()
      try await finish(outcome)
      return outcome
    }
  }

  /// The same as for a merge: what works on a target waits for other work on it, but not for long.
  private func prepare() async throws {
    try await connection.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
    _ = try await connection.query(Merger.limitOfWaits)
    try await TargetLock(request.target).take(on: connection)
  }

  private func way(for entry: UndoEntry) -> any UndoWay {
    switch entry.kind {
    case .rows: RowUndo(entry, target: request.target, on: connection)
    case .table: ReplaceUndo(entry.importID, on: connection)
    }
  }

  private func finish(_ outcome: UndoOutcome) async throws {
    let sql = """
      WITH ended AS (
        UPDATE sluice.imports SET
          status = 'undone', undo_requested = false, lease_id = NULL, lease_expires_at = NULL,
          history = history || jsonb_build_object(
            'name', 'undone', 'at', extract(epoch FROM clock_timestamp()))
        WHERE id = $1::uuid AND lease_id = $2::uuid AND undo_requested
        RETURNING id
      )
      UPDATE sluice.undo SET deleted = $3, restored = $4, left_rows = $5, error = NULL
       WHERE import_id IN (SELECT id FROM ended)
      """
    let ended = try await connection.query(
      sql,
      [
        .text(request.lease.importID.description), .text(request.lease.id), .int(outcome.deleted),
        .int(outcome.restored), .int(outcome.left),
      ])
    if ended.affected == 0 { throw LeaseLost(request.lease) }
  }
}

/// A way to take an import back, inside the transaction of an `Undo`.
protocol UndoWay: Sendable {
  /// Takes back what can be, and lists in `sluice.undo_left` what is left.
  func run() async throws -> UndoOutcome
}
