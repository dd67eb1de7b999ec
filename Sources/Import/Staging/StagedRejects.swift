import ImportModel
import Postgres

/// Rows that become rejects after they were staged: what is told of them, and the ledger without them.
///
/// Inside the transaction that takes them out of staging.
struct StagedRejects {
  let table: StagingTable
  let lease: Lease
  let connection: PostgresConnection

  private var id: PostgresParameter { .text(table.importID.description) }

  /// Has so many listed as the report has rows left; the rest is counted.
  func report(_ rejected: Int64, list: (_ limit: Int64) async throws -> Void) async throws {
    let room = try await RejectList.room(of: table.importID, on: connection)
    let listed = room.isEmpty ? 0 : min(rejected, room.rows)
    if listed > 0 { try await list(listed) }
    guard listed < rejected else { return }
    try await RejectList.add(
      listed: 0, bytes: 0, badRows: rejected - listed, to: table.importID, on: connection)
  }

  /// Notes their removal; last, as heartbeats wait from here on.
  ///
  /// - Throws: `LeaseLost` where the lease no longer holds or the import was called off.
  func enter(_ rejected: Int64) async throws {
    let entered = try await connection.query(
      LedgerEntry.removal, [id, .text(lease.id), .int(rejected), .int(0)])
    if entered.affected == 0 { throw LeaseLost(lease) }
  }

  /// Gives up what is staged, so that the rejects can be committed: whoever takes the import up again
  /// begins anew.
  func giveUp() async throws {
    try await hold(lease, on: connection)
    _ = try await connection.query("DELETE FROM sluice.chunks WHERE import_id = $1::uuid", [id])
  }
}
