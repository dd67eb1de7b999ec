import ImportModel
import Queue
import Telemetry

/// Keeps a lease while work is under way, and says when that has to end.
struct LeaseBeat: Sendable {
  /// Why work is broken off, when it is not by an error of its own.
  enum Interruption: Sendable {
    case cancelRequested, leaseLost
  }

  let lease: Lease
  let queue: ImportQueue
  /// How long the lease holds without a heartbeat; they come six times as often.
  let seconds: Int
  let logger: Logger

  /// Beats until the task is cancelled, or until there is a reason to break off.
  func run(_ interrupt: @escaping @Sendable (Interruption) -> Void) async {
    let clock = ContinuousClock()
    var heldUntil = clock.now + .seconds(seconds)
    while !Task.isCancelled {
      do {
        let asked = clock.now
        switch try await ask(or: interrupt) {
        case .held: heldUntil = asked + .seconds(seconds)
        case .cancelRequested: return interrupt(.cancelRequested)
        case .lost: return interrupt(.leaseLost)
        }
      } catch is CancellationError {
        return
      } catch {
        logger.warning("heartbeat failed", ["error": "\(error)"])
      }
      if clock.now >= heldUntil { return interrupt(.leaseLost) }
      do {
        try await Task.sleep(for: .seconds(Double(seconds) / 6))
      } catch {
        return
      }
    }
  }

  /// One heartbeat; one that gets no answer for as long as the lease holds is none.
  private func ask(
    or interrupt: @escaping @Sendable (Interruption) -> Void
  ) async throws -> ImportQueue.Heartbeat {
    let watch = Task {
      try await Task.sleep(for: .seconds(seconds))
      interrupt(.leaseLost)
    }
    defer { watch.cancel() }
    return try await queue.heartbeat(lease, seconds: seconds)
  }
}
