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
  /// How rows meet those that are there already.
  public var mode: ImportOptions.Mode
  /// The conflict key; of a target that is replaced, one without columns where it has none.
  public var key: TargetKey
  /// Which of several rows with one key counts.
  public var duplicates: ImportOptions.Duplicates
  /// What is staged: read, ok and bad rows of the file.
  public var staged: RowCounts
  /// How long the import can be undone.
  public var retentionSeconds: Int64

  /// Describes a merge.
  public init(
    lease: Lease, staging: String, layout: StagingLayout, target: TargetTable, isPartitioned: Bool,
    mode: ImportOptions.Mode = .upsert, key: TargetKey, duplicates: ImportOptions.Duplicates,
    staged: RowCounts, retentionSeconds: Int64 = 0
  ) {
    self.lease = lease
    self.staging = staging
    self.layout = layout
    self.target = target
    self.isPartitioned = isPartitioned
    self.mode = mode
    self.key = key
    self.duplicates = duplicates
    self.staged = staged
    self.retentionSeconds = retentionSeconds
  }
}
