/// The batches of an import that are in: what the ledger says of them.
///
/// A value without I/O. It tells which rows of the file have met the target already, so that nobody merges or
/// reports them twice.
public struct MergedBatches: Sendable, Equatable {
  /// How many batches are in.
  public var count: Int64 = 0
  /// The last row of the file that a batch has reached; rows up to it are settled but for `waiting`.
  public var lastRow: Int64 = 0
  /// Rows up to `lastRow` that wait for others, which may make room for them or be what they refer to.
  public var waiting: Set<Int64> = []
  /// What the batches have inserted, updated, left as it was, and rejected.
  public var counts = RowCounts()

  /// No batch.
  public init() {}

  /// Rows that have met the target.
  public var rows: Int64 { counts.inserted + counts.updated + counts.unchanged }

  /// Whether a batch has settled what becomes of a row.
  public func holds(_ row: Int64) -> Bool { row <= lastRow && !waiting.contains(row) }
}
