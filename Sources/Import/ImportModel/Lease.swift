/// The right of one worker to write on one import: invariant 4.
public struct Lease: Sendable, Hashable {
  /// The import.
  public let importID: ImportID
  /// Fencing id, new with each claim. Every write carries it.
  public let id: String

  /// Names a lease.
  public init(importID: ImportID, id: String) {
    self.importID = importID
    self.id = id
  }
}

/// The lease has passed to another worker, or the import was called off: nothing more may be written.
public struct LeaseLost: Error, Sendable, CustomStringConvertible {
  /// The lease that no longer holds.
  public let lease: Lease

  /// Names the lost lease.
  public init(_ lease: Lease) {
    self.lease = lease
  }

  /// What to log.
  public var description: String { "the lease on import \(lease.importID) is lost" }
}
