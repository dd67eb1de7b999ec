import FoundationEssentials
public import ImportModel
public import Postgres

/// The ledger of batches: `sluice.batches`, and what the import's object shows of it.
public enum BatchLedger {
  /// Reads which batches of an import are in.
  ///
  /// Behind the claim of a lease it stays as it is, but for the batches of that lease.
  public static func read(
    _ id: ImportID, on connection: PostgresConnection
  ) async throws -> MergedBatches {
    let sql = """
      SELECT count(*) AS count, coalesce(max(last_row), 0) AS last_row,
             coalesce(sum(rows_bad), 0)::bigint AS rows_bad,
             coalesce(sum(rows_inserted), 0)::bigint AS rows_inserted,
             coalesce(sum(rows_updated), 0)::bigint AS rows_updated,
             coalesce(sum(rows_unchanged), 0)::bigint AS rows_unchanged,
             -- What the last one says holds for all.
             (SELECT to_json(waiting)::text FROM sluice.batches WHERE import_id = $1::uuid
               ORDER BY batch DESC LIMIT 1) AS waiting
        FROM sluice.batches WHERE import_id = $1::uuid
      """
    let row = try await connection.query(sql, [.text(id.description)]).rows[0]
    var merged = MergedBatches()
    merged.count = try row.int64("count")
    merged.lastRow = try row.int64("last_row")
    merged.counts.bad = try row.int64("rows_bad")
    merged.counts.inserted = try row.int64("rows_inserted")
    merged.counts.updated = try row.int64("rows_updated")
    merged.counts.unchanged = try row.int64("rows_unchanged")
    if let waiting = row["waiting"] { merged.waiting = Set(try rows(waiting)) }
    return merged
  }

  /// Numbers of rows out of a JSON array.
  static func rows(_ json: String) throws -> [Int64] {
    try JSONDecoder().decode([Int64].self, from: Data(json.utf8))
  }

  /// Enters a batch in the transaction of its rows.
  ///
  /// - Parameters:
  ///   - before: the batches in front of it.
  ///   - after: the same with this one.
  static func enter(
    _ after: MergedBatches, behind before: MergedBatches, seconds: Double, of id: ImportID,
    on connection: PostgresConnection
  ) async throws {
    let sql = """
      INSERT INTO sluice.batches (import_id, batch, first_row, last_row, rows_bad, rows_inserted,
          rows_updated, rows_unchanged, waiting, seconds)
      VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9::bigint[], $10)
      """
    _ = try await connection.query(
      sql,
      [
        .text(id.description), .int(after.count), .int(before.lastRow + 1), .int(after.lastRow),
        .int(after.counts.bad - before.counts.bad),
        .int(after.counts.inserted - before.counts.inserted),
        .int(after.counts.updated - before.counts.updated),
        .int(after.counts.unchanged - before.counts.unchanged),
        .int8Array(after.waiting.sorted()), .double(seconds),
      ])
  }

  /// Keeps the counts with the import, so that it tells what is in, and under which lease: invariant 4.
  ///
  /// Heartbeats wait from here on.
  ///
  /// - Parameters:
  ///   - batches: nil where none is in yet.
  ///   - plan: how the last one was merged.
  /// - Throws: `LeaseLost`.
  static func keep(
    _ counts: RowCounts, _ batches: BatchReport?, _ plan: MergePlanReport?, under lease: Lease,
    on connection: PostgresConnection
  ) async throws {
    let sql = """
      UPDATE sluice.imports SET
        rows_ok = $3, rows_bad = $4, rows_skipped = $5, rows_inserted = $6, rows_updated = $7,
        rows_unchanged = $8, batches = coalesce($9::jsonb, batches), plan = coalesce($10::jsonb, plan),
        attempts_excused = CASE WHEN $9::jsonb IS NULL THEN attempts_excused ELSE attempt END
      WHERE id = $1::uuid AND lease_id = $2::uuid AND NOT cancel_requested
      """
    let kept = try await connection.query(
      sql,
      [
        .text(lease.importID.description), .text(lease.id), .int(counts.ok), .int(counts.bad),
        .int(counts.skipped), .int(counts.inserted), .int(counts.updated), .int(counts.unchanged),
        try json(batches), try json(plan),
      ])
    if kept.affected == 0 { throw LeaseLost(lease) }
  }

  private static func json(_ value: (some Encodable)?) throws -> PostgresParameter {
    guard let value else { return .null }
    return .text(String(decoding: try JSONEncoder().encode(value), as: UTF8.self))
  }
}
