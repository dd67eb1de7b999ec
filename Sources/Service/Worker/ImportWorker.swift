import ImportModel
import Postgres
import Progress
import Queue
import Telemetry

/// Claims imports and runs them, a few at once, until it is told to stop.
public actor ImportWorker {
  private let configuration: WorkerConfiguration
  private let services: WorkerServices
  private let listener: PostgresListener
  private let wakes: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation
  private var running: [Lease: Task<Void, Never>] = [:]
  private let stopSign = StopSign()

  /// A worker that does nothing yet.
  public init(configuration: WorkerConfiguration, services: WorkerServices) {
    self.configuration = configuration
    self.services = services
    listener = PostgresListener(
      configuration: services.database, channels: [ImportQueue.channel], logger: services.logger)
    (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Has its sessions look at the catalog, so that the first import does not wait for them; nothing depends on it.
  public func warmUp() async {
    await WarmUp(services: services).run()
  }

  /// Works until `stop` is called or the task is cancelled.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.listener.run() }
      group.addTask { await self.listen() }
      group.addTask { await self.poll() }
      group.addTask { await self.services.publisher.run() }
      wake.yield()
      for await _ in wakes {
        if stopSign.isRaised { break }
        await claimWhatFits()
      }
      await waitForChunks()
      for task in running.values { task.cancel() }
      for task in running.values { await task.value }
      await listener.stop()
      await services.sessions.close()
      group.cancelAll()
    }
  }

  /// Ends the work: nothing more is claimed, and running imports are handed back, to go on elsewhere behind the
  /// chunk or the batch at hand, if that ends within `WorkerConfiguration.stopGrace`.
  public func stop() {
    stopSign.raise()
    wake.yield()
  }

  /// Waits until the running imports have come to a place where they can stop, or the grace is over.
  private func waitForChunks() async {
    let clock = ContinuousClock()
    let end = clock.now + configuration.stopGrace
    let alarm = Task {
      do { try await clock.sleep(until: end) } catch { return }
      wake.yield()
    }
    defer { alarm.cancel() }
    var wakes = wakes.makeAsyncIterator()
    while !running.isEmpty, clock.now < end {
      // Cancelled: nobody waits for chunks.
      guard await wakes.next() != nil else { return }
    }
  }

  private func listen() async {
    for await event in listener.events() {
      switch event {
      case .connected, .notification: wake.yield()
      case .disconnected(let reason):
        services.logger.warning("queue listener disconnected", ["reason": "\(reason)"])
      }
    }
  }

  /// Looks at the queue now and then, at random intervals so that many workers do not look at once.
  private func poll() async {
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: configuration.pollInterval * Double.random(in: 0.5...1))
      } catch {
        wake.finish()
        return
      }
      wake.yield()
    }
  }

  private func claimWhatFits() async {
    do {
      while running.count < configuration.concurrency, !stopSign.isRaised,
        let claimed = try await services.queue.claim(
          worker: configuration.name, leaseSeconds: configuration.leaseSeconds)
      {
        begin(claimed)
      }
    } catch {
      // The database is away for now; the poll comes back.
      services.logger.warning("the queue could not be read", ["error": "\(error)"])
    }
  }

  private func begin(_ claimed: ClaimedImport) {
    let (services, configuration, stopSign) = (services, configuration, stopSign)
    running[claimed.lease] = Task {
      switch claimed.work {
      case .importing:
        await ImportAttempt(
          claimed: claimed, services: services, configuration: configuration, stopSign: stopSign
        ).run()
      case .undoing:
        await UndoAttempt(claimed: claimed, services: services, configuration: configuration).run()
      }
      self.ended(claimed.lease)
    }
  }

  private func ended(_ lease: Lease) {
    running[lease] = nil
    wake.yield()
  }
}
