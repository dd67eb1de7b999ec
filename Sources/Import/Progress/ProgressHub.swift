public import ImportModel
public import Postgres
public import Telemetry

/// Hears the notices of all workers, reads what they are about, and tells the clients of this server.
///
/// However many clients there are, an import is read once a notice, together with all others that were
/// noticed meanwhile.
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
  /// Ten messages a second an import at the most: contract, section 3.
  private static let pace: Duration = .milliseconds(100)
  private static let pollInterval: Duration = .seconds(1)

  private let snapshots: ImportSnapshots
  private let listener: PostgresListener
  private let logger: Logger
  private let clock = ContinuousClock()
  private let origin: ContinuousClock.Instant
  private let epoch: String
  private let noticeLag: Histogram
  private var ledger = ProgressLedger()
  private var subscribers: [SubscriberID: Subscriber] = [:]
  private var nextNumber = 0
  private var noticed: Set<ImportID> = []

  /// Makes a hub that listens on a connection of its own.
  public init(
    pool: PostgresPool, configuration: PostgresConfiguration, logger: Logger, metrics: Metrics
  ) {
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
        if let id = ImportID(notification.payload) { noticed.insert(id) }
      case .connected:
        // What was said while nobody listened is read again.
        noticed.formUnion(ledger.quiet(since: .infinity, limit: ProgressHub.subscriptionLimit))
      case .disconnected(let reason):
        logger.warning("progress listener disconnected", ["reason": "\(reason)"])
      }
    }
  }

  private func tell() async {
    var polledAt = clock.now
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: ProgressHub.pace)
        try await tellNoticed()
        if clock.now - polledAt >= ProgressHub.pollInterval {
          polledAt = clock.now
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
    guard !noticed.isEmpty else { return }
    let begun = clock.now
    let ids = Array(noticed.prefix(ProgressHub.subscriptionLimit))
    noticed.subtract(ids)
    do {
      for record in try await snapshots.some(ids) { try broadcast(record, evenIfSame: true) }
    } catch {
      noticed.formUnion(ids)
      throw error
    }
    noticeLag.observe((clock.now - begun) / .seconds(1))
  }

  /// Looks after imports of which nothing was heard for two seconds: a notice may be lost with its
  /// sender.
  private func tellQuiet() async throws {
    let ids = ledger.quiet(since: now - 2, limit: ProgressHub.subscriptionLimit)
    for record in try await snapshots.some(ids) { try broadcast(record, evenIfSame: false) }
  }
}
