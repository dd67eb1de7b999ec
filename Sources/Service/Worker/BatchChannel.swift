import ImportModel
import Synchronization

/// Hands batches from the thread that makes them to the task that stages them: invariant 9.
///
/// It holds `capacity` batches; whoever is ahead of the other waits. Emptied batches travel back, so that
/// their memory is used again.
final class BatchChannel: Sendable {
  private struct State {
    var ready: [EncodedBatch] = []
    var empty: [EncodedBatch] = []
    var end: Result<Void, any Error>?
    var closed = false
    var consumer: CheckedContinuation<EncodedBatch?, any Error>?
    var producer: CheckedContinuation<Bool, Never>?
  }

  private let capacity: Int
  private let state = Mutex(State())

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// An empty batch to fill.
  func vacant() -> EncodedBatch {
    state.withLock { $0.empty.popLast() } ?? EncodedBatch()
  }

  /// Gives an emptied batch back.
  func recycle(_ batch: EncodedBatch) {
    state.withLock { if $0.empty.count < capacity { $0.empty.append(batch) } }
  }

  /// Hands a batch over, waiting while there is no room.
  ///
  /// - Returns: whether anybody still wants batches.
  func send(_ batch: EncodedBatch) async -> Bool {
    await withCheckedContinuation { continuation in
      enum Then {
        case deliver(CheckedContinuation<EncodedBatch?, any Error>)
        case go(Bool)
        case wait
      }
      let then: Then = state.withLock { state in
        if state.closed { return .go(false) }
        if let consumer = state.consumer {
          state.consumer = nil
          return .deliver(consumer)
        }
        state.ready.append(batch)
        if state.ready.count < capacity { return .go(true) }
        state.producer = continuation
        return .wait
      }
      switch then {
      case .deliver(let consumer):
        consumer.resume(returning: batch)
        continuation.resume(returning: true)
      case .go(let wanted): continuation.resume(returning: wanted)
      case .wait: break
      }
    }
  }

  /// Says that there are no more batches, or why.
  func finish(_ end: Result<Void, any Error>) {
    let consumer = state.withLock { state in
      state.end = end
      defer { state.consumer = nil }
      return state.consumer
    }
    consumer?.resume(with: end.map { nil })
  }

  /// The next batch, or nil behind the last one.
  func next() async throws -> EncodedBatch? {
    try await withCheckedThrowingContinuation { continuation in
      var producer: CheckedContinuation<Bool, Never>?
      let now: Result<EncodedBatch?, any Error>? = state.withLock { state in
        if !state.ready.isEmpty {
          producer = state.producer
          state.producer = nil
          return .success(state.ready.removeFirst())
        }
        if let end = state.end { return end.map { nil } }
        state.consumer = continuation
        return nil
      }
      producer?.resume(returning: true)
      if let now { continuation.resume(with: now) }
    }
  }

  /// Says that no more batches are wanted.
  func close() {
    let producer = state.withLock { state in
      state.closed = true
      state.ready.removeAll()
      defer { state.producer = nil }
      return state.producer
    }
    producer?.resume(returning: false)
  }
}
