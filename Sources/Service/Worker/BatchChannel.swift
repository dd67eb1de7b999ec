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
    var consumer: Waiting<CheckedContinuation<EncodedBatch?, any Error>>?
    var producer: Waiting<CheckedContinuation<Bool, Never>>?
  }

  /// Who waits, and the note of it.
  private struct Waiting<Continuation: Sendable>: Sendable {
    let continuation: Continuation
    let wait: ProfileRecorder.Wait
  }

  private let capacity: Int
  private let profile: ProfileRecorder
  private let state = Mutex(State())

  /// - Parameter profile: where waiting is noted: of COPY for tuples, and of encoding for COPY.
  init(capacity: Int, profile: ProfileRecorder = ProfileRecorder()) {
    self.capacity = capacity
    self.profile = profile
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
        case deliver(Waiting<CheckedContinuation<EncodedBatch?, any Error>>)
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
        state.producer = Waiting(
          continuation: continuation, wait: profile.beginWaiting(.encode, for: .copy))
        return .wait
      }
      switch then {
      case .deliver(let consumer):
        profile.end(consumer.wait)
        consumer.continuation.resume(returning: batch)
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
    guard let consumer else { return }
    profile.end(consumer.wait)
    consumer.continuation.resume(with: end.map { nil })
  }

  /// The next batch, or nil behind the last one.
  func next() async throws -> EncodedBatch? {
    try await withCheckedThrowingContinuation { continuation in
      var producer: Waiting<CheckedContinuation<Bool, Never>>?
      let now: Result<EncodedBatch?, any Error>? = state.withLock { state in
        if !state.ready.isEmpty {
          producer = state.producer
          state.producer = nil
          return .success(state.ready.removeFirst())
        }
        if let end = state.end { return end.map { nil } }
        state.consumer = Waiting(
          continuation: continuation, wait: profile.beginWaiting(.copy, for: .encode))
        return nil
      }
      resume(producer, wanted: true)
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
    resume(producer, wanted: false)
  }

  private func resume(_ producer: Waiting<CheckedContinuation<Bool, Never>>?, wanted: Bool) {
    guard let producer else { return }
    profile.end(producer.wait)
    producer.continuation.resume(returning: wanted)
  }
}
