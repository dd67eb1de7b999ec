public import ImportModel

/// An import that is to be taken back.
public struct UndoRequest: Sendable {
  /// The right to do it.
  public var lease: Lease
  /// The target, fresh from the catalog.
  public var target: TargetTable

  /// Describes an undo.
  public init(lease: Lease, target: TargetTable) {
    self.lease = lease
    self.target = target
  }
}

/// What an undo has done, as it was committed.
public struct UndoOutcome: Sendable, Equatable {
  /// Rows that were inserted and are deleted again.
  public var deleted: Int64 = 0
  /// Rows that have their old values back.
  public var restored: Int64 = 0
  /// Rows that were left as they are.
  public var left: Int64 = 0

  /// All zero.
  public init() {}
}
