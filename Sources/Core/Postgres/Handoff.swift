import Synchronization

/// Hands the outcome of work on another thread to one waiter, who may leave before it comes.
final class Handoff<Value: Sendable>: Sendable {
  private enum State {
    case open
    case waiting(CheckedContinuation<Value, any Error>)
    case finished(Result<Value, any Error>)
    case over
  }

  private let state = Mutex(State.open)

  /// Gives the outcome; if the waiter has left, it is dropped.
  func finish(_ result: Result<Value, any Error>) {
    let waiter: CheckedContinuation<Value, any Error>? = state.withLock { state in
      switch state {
      case .open:
        state = .finished(result)
        return nil
      case .waiting(let continuation):
        state = .over
        return continuation
      case .finished, .over:
        return nil
      }
    }
    waiter?.resume(with: result)
  }

  /// Waits for the outcome; throws `CancellationError` at once if the task is cancelled.
  func value() async throws -> Value {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let ready: Result<Value, any Error>? = state.withLock { state in
          guard case .finished(let result) = state else {
            state = .waiting(continuation)
            return nil
          }
          state = .over
          return result
        }
        if let ready { continuation.resume(with: ready) }
      }
    } onCancel: {
      finish(.failure(CancellationError()))
    }
  }
}
