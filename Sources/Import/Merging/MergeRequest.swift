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
  /// Whether the target's rows lie in partitions, each with places of its own.
  public var isPartitioned: Bool
  /// The conflict key; `TargetKey.none` where rows are appended, or a table without one is replaced.
  public var key: TargetKey
  /// The part of the target that the rows keep to; nil where that is all of it.
  public var scope: ImportScope?
  /// How rows meet those that are there already.
  public var mode: ImportOptions.Mode
  /// Which of several rows with one key counts; means nothing where there is no key.
  public var duplicates: ImportOptions.Duplicates
  /// What is staged: read, ok and bad rows of the file, and those of the ok ones that a dry run has left
  /// out.
  public var staged: RowCounts
  /// How long the import can be taken back, in seconds.
  public var retentionSeconds: Int64
  /// What a dry run has said of it before.
  public var foreseen: ImportDiff?

  /// Describes a merge.
  public init(
    lease: Lease, staging: String, layout: StagingLayout, target: TargetTable, isPartitioned: Bool,
    key: TargetKey, scope: ImportScope? = nil, mode: ImportOptions.Mode = .upsert,
    duplicates: ImportOptions.Duplicates,
    staged: RowCounts, retentionSeconds: Int64 = 30 * 86_400, foreseen: ImportDiff? = nil
  ) {
    self.lease = lease
    self.staging = staging
    self.layout = layout
    self.target = target
    self.isPartitioned = isPartitioned
    self.key = key
    self.scope = scope
    self.mode = mode
    self.duplicates = duplicates
    self.staged = staged
    self.retentionSeconds = retentionSeconds
    self.foreseen = foreseen
  }

  /// Whether what is written can be taken back: of a view or a foreign table, no row can be found again, and
  /// a wrapper sends rows in batches only where it has to return none.
  var keepsImages: Bool { target.shape.holdsRows && !target.shape.hasForeignPartitions }

  /// Whether rows are known by a key.
  var hasKey: Bool { !key.columns.isEmpty }
}
