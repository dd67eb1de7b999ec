import CrashPoints
public import Telemetry

/// A bounded set of connections that are lent to one task at a time.
///
/// Waiters are served in the order in which they came. A connection that was idle for more than 5 s
/// is checked before it is lent, and reset after use (see `PostgresConnection.reset`). All decisions
/// are made by `PoolStateMachine`.
public actor PostgresPool {
  private struct Lease {
    let number: Int
    let connection: PostgresConnection
    let needsCheck: Bool
  }

  private let configuration: PostgresConfiguration
  private let waitTimeout: Duration
  private let logger: Logger
  private let observer: @Sendable (Double) -> Void
  private var machine: PoolStateMachine
  private var connections: [Int: PostgresConnection] = [:]
  private var openings: [Int: Task<Void, Never>] = [:]
  private var closings: [Int: Task<Void, Never>] = [:]
  private var waiters: [Int: CheckedContinuation<Lease, any Error>] = [:]
  private var timers: [Int: Task<Void, Never>] = [:]
  private var lastWaiter = 0
  private var sweeper: Task<Void, Never>?
  private var closers: [CheckedContinuation<Void, Never>] = []

  /// Makes a pool without connections: the first one is opened when it is needed.
  ///
  /// - Parameters:
  ///   - limit: connections at most.
  ///   - waitTimeout: how long a caller waits for one.
  ///   - maxIdle: after how long an unused one is closed.
  ///   - kept: so many unused ones stay all the same.
  ///   - name: the label `pool` of the metric `sluice_db_query_seconds`.
  public init(
    configuration: PostgresConfiguration, limit: Int, waitTimeout: Duration = .seconds(10),
    maxIdle: Duration = .seconds(300), kept: Int = 0, logger: Logger, metrics: Metrics,
    name: String
  ) {
    self.configuration = configuration
    self.waitTimeout = waitTimeout
    self.logger = logger.with("pool", name)
    machine = PoolStateMachine(limit: limit, maxIdle: maxIdle, kept: kept)
    let seconds = metrics.histogram(
      "sluice_db_query_seconds", help: "Time that a statement took, in seconds.",
      labels: ["pool"], buckets: Histogram.secondsBuckets)
    observer = { seconds.observe($0, name) }
  }

  /// Lends a connection to the body; it must not be used after the body has returned.
  ///
  /// - Parameter staysAfterErrors: whether a connection whose body has thrown is lent again, once it is reset. That
  ///   waits for the server to answer; where nobody has the time, it is closed.
  /// - Throws: `PostgresError` with code `poolTimeout`, `closed` or `connection`, `CancellationError`,
  ///   or what the body throws.
  public func withConnection<R: Sendable>(
    staysAfterErrors: Bool = true, _ body: @Sendable (PostgresConnection) async throws -> R
  ) async throws -> R {
    let lease = try await acquire()
    do {
      let result = try await body(lease.connection)
      await giveBack(lease)
      return result
    } catch {
      if staysAfterErrors {
        await giveBack(lease)
      } else {
        perform(machine.returned(lease.number, usable: false, at: .now))
      }
      throw error
    }
  }

  /// Runs one statement on a connection of the pool, prepared at its first use there.
  ///
  /// - Parameter file: with `function`, what names the place of its commit, see `CrashPoint`.
  public func query(
    _ sql: String, _ parameters: [PostgresParameter] = [],
    file: StaticString = #fileID, function: StaticString = #function
  ) async throws -> PostgresResult {
    try await withConnection { connection in
      CrashPoint.pass(.before, file, function)
      let result = try await connection.queryCached(sql, parameters)
      CrashPoint.pass(.behind, file, function)
      return result
    }
  }

  /// Refuses new callers, waits for those who have a connection, and closes all.
  public func close() async {
    openings.values.forEach { $0.cancel() }
    perform(machine.close())
    if !machine.isDrained { await withCheckedContinuation { closers.append($0) } }
    for closing in closings.values { await closing.value }
  }

  private func acquire() async throws -> Lease {
    var lease = try await wait(first: false)
    while lease.needsCheck, await !lease.connection.isAlive() {
      perform(machine.returned(lease.number, usable: false, at: .now))
      lease = try await wait(first: true)
    }
    return lease
  }

  private func giveBack(_ lease: Lease) async {
    let usable = await lease.connection.reset()
    perform(machine.returned(lease.number, usable: usable, at: .now))
  }
}

extension PostgresPool {
  private func wait(first: Bool) async throws -> Lease {
    lastWaiter += 1
    let waiter = lastWaiter
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
        waiters[waiter] = continuation
        perform(machine.request(waiter, first: first, at: .now))
        if waiters[waiter] != nil { startTimer(waiter) }
      }
    } onCancel: {
      Task { await self.abandon(waiter) }
    }
  }

  private func startTimer(_ waiter: Int) {
    timers[waiter] = Task { [waitTimeout] in
      do {
        try await Task.sleep(for: waitTimeout)
      } catch {
        return  // Cancelled: the waiter has been served.
      }
      perform(machine.timeOut(waiter))
    }
  }

  private func abandon(_ waiter: Int) {
    // One that has been served already finds out by its first statement.
    if machine.forget(waiter) { finish(waiter, .failure(CancellationError())) }
  }

  private func finish(_ waiter: Int, _ result: Result<Lease, any Error>) {
    timers.removeValue(forKey: waiter)?.cancel()
    waiters.removeValue(forKey: waiter)?.resume(with: result)
  }

  private func perform(_ actions: [PoolStateMachine.Action], openingError: (any Error)? = nil) {
    for action in actions {
      switch action {
      case .open(let number):
        openings[number] = Task { await open(number) }
      case .lend(let number, let waiter, let check):
        guard let connection = connections[number] else {
          preconditionFailure("the state machine lent a connection that is not there")
        }
        let lease = Lease(number: number, connection: connection, needsCheck: check)
        finish(waiter, .success(lease))
      case .fail(let waiter, let failure):
        finish(waiter, .failure(Self.error(failure, openingError)))
      case .discard(let number):
        discard(number)
      }
    }
    scheduleSweep()
    if machine.isDrained {
      closers.forEach { $0.resume() }
      closers = []
    }
  }

  private func open(_ number: Int) async {
    defer { openings[number] = nil }
    do {
      connections[number] = try await PostgresConnection.connect(
        configuration, logger: logger, observer: observer)
      perform(machine.opened(number, at: .now))
    } catch {
      logger.warning("no connection to the database", ["error": String(reflecting: error)])
      perform(machine.openingFailed(number, at: .now), openingError: error)
    }
  }

  private func discard(_ number: Int) {
    guard let connection = connections.removeValue(forKey: number) else { return }
    closings[number] = Task {
      await connection.close()
      closings[number] = nil
    }
  }

  private func scheduleSweep() {
    if machine.isClosed {
      sweeper?.cancel()
      sweeper = nil
    }
    guard sweeper == nil, let time = machine.nextExpiry else { return }
    sweeper = Task { [weak self] in
      do {
        try await Task.sleep(until: time)
      } catch {
        return  // Cancelled: the pool is closed.
      }
      await self?.sweep()
    }
  }

  private func sweep() {
    sweeper = nil
    perform(machine.expire(at: .now))
  }

  private static func error(
    _ failure: PoolStateMachine.Failure, _ openingError: (any Error)?
  ) -> any Error {
    switch failure {
    case .timedOut:
      PostgresError(code: .poolTimeout, message: "no database connection became free in time")
    case .closed: PostgresError(code: .closed, message: "the connection pool is closed")
    case .openingFailed:
      openingError ?? PostgresError(code: .connection, message: "no connection could be opened")
    }
  }
}
