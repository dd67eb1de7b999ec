/// The messages that wait to be sent on one WebSocket: messages in, the next to send out.
///
/// A message may have a key; a newer one with the same key takes its place in the queue, so that a
/// slow reader gets the latest state, in the order in which the keys were first queued. A value
/// without I/O.
struct WebSocketOutbox {
  private struct Entry {
    var text: String
    var key: String?
  }

  /// How many messages may wait.
  let limit: Int
  /// Whether messages are still taken.
  private(set) var isClosed = false
  private var entries: [Entry] = []
  /// Where a key stands: its index in `entries` plus `taken`.
  private var places: [String: Int] = [:]
  /// How many messages have left at the front.
  private var taken = 0

  init(limit: Int) {
    precondition(limit > 0)
    self.limit = limit
  }

  /// Whether nothing waits.
  var isEmpty: Bool { entries.isEmpty }

  /// How many messages wait.
  var count: Int { entries.count }

  /// Queues a message, or replaces the waiting one of the same key.
  mutating func put(_ text: String, replacing key: String?) -> WebSocketSendOutcome {
    if isClosed { return .closed }
    if let key, let place = places[key] {
      entries[place - taken].text = text
      return .replaced
    }
    if entries.count < limit {
      append(text, key)
      return .queued
    }
    guard let dropped = dropOldestKeyed() else {
      discard()
      return .overflow
    }
    append(text, key)
    return .queuedDropping(key: dropped)
  }

  /// Takes the message that is to be sent next.
  mutating func next() -> String? {
    guard !entries.isEmpty else { return nil }
    let entry = entries.removeFirst()
    taken += 1
    if let key = entry.key { places[key] = nil }
    return entry.text
  }

  /// Takes no more messages; those that wait may still be sent.
  mutating func close() {
    isClosed = true
  }

  /// Takes no more messages, and forgets those that wait.
  mutating func discard() {
    isClosed = true
    entries = []
    places = [:]
  }

  private mutating func append(_ text: String, _ key: String?) {
    if let key { places[key] = taken + entries.count }
    entries.append(Entry(text: text, key: key))
  }

  private mutating func dropOldestKeyed() -> String? {
    guard let index = entries.firstIndex(where: { $0.key != nil }) else { return nil }
    let key = entries.remove(at: index).key
    if let key { places[key] = nil }
    for later in index..<entries.count {
      if let key = entries[later].key { places[key] = taken + later }
    }
    return key
  }
}

/// What became of a message given to `WebSocketConnection.send`.
public enum WebSocketSendOutcome: Sendable, Equatable {
  /// It waits behind the others.
  case queued
  /// It took the place of the waiting message with its key.
  case replaced
  /// It waits; to make room, the oldest message that had a key was dropped: this is that key.
  ///
  /// Whoever promises the last state of each key sends that key again later.
  case queuedDropping(key: String)
  /// There was no room, and nothing to drop: the socket closes with 1013.
  case overflow
  /// The socket is closing or closed; the message is gone.
  case closed
}
