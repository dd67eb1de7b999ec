/// Decides for a pool of connections: events go in, actions come out, nothing is done here.
///
/// Connections and waiters are numbers. Waiters are served in the order in which they came; of the
/// idle connections the one used last is lent first, so that the others can grow old and be closed.
struct PoolStateMachine {
  typealias Instant = ContinuousClock.Instant

  enum Action: Equatable {
    /// Open a connection of this number, then report `opened` or `openingFailed`.
    case open(Int)
    /// Give the connection to the waiter; with `check`, who gets it makes sure first that it lives.
    case lend(connection: Int, waiter: Int, check: Bool)
    case fail(waiter: Int, Failure)
    case discard(Int)
  }

  enum Failure: Equatable {
    case timedOut
    case closed
    /// The opening that was made on behalf of this waiter failed; its error is the waiter's.
    case openingFailed
  }

  private struct Idle {
    let connection: Int
    let since: Instant
  }

  private let limit: Int
  private let maxIdle: Duration
  private let kept: Int
  private let checkAfter: Duration
  private var lastConnection = 0
  private var opening: Set<Int> = []
  private var lent: Set<Int> = []
  private var idle: [Idle] = []
  private var waiting: [Int] = []
  private(set) var isClosed = false

  /// - Parameter kept: so many idle connections stay, however old they grow.
  init(limit: Int, maxIdle: Duration, kept: Int = 0, checkAfter: Duration = .seconds(5)) {
    precondition(limit > 0, "a pool needs room for a connection")
    self.limit = limit
    self.maxIdle = maxIdle
    self.kept = kept
    self.checkAfter = checkAfter
  }

  /// True after `close` when nothing is left to wait for.
  var isDrained: Bool { isClosed && opening.isEmpty && lent.isEmpty && idle.isEmpty }

  /// When the oldest idle connection has to be closed; nil where none has to.
  var nextExpiry: Instant? { idle.dropLast(kept).first.map { $0.since + maxIdle } }

  /// Somebody wants a connection.
  ///
  /// - Parameter first: true for one who had a turn already and got a dead connection.
  mutating func request(_ waiter: Int, first: Bool = false, at now: Instant) -> [Action] {
    guard !isClosed else { return [.fail(waiter: waiter, .closed)] }
    waiting.insert(waiter, at: first ? 0 : waiting.count)
    return serve(at: now)
  }

  /// A waiter has waited for long enough.
  mutating func timeOut(_ waiter: Int) -> [Action] {
    forget(waiter) ? [.fail(waiter: waiter, .timedOut)] : []
  }

  /// A waiter has left.
  ///
  /// - Returns: false if it was not waiting any more.
  mutating func forget(_ waiter: Int) -> Bool {
    guard let place = waiting.firstIndex(of: waiter) else { return false }
    waiting.remove(at: place)
    return true
  }

  mutating func opened(_ connection: Int, at now: Instant) -> [Action] {
    opening.remove(connection)
    return take(connection, at: now)
  }

  /// The first waiter learns of it; for the others another attempt is made.
  mutating func openingFailed(_ connection: Int, at now: Instant) -> [Action] {
    opening.remove(connection)
    guard !waiting.isEmpty else { return [] }
    return [.fail(waiter: waiting.removeFirst(), .openingFailed)] + serve(at: now)
  }

  /// A lent connection comes back.
  mutating func returned(_ connection: Int, usable: Bool, at now: Instant) -> [Action] {
    lent.remove(connection)
    return usable ? take(connection, at: now) : [.discard(connection)] + serve(at: now)
  }

  /// Closes what has been idle for too long.
  mutating func expire(at now: Instant) -> [Action] {
    let old = idle.dropLast(kept).prefix { $0.since + maxIdle <= now }
    idle.removeFirst(old.count)
    return old.map { .discard($0.connection) }
  }

  mutating func close() -> [Action] {
    isClosed = true
    let actions: [Action] =
      waiting.map { .fail(waiter: $0, .closed) } + idle.map { .discard($0.connection) }
    waiting = []
    idle = []
    return actions
  }

  private mutating func take(_ connection: Int, at now: Instant) -> [Action] {
    guard !isClosed else { return [.discard(connection)] }
    idle.append(Idle(connection: connection, since: now))
    return serve(at: now)
  }

  private mutating func serve(at now: Instant) -> [Action] {
    guard !isClosed else { return [] }
    var actions: [Action] = []
    while !waiting.isEmpty, let free = idle.popLast() {
      lent.insert(free.connection)
      actions.append(
        .lend(
          connection: free.connection, waiter: waiting.removeFirst(),
          check: now - free.since > checkAfter))
    }
    while opening.count < waiting.count, opening.count + lent.count + idle.count < limit {
      lastConnection += 1
      opening.insert(lastConnection)
      actions.append(.open(lastConnection))
    }
    return actions
  }
}
