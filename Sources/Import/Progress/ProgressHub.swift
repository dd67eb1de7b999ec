public import ImportModel
public import Postgres
public import Telemetry

/// Hears the notices of all workers, reads what they are about, and tells the clients of this server.
///
/// However many clients there are, an import is read once a notice, together with all others that were
/// noticed meanwhile: at once where a client waits for it, with the next tick where nobody does.
public actor ProgressHub {
  /// Names a client.
  public struct SubscriberID: Hashable, Sendable {
    let number: Int
  }

  private struct Subscriber {
    let deliver: @Sendable (ProgressMessage) -> Void
    var all = false
    var imports: Set<ImportID> = []

    func wants(_ id: ImportID) -> Bool { all || imports.contains(id) }
  }

  /// Most imports that one client may name.
  public static let subscriptionLimit = 1000
  private static let pollInterval: Duration = .seconds(1)

  private let snapshots: ImportSnapshots
  private let listener: PostgresListener
  private let logger: Logger
  private let clock = ContinuousClock()
  private let origin: ContinuousClock.Instant
  private let epoch: String
  private let noticeLag: Histogram
  private let wakes: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation
  private let tick: Duration
  private var ledger = ProgressLedger()
  // Ten messages a second an import at the most: contract, section 3.
  private var pace = MessagePace(limit: 10)
  private var subscribers: [SubscriberID: Subscriber] = [:]
  private var nextNumber = 0
  /// What is still to be told of, and since when.
  private var noticed: [ImportID: ContinuousClock.Instant] = [:]

  /// Makes a hub that listens on a connection of its own.
  ///
  /// - Parameter tick: after which it looks at what could not be told at once.
  public init(
    pool: PostgresPool, configuration: PostgresConfiguration, logger: Logger, metrics: Metrics,
    tick: Duration = .milliseconds(100)
  ) {
    self.tick = tick
    (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    snapshots = ImportSnapshots(pool: pool)
    listener = PostgresListener(
      configuration: configuration, channels: [ProgressPublisher.channel], logger: logger)
    self.logger = logger
    origin = clock.now
    epoch = ImportID().description
    noticeLag = metrics.histogram(
      "sluice_notify_lag_seconds", help: "From a notice to the message that tells of it.",
      buckets: Histogram.secondsBuckets)
  }

  /// Whether notices arrive.
  public nonisolated var isListening: Bool { listener.isConnected }

  /// Listens and tells until the task is cancelled.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.listener.run() }
      group.addTask { await self.hear() }
      group.addTask { await self.beat() }
      group.addTask { await self.tell() }
      await group.next()
      group.cancelAll()
      await listener.stop()
    }
  }

  /// Adds a client that wants nothing yet.
  ///
  /// - Parameter deliver: must not block.
  public func add(_ deliver: @escaping @Sendable (ProgressMessage) -> Void) -> SubscriberID {
    nextNumber += 1
    let id = SubscriberID(number: nextNumber)
    subscribers[id] = Subscriber(deliver: deliver)
    return id
  }

  /// Forgets a client.
  public func remove(_ id: SubscriberID) {
    subscribers[id] = nil
  }

  /// Tells a client of some imports from now on, beginning with how each stands.
  ///
  /// - Parameter since: what the client has seen last; what it has seen is not told again.
  /// - Returns: the ids that do not exist.
  public func subscribe(
    _ id: SubscriberID, to imports: [ImportID], since: ProgressCursor?
  ) async throws -> [ImportID] {
    let records = try await snapshots.some(imports)
    subscribers[id]?.imports.formUnion(records.map(\.id))
    try introduce(records, to: id, since: since)
    let known = Set(records.map(\.id))
    return imports.filter { !known.contains($0) }
  }

  /// Tells a client of all imports from now on, beginning with how those that wait or run stand.
  public func subscribeToAll(_ id: SubscriberID, since: ProgressCursor?) async throws {
    let records = try await snapshots.active(limit: ProgressHub.subscriptionLimit)
    subscribers[id]?.all = true
    try introduce(records, to: id, since: since)
  }

  /// Tells a client no more of some imports.
  public func unsubscribe(_ id: SubscriberID, from imports: [ImportID]) {
    subscribers[id]?.imports.subtract(imports)
  }

  private var now: Double { (clock.now - origin) / .seconds(1) }

  private func introduce(
    _ records: [ImportRecord], to id: SubscriberID, since: ProgressCursor?
  ) throws {
    for record in records {
      // Whoever listens already hears of it first: nobody is ever told an older state after a newer one.
      try broadcast(record, evenIfSame: false, except: id)
      guard let subscriber = subscribers[id] else { return }
      // What was told while this record was on its way is newer than it.
      let last = ledger.last(of: record.id)
      let newest = last.map { $0.record.asOf > record.asOf ? $0.record : record } ?? record
      let seq = last?.seq ?? ledger.seq
      if let since, since.epoch == epoch, since.seq >= seq { continue }
      let cursor = ProgressCursor(epoch: epoch, seq: seq)
      subscriber.deliver(try ProgressMessage(.snapshot, newest, at: cursor))
    }
  }

  private func broadcast(
    _ record: ImportRecord, evenIfSame: Bool, except excluded: SubscriberID? = nil
  ) throws {
    let pending = ledger.note(record, evenIfSame: evenIfSame, now: now)
    if pending.isEmpty { ledger.touch(record.id, now: now) }
    let audience = subscribers.filter { $0.key != excluded && $0.value.wants(record.id) }
    guard !audience.isEmpty else { return }
    for (record, seq) in pending {
      let cursor = ProgressCursor(epoch: epoch, seq: seq)
      let message = try ProgressMessage(.progress, record, at: cursor)
      for subscriber in audience.values { subscriber.deliver(message) }
    }
  }

  private func hear() async {
    for await event in listener.events() {
      switch event {
      case .notification(let notification):
        guard let id = ImportID(notification.payload) else { continue }
        note([id])
        if subscribers.values.contains(where: { $0.wants(id) }) { wake.yield() }
      case .connected:
        // What was said while nobody listened is read again.
        note(ledger.quiet(since: .infinity, limit: ProgressHub.subscriptionLimit))
      case .disconnected(let reason):
        logger.warning("progress listener disconnected", ["reason": "\(reason)"])
      }
    }
  }

  private func note(_ ids: [ImportID]) {
    let now = clock.now
    for id in ids where noticed[id] == nil { noticed[id] = now }
  }

  private func beat() async {
    do {
      while true {
        try await Task.sleep(for: tick)
        wake.yield()
      }
    } catch {
      // Called off: whoever waits for the next wake is as well.
      return
    }
  }

  private func tell() async {
    var polledAt = clock.now
    for await _ in wakes {
      do {
        try await tellNoticed()
        if clock.now - polledAt >= ProgressHub.pollInterval {
          polledAt = clock.now
          pace.forgetQuiet(now: now)
          try await tellQuiet()
        }
      } catch is CancellationError {
        return
      } catch {
        logger.warning("progress could not be read", ["error": "\(error)"])
        do { try await Task.sleep(for: .seconds(1)) } catch { return }
      }
    }
  }

  private func tellNoticed() async throws {
    var due: [ImportID: ContinuousClock.Instant] = [:]
    for (id, since) in noticed where due.count < ProgressHub.subscriptionLimit {
      if pace.allows(id, now: now) { due[id] = since }
    }
    guard !due.isEmpty else { return }
    for id in due.keys { noticed[id] = nil }
    do {
      for record in try await snapshots.some(Array(due.keys)) {
        try broadcast(record, evenIfSame: true)
      }
    } catch {
      noticed.merge(due) { _, earlier in earlier }
      throw error
    }
    let told = clock.now
    for since in due.values { noticeLag.observe((told - since) / .seconds(1)) }
  }

  /// Looks after imports of which nothing was heard for two seconds: a notice may be lost with its
  /// sender.
  private func tellQuiet() async throws {
    let ids = ledger.quiet(since: now - 2, limit: ProgressHub.subscriptionLimit)
    for record in try await snapshots.some(ids) { try broadcast(record, evenIfSame: false) }
  }
}
