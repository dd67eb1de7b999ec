/// The states of an import, and the ways between them: contract, section 2.
public enum ImportState: String, Sendable, Codable, CaseIterable {
  /// Its bytes are durable; it waits for a worker or for its target.
  case queued
  /// Rows are read, validated and copied into staging.
  case parsing
  /// The whole file is in staging, and all rejects of its values are known.
  case validated
  /// Staging is merged into the target, inside one transaction.
  case loading
  /// The last checks, and the commit.
  case finalizing
  /// The target holds the rows.
  case done
  /// It ended without changing the target.
  case failed
  /// It was called off; the target is as it was.
  case cancelled
  /// It was taken back: the target is as it was, but for rows that were changed since.
  case undone

  /// Whether nothing moves any more unless somebody asks for it.
  public var isTerminal: Bool {
    switch self {
    case .done, .failed, .cancelled, .undone: true
    case .queued, .parsing, .validated, .loading, .finalizing: false
    }
  }

  /// The states in which a worker holds a lease.
  public static let running: [ImportState] = [.parsing, .validated, .loading, .finalizing]

  /// Whether an import may go from this state to another one.
  ///
  /// A worker that takes over from one that died begins at `parsing` again, whatever state was reached:
  /// the ledger says how far it may jump ahead.
  public func canMove(to next: ImportState) -> Bool {
    switch (self, next) {
    case (.queued, .parsing), (.parsing, .validated), (.validated, .loading),
      (.loading, .finalizing), (.finalizing, .done):
      true
    // What ended early may have batches that are in.
    case (.done, .undone), (.failed, .undone), (.cancelled, .undone): true
    case (.parsing, .parsing), (.validated, .parsing), (.loading, .parsing),
      (.finalizing, .parsing):
      true
    case (.parsing, .queued), (.validated, .queued), (.loading, .queued), (.finalizing, .queued):
      true
    case (.done, _), (.failed, _), (.cancelled, _), (.undone, _): false
    case (_, .failed), (_, .cancelled): true
    default: false
    }
  }
}
