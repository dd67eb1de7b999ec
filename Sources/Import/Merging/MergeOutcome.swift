public import ImportModel

/// What a merge has done, as it was committed.
public struct MergeOutcome: Sendable, Equatable {
  /// All counts of the import.
  public var counts: RowCounts
  /// How it was done.
  public var plan: MergePlan
}

/// The ways to merge, in the order in which they are tried.
public enum MergePlan: String, Sendable, CaseIterable {
  /// The target is empty: plain inserts, as nothing can be there already. Should a key meet itself after
  /// all, because the file has it twice or somebody else writes, nothing is kept and `upsert` is taken.
  case insert
  /// `INSERT … ON CONFLICT DO UPDATE` of what has changed.
  case upsert
  /// A new table is filled beside the target, and takes its place.
  case replace
}

/// Rows and counts of the merge so far, for those who watch.
public struct MergeProgress: Sendable {
  /// Rows that have met the target.
  public var counts: RowCounts
  /// Whether all slices are through, and only the last checks and the commit are left.
  public var isFinalizing: Bool
}
