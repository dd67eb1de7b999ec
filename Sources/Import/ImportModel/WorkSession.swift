/// What a session works on rows for, as its `application_name` tells: administrators see it, and whoever takes an import
/// over ends the sessions of the lease that has expired.
public enum WorkSession: String, Sendable {
  /// Stages and merges, or takes back.
  case loads = "sluice import"
  /// Helps it: reads what is staged, and tells what a value means.
  case helps = "sluice arbiter"

  /// The name of a session that works under a lease.
  public func name(under lease: Lease) -> String { "\(rawValue) \(lease.id)" }
}
