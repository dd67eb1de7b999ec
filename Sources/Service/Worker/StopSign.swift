import Synchronization

/// Asks the imports of a worker to stop where nothing is lost: behind a chunk or a batch that is in.
final class StopSign: Sendable {
  private let isRaised = Atomic(false)

  /// From here on `check` throws.
  func raise() { isRaised.store(true, ordering: .releasing) }

  /// - Throws: `CancellationError` where the worker is to stop: the import is handed back.
  func check() throws {
    if isRaised.load(ordering: .acquiring) { throw CancellationError() }
  }
}
