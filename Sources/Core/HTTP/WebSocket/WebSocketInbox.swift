import Synchronization

/// The messages of one client that wait for the handler.
///
/// The epoll thread puts, one task takes. `isFull` tells the epoll thread to stop reading; `onRoom`
/// tells it to go on.
final class WebSocketInbox: Sendable {
  private struct State {
    var texts: [String] = []
    var ended = false
    /// Whether the epoll thread was told to wait.
    var paused = false
    var waiter: CheckedContinuation<String?, Never>?
  }

  private let limit: Int
  private let onRoom: @Sendable () -> Void
  private let state = Mutex(State())

  init(limit: Int, onRoom: @escaping @Sendable () -> Void) {
    precondition(limit > 0)
    self.limit = limit
    self.onRoom = onRoom
  }

  /// Adds a message. What comes after the end is dropped.
  func put(_ text: String) {
    let waiter = state.withLock { state -> CheckedContinuation<String?, Never>? in
      if state.ended { return nil }
      if let waiter = state.waiter {
        state.waiter = nil
        return waiter
      }
      state.texts.append(text)
      return nil
    }
    waiter?.resume(returning: text)
  }

  /// Whether reading has to wait; if so, `onRoom` is called when half of the messages were taken.
  func pauseIfFull() -> Bool {
    state.withLock { state in
      state.paused = !state.ended && (state.paused || state.texts.count >= limit)
      return state.paused
    }
  }

  /// No more messages come; those that wait may still be taken.
  func end() {
    let waiter = state.withLock { state in
      state.ended = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: nil)
  }

  /// The next message; nil at the end, and when the waiting task is cancelled.
  func next() async -> String? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { wait($0) }
    } onCancel: {
      cancelWaiter()
    }
  }

  private enum Step {
    case give(String?, room: Bool)
    case wait
  }

  private func wait(_ continuation: CheckedContinuation<String?, Never>) {
    let cancelled = Task.isCancelled
    let step = state.withLock { state -> Step in
      if !state.texts.isEmpty {
        let text = state.texts.removeFirst()
        let room = state.paused && state.texts.count <= limit / 2
        if room { state.paused = false }
        return .give(text, room: room)
      }
      if state.ended || cancelled { return .give(nil, room: false) }
      precondition(state.waiter == nil, "the messages of a WebSocket have one reader")
      state.waiter = continuation
      return .wait
    }
    guard case .give(let text, let room) = step else {
      // Cancelled between the look at `isCancelled` and the wait: the handler found no waiter.
      if Task.isCancelled { cancelWaiter() }
      return
    }
    continuation.resume(returning: text)
    if room { onRoom() }
  }

  private func cancelWaiter() {
    let waiter = state.withLock { state in
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: nil)
  }
}

/// The text messages from a client, in order; for one reader.
///
/// Ends when the socket closes, by either side, and for a cancelled task.
public struct WebSocketMessages: AsyncSequence, Sendable {
  /// One message: valid UTF-8, put together from its fragments.
  public typealias Element = String

  let inbox: WebSocketInbox

  /// Starts to read, at the first message that nobody has taken.
  public func makeAsyncIterator() -> Iterator {
    Iterator(inbox: inbox)
  }

  /// The place in the messages.
  public struct Iterator: AsyncIteratorProtocol {
    let inbox: WebSocketInbox

    /// The next message, or nil at the end.
    public mutating func next() async -> String? {
      await inbox.next()
    }
  }
}
