/// A step that an import spends time in, in the order of the data.
public enum ProfileStep: String, Sendable, CaseIterable {
  /// Connections, the catalog, the staging table.
  case prepare
  /// The pass over the whole file before its first row is taken.
  case lookOver = "look_over"
  /// Bytes to rows and fields.
  case read
  /// Fields to values of their columns' types.
  case validate
  /// Values that only Postgres can tell.
  case arbiter
  /// Values to tuples of binary COPY.
  case encode
  /// Tuples to the socket, and Postgres taking them.
  case copy
  /// The end of a chunk: its rejects, its entry in the ledger, its commit.
  case commit
  /// Natural keys to what they stand for.
  case lookups
  /// The first look at the target, which somebody else may have locked.
  case lock
  /// Rows of the file that share their key.
  case duplicates
  /// Rules of the target, looked at in sets.
  case rules
  /// Statistics of the target and a sample of the rows, for the plan of the merge.
  case plan
  /// Staged rows held against those of the target, in a dry run.
  case compare
  /// Rows into the target, with what is needed to take them back.
  case merge
  /// Between two batches, or behind a deadlock, so that others get on with their work.
  case rest
  /// The end of the import: what waits for it in the target, and the commit.
  case finalize
  /// The planner's statistics of the target, after the commit.
  case statistics
}
