import Synchronization

/// Asks the imports of a worker to stop where nothing is lost: behind a chunk or a batch that is in.
final class StopSign: Sendable {
  private let raised = Atomic(false)

  var isRaised: Bool { raised.load(ordering: .acquiring) }

  /// From here on `check` throws.
  func raise() { raised.store(true, ordering: .releasing) }

  /// - Throws: `CancellationError` where the worker is to stop: the import is handed back.
  func check() throws {
    if isRaised { throw CancellationError() }
  }
}
