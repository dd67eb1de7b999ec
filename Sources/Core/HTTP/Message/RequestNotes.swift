import Synchronization

/// What a handler wants to stand in the request's line of the access log; shared by all copies of the
/// request.
public final class RequestNotes: Sendable {
  /// Further ones are left out.
  private static let limit = 8

  private let notes = Mutex<[(String, String)]>([])

  /// Makes notes without any.
  public init() {}

  /// Adds a field, or replaces the one of that name.
  ///
  /// - Parameter value: short, and nothing that must be kept secret.
  public func set(_ name: String, _ value: String) {
    notes.withLock { notes in
      notes.removeAll { $0.0 == name }
      if notes.count < Self.limit { notes.append((name, value)) }
    }
  }

  /// The fields, in the order in which they came.
  public var fields: [(String, String)] { notes.withLock { $0 } }
}
