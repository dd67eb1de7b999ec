public import ImportModel
public import Postgres

/// Stages chunks, each in one transaction with its rejects and its ledger entry: invariants 2 and 4.
public struct ChunkLoader: Sendable {
  /// Where batches come from.
  ///
  /// - Returns: the next batch of the chunk, or nil where the chunk ends.
  public typealias BatchSource = @Sendable () async throws -> EncodedBatch?

  /// A chunk that was committed.
  public struct Chunk: Sendable, Equatable {
    /// Rows that are now in staging.
    public var rowsOK: Int64 = 0
    /// Rows that are now among the rejects.
    public var rowsBad: Int64 = 0
    /// Where it begins.
    public var start: FilePosition
    /// Where it ends, and the next one begins.
    public var end: FilePosition
    /// What the report has room for after it; nil where nothing was rejected, so that it is as before.
    public var rejectRoom: RejectRoom?
  }

  private let table: StagingTable
  private let lease: Lease
  private let attempt: Int
  private let connection: PostgresConnection
  private let key: [String]
  private let merged: MergedBatches
  private let profile: ProfileRecorder

  /// Stages into a table that `StagingTable.prepare` has made.
  ///
  /// - Parameters:
  ///   - key: columns of staging by which no two rows should be the same: the ledger tells where the order of
  ///     the rows shows it.
  ///   - merged: batches that are in: the rejects of their rows are listed already.
  ///   - profile: where it notes what COPY and the end of a chunk take.
  public init(
    table: StagingTable, lease: Lease, attempt: Int, connection: PostgresConnection,
    key: [String] = [], merged: MergedBatches = MergedBatches(),
    profile: ProfileRecorder = ProfileRecorder()
  ) {
    self.table = table
    self.lease = lease
    self.attempt = attempt
    self.connection = connection
    self.key = key
    self.merged = merged
    self.profile = profile
  }

  /// Stages one chunk.
  ///
  /// - Throws: `LeaseLost` when the lease no longer holds; `PostgresError` when Postgres refuses a row,
  ///   with nothing of the chunk left in the database.
  public func load(
    number: Int64, from start: FilePosition, batches: @escaping BatchSource,
    recycle: @escaping @Sendable (EncodedBatch) -> Void
  ) async throws -> Chunk {
    let copy = StagingTable.copyStatement(into: table.name, with: table.layout)
    defer { profile.end(.commit) }
    return try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
      // What the chunk writes is unlogged or can be computed again: nobody waits for the disk.
      try await connection.execute("SET LOCAL synchronous_commit = off")
      let gathered = try await profile.measure(.copy) {
        try await connection.copyInBinary(into: copy) { writer in
          try await gather(batches, from: start, into: writer, recycle: recycle)
        }
      }
      // It ends behind the transaction.
      profile.begin(.commit)
      var chunk = gathered.result.chunk
      if chunk.rowsBad > 0 {
        let all = gathered.result.rejects
        let new = all.filter { !merged.holds($0.row) }
        chunk.rejectRoom = try await RejectStore.insert(
          new, badRows: chunk.rowsBad - RejectStore.rows(in: all) + RejectStore.rows(in: new),
          importID: table.importID, on: connection)
      }
      try await enter(chunk, gathered.result.order, number: number, on: connection)
      return chunk
    }
  }

  private struct Gathered: Sendable {
    var chunk: Chunk
    var order: KeyOrder
    var rejects: [Reject] = []
  }

  private func gather(
    _ batches: BatchSource, from start: FilePosition, into writer: CopyWriter,
    recycle: @Sendable (EncodedBatch) -> Void
  ) async throws -> Gathered {
    var gathered = Gathered(
      chunk: Chunk(start: start, end: start), order: KeyOrder(key, in: table.layout))
    while let batch = try await batches() {
      if batch.count > 0 { try await writer.write(batch.bytes, count: batch.count) }
      gathered.order.note(batch)
      gathered.chunk.rowsOK += Int64(batch.rowsOK)
      gathered.chunk.rowsBad += Int64(batch.rowsBad)
      gathered.chunk.end = batch.end
      profile.count(.copy, rows: Int64(batch.rowsOK))
      gathered.rejects += batch.rejects
      recycle(batch)
    }
    return gathered
  }

  private func enter(
    _ chunk: Chunk, _ order: KeyOrder, number: Int64, on connection: PostgresConnection
  ) async throws {
    let sql = """
      INSERT INTO sluice.chunks (import_id, chunk, first_byte, last_byte, first_row, last_row,
          first_line, last_line, rows_ok, rows_bad, attempt, first_key, last_key)
      SELECT i.id, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bigint, $9::bigint,
             $10::bigint, $11::bigint, $12::integer, $13, $14
        FROM sluice.imports i
       WHERE i.id = $1::uuid AND i.lease_id = $2::uuid AND NOT i.cancel_requested
         FOR SHARE
      """
    let entered = try await connection.queryCached(
      sql,
      [
        .text(lease.importID.description), .text(lease.id), .int(number), .int(chunk.start.byte),
        .int(chunk.end.byte - 1), .int(chunk.start.row + 1), .int(chunk.end.row),
        .int(chunk.start.line + 1), .int(chunk.end.line), .int(chunk.rowsOK), .int(chunk.rowsBad),
        .int(Int64(attempt)), order.ends.map { .bytes($0.first) } ?? .null,
        order.ends.map { .bytes($0.last) } ?? .null,
      ])
    if entered.affected == 0 { throw LeaseLost(lease) }
  }
}
