public import ImportModel

/// A staging table that is to be merged into its target.
public struct MergeRequest: Sendable {
  /// The right to do it.
  public var lease: Lease
  /// Quoted, qualified name of the staging table.
  public var staging: String
  /// Its columns.
  public var layout: StagingLayout
  /// The target, fresh from the catalog.
  public var target: TargetTable
  /// Whether the target is partitioned: its rows have no `xmax` to tell inserts from updates by.
  public var isPartitioned: Bool
  /// The conflict key.
  public var key: TargetKey
  /// Which of several rows with one key counts.
  public var duplicates: ImportOptions.Duplicates
  /// What is staged: read, ok and bad rows of the file, and those of the ok ones that a dry run has left
  /// out.
  public var staged: RowCounts
  /// What a dry run has said of it before.
  public var foreseen: ImportDiff?

  /// Describes a merge.
  public init(
    lease: Lease, staging: String, layout: StagingLayout, target: TargetTable, isPartitioned: Bool,
    key: TargetKey, duplicates: ImportOptions.Duplicates, staged: RowCounts,
    foreseen: ImportDiff? = nil
  ) {
    self.lease = lease
    self.staging = staging
    self.layout = layout
    self.target = target
    self.isPartitioned = isPartitioned
    self.key = key
    self.duplicates = duplicates
    self.staged = staged
    self.foreseen = foreseen
  }
}
