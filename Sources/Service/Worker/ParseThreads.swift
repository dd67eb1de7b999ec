import Synchronization
import Threading

/// Threads that read, validate and encode, and wait for the next import when one has ended: what it has freed is at
/// hand in their heaps (`Heap`).
final class ParseThreads: Sendable {
  private let idle = Mutex<[ThreadExecutor]>([])

  /// A thread that nobody else uses.
  func take() -> ThreadExecutor {
    idle.withLock { $0.popLast() } ?? ThreadExecutor(name: "parse")
  }

  /// Keeps it for the next import; nothing runs on it any more.
  func giveBack(_ thread: ThreadExecutor) {
    idle.withLock { $0.append(thread) }
  }
}
