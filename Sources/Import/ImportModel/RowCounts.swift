/// What became of the rows of an import.
public struct RowCounts: Sendable, Codable, Equatable {
  /// Rows read from the file, whatever became of them.
  public var read: Int64 = 0
  /// Rows that went into staging.
  public var ok: Int64 = 0
  /// Rows with at least one fault.
  public var bad: Int64 = 0
  /// Rows that another row of the file with the same key stands for.
  public var skipped: Int64 = 0
  /// Rows that are new in the target.
  public var inserted: Int64 = 0
  /// Rows of the target that got other values.
  public var updated: Int64 = 0
  /// Rows that the target had already, with the same values.
  public var unchanged: Int64 = 0

  /// All zero.
  public init() {}

  /// Rows that have met the target so far.
  public var merged: Int64 { skipped + inserted + updated + unchanged }

  /// Whether each row read is accounted for: invariant 6.
  public var isConserved: Bool { read == bad + merged }
}
