public import ImportModel

/// What a merge has done, as it was committed.
public struct MergeOutcome: Sendable, Equatable {
  /// All counts of the import.
  public var counts: RowCounts
  /// How it was done.
  public var plan: MergePlan
  /// The same for people, and why so.
  public var report: MergePlanReport
}

/// The ways to merge; `docs/plans.md` says when each is taken.
public enum MergePlan: String, Sendable, CaseIterable {
  /// The target is empty: plain inserts, as nothing can be there already. Should a key meet itself after
  /// all, because the file has it twice or somebody else writes, nothing is kept and another plan is taken.
  case empty
  /// The same, and its indexes are built when all rows are in.
  case loadThenIndex = "load_then_index"
  /// Plain inserts beside what is there.
  case append
  /// A join of staging and target tells what is new and what has changed; each staged row is looked up in
  /// the key's index.
  case joinByIndex = "join_by_index"
  /// The same, where reading the whole target is cheaper than many look-ups.
  case joinByScan = "join_by_scan"
  /// `INSERT … ON CONFLICT`, where only the row that is proposed tells its key.
  case onConflict = "on_conflict"
  /// A new table is filled beside the target, and takes its place.
  case replace

  /// Whether rows can be at fault: into an empty table, any fault asks for another plan.
  var sparesRows: Bool { self != .empty && self != .loadThenIndex }
}

/// Rows and counts of the merge so far, for those who watch.
public struct MergeProgress: Sendable {
  /// Rows that have met the target.
  public var counts: RowCounts
  /// Whether all slices are through, and only the last checks and the commit are left.
  public var isFinalizing: Bool
  /// Whether all that is counted is committed: who stops here loses nothing.
  public var isCommitted = false
}
