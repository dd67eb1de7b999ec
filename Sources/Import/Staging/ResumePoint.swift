public import ImportModel
public import Postgres

/// What the ledger says of an import: where to go on, and what is staged up to there.
public struct ResumePoint: Sendable, Equatable {
  /// Number of the next chunk, the first being 0.
  public var nextChunk: Int64
  /// The place in the file behind the last chunk.
  public var position: FilePosition
  /// Rows up to there: read, ok, bad, and those of the ok ones that staging does not hold any more.
  public var counts: RowCounts
  /// What the report has room for behind it.
  public var rejectRoom: RejectRoom
  /// Whether all is staged, and staging is as batches take it.
  public var isReadyForBatches = false

  /// The start of a file: no chunk yet.
  public init(
    nextChunk: Int64 = 0, position: FilePosition, counts: RowCounts = RowCounts(),
    rejectRoom: RejectRoom = .standard
  ) {
    self.nextChunk = nextChunk
    self.position = position
    self.counts = counts
    self.rejectRoom = rejectRoom
  }

  /// Reads the ledger; nil where it is empty.
  static func read(
    _ id: ImportID, on connection: PostgresConnection
  ) async throws -> ResumePoint? {
    let sql = """
      SELECT max(chunk) + 1 AS next_chunk, max(last_byte) + 1 AS byte, max(last_row) AS row,
             max(last_line) AS line, sum(rows_ok)::bigint AS rows_ok, sum(rows_bad)::bigint AS rows_bad,
             sum(rows_skipped)::bigint AS rows_skipped, bool_or(readies_batches) AS is_ready
        FROM sluice.chunks WHERE import_id = $1::uuid HAVING count(*) > 0
      """
    guard let row = try await connection.queryCached(sql, [.text(id.description)]).rows.first else {
      return nil
    }
    var counts = RowCounts()
    counts.ok = try row.int64("rows_ok")
    counts.bad = try row.int64("rows_bad")
    counts.read = counts.ok + counts.bad
    // A dry run has left out what other rows of the file stand for.
    counts.skipped = try row.int64("rows_skipped")
    var point = ResumePoint(
      nextChunk: try row.int64("next_chunk"),
      position: FilePosition(
        byte: try row.int64("byte"), row: try row.int64("row"), line: try row.int64("line")),
      counts: counts, rejectRoom: try await RejectList.room(of: id, on: connection))
    point.isReadyForBatches = try row.bool("is_ready")
    return point
  }

  /// The place from which the chunk that holds a row can be read again, or nil where no chunk has it.
  public static func startOfChunk(
    holding row: Int64, of id: ImportID, on connection: PostgresConnection
  ) async throws -> FilePosition? {
    let sql = """
      SELECT first_byte, first_row, first_line FROM sluice.chunks
       WHERE import_id = $1::uuid AND first_row <= $2 AND last_row >= $2
      """
    guard
      let found = try await connection.queryCached(sql, [.text(id.description), .int(row)]).rows
        .first
    else { return nil }
    return FilePosition(
      byte: try found.int64("first_byte"), row: try found.int64("first_row") - 1,
      line: try found.int64("first_line") - 1)
  }
}
