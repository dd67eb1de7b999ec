import ImportModel
import Postgres
import Progress
import Queue
import Spool
import Staging
import Synchronization
import Telemetry

/// Runs a claimed import under its lease, and decides what its end means.
struct ImportAttempt: Sendable {
  let claimed: ClaimedImport
  let services: WorkerServices
  let configuration: WorkerConfiguration
  let stopSign: StopSign

  private var lease: Lease { claimed.lease }

  func run() async {
    let logger = services.logger.with("task_id", lease.importID.description)
    let meter = ImportMeter(lease: lease)
    if let earlier = claimed.profile { meter.profile.add(earlier) }
    services.metrics.began()
    logger.info("import begun", ["attempt": "\(claimed.attempt)"])
    do {
      try await supervise(meter: meter, logger: logger)
    } catch {
      // What happens at the end must happen although the task is cancelled: a shutdown hands back.
      await Task { await end(because: error, meter: meter, logger: logger) }.value
    }
    await services.publisher.remove(lease)
    services.metrics.read(bytes: meter.reading.bytesDone)
    services.metrics.left()
  }

  /// Runs the import beside its heartbeat; whichever ends first ends the other.
  private func supervise(meter: ImportMeter, logger: Logger) async throws {
    try await refuseIfExhausted()
    let interruption = Mutex<LeaseBeat.Interruption?>(nil)
    let work = Task {
      try await ImportRun(
        claimed: claimed, services: services, configuration: configuration, stopSign: stopSign,
        meter: meter, logger: logger
      ).run()
    }
    let interrupt: @Sendable (LeaseBeat.Interruption) -> Void = { reason in
      interruption.withLock { $0 = $0 ?? reason }
      work.cancel()
    }
    await services.publisher.add(meter) { state in
      switch state {
      case .held: break
      case .cancelRequested: interrupt(.cancelRequested)
      // An import that has ended has no lease either: the heartbeat tells the two apart.
      case .lost: break
      }
    }
    let beat = LeaseBeat(
      lease: lease, queue: services.queue, seconds: configuration.leaseSeconds, logger: logger)
    let heart = Task { await beat.run(interrupt) }
    defer { heart.cancel() }
    let result = await withTaskCancellationHandler {
      await work.result
    } onCancel: {
      work.cancel()
    }
    if case .failure(let error) = result {
      switch interruption.withLock({ $0 }) {
      case .cancelRequested: throw CancelRequested()
      case .leaseLost: throw LeaseLost(lease)
      case nil: throw error
      }
    }
  }

  private func refuseIfExhausted() async throws {
    let idle = claimed.attempt - claimed.excused
    guard idle > configuration.maxAttempts else { return }
    // It may have been called off while nobody worked on it.
    if try await services.queue.heartbeat(lease, seconds: configuration.leaseSeconds)
      == .cancelRequested
    {
      throw CancelRequested()
    }
    let last = claimed.lastFailure
    throw ImportFailure(
      .attemptsExhausted,
      "\(idle - 1) attempts ended without a result"
        + (last.map { "; the last one: \($0.message)" } ?? ""),
      hint: last?.hint ?? "look at the log of the worker; a retry begins again")
  }

  private func end(because error: any Error, meter: ImportMeter, logger: Logger) async {
    do {
      try await decide(error, meter: meter, logger: logger)
    } catch is LeaseLost {
      logger.warning("the lease passed to another worker before the end could be written")
    } catch {
      // The lease expires by itself, and another attempt follows.
      logger.error("the end could not be written", ["error": "\(error)"])
    }
  }

  private func decide(_ error: any Error, meter: ImportMeter, logger: Logger) async throws {
    switch error {
    case is CancelRequested:
      try await finish(as: .cancelled, failure: nil, meter: meter, logger: logger)
    case is LeaseLost:
      // Called off between two statements, or truly lost: the heartbeat knows.
      switch try await services.queue.heartbeat(lease, seconds: configuration.leaseSeconds) {
      case .cancelRequested:
        try await finish(as: .cancelled, failure: nil, meter: meter, logger: logger)
      case .held:
        // It was called off and taken up again, or a write went astray: another attempt finds out.
        try await services.queue.release(
          lease, after: .zero, countsAsAttempt: true, profile: meter.profile.profile)
      case .lost:
        logger.warning("the lease is lost; nothing more is written")
      }
    case is CancellationError:
      logger.info("handed back: the worker stops")
      try await services.queue.release(
        lease, after: .zero, countsAsAttempt: false, profile: meter.profile.profile)
    case let error as PostgresError where error.isLockTimeout:
      // Somebody works on the target: no fault of the import's, and no reason to keep others waiting.
      let delay = Duration.seconds(Double.random(in: 5...10))
      try await retry(
        error, named: "lock_timeout", after: delay, counts: false, meter: meter, logger: logger)
    case let error as PostgresError where error.isTransient:
      let name = error.sqlState ?? error.code.rawValue
      let delay = Backoff.delay(attempt: claimed.attempt)
      try await retry(
        error, named: name, after: delay, counts: true, meter: meter, logger: logger)
    case let error as SpoolError where error.code != .missing:
      let delay = Backoff.delay(attempt: claimed.attempt)
      try await retry(
        error, named: "spool", after: delay, counts: true, meter: meter, logger: logger)
    default:
      let failure = ImportFailure(describing: error)
      logger.warning(
        "import failed",
        ["code": failure.code.rawValue, "message": failure.message, "error": "\(error)"])
      try await finish(as: .failed, failure: failure, meter: meter, logger: logger)
    }
  }

  private func retry(
    _ error: any Error, named name: String, after delay: Duration, counts: Bool,
    meter: ImportMeter, logger: Logger
  ) async throws {
    logger.warning("to be tried again", ["error": "\(error)", "after": "\(delay)"])
    services.metrics.retried(because: name)
    try await services.queue.release(
      lease, after: delay, countsAsAttempt: counts, because: ImportFailure(describing: error),
      profile: meter.profile.profile)
  }

  private func finish(
    as state: ImportState, failure: ImportFailure?, meter: ImportMeter, logger: Logger
  ) async throws {
    let reading = meter.reading
    try await services.queue.end(
      lease, as: state, failure: failure, counts: reading.counts.read > 0 ? reading.counts : nil,
      bytes: reading.bytesDone, profile: meter.profile.profile)
    let record = try await services.snapshots.one(lease.importID)
    // The batches that are in have come to an end as well.
    let counts = record?.batches == nil ? nil : record?.counts
    services.metrics.ended(
      state, target: record?.target ?? "", counts: counts ?? reading.counts.withoutMerge)
    logger.info("import \(state.rawValue)", ["seconds": meter.profile.shownSeconds])
    await tidy(after: state, logger: logger)
  }
}

extension ImportAttempt {
  /// What cannot be removed now is swept by the janitor.
  private func tidy(after state: ImportState, logger: Logger) async {
    do {
      try await services.queue.withConnection { connection in
        try await StagingTable.drop(lease.importID, on: connection)
      }
      // That of a failed import stays for a retry.
      if state == .cancelled {
        let spoolID = claimed.spoolID
        try await services.spool.onOwnThread { _ = try $0.remove(id: spoolID) }
      }
    } catch {
      logger.warning("after the end", ["error": "\(error)"])
    }
  }
}

/// The caller has called the import off.
struct CancelRequested: Error {}

/// How long to wait before the next attempt: exponential, with full jitter.
enum Backoff {
  static func delay(attempt: Int) -> Duration {
    let ceiling = min(60, 0.5 * Double(1 << min(attempt, 10)))
    return .seconds(Double.random(in: 0...ceiling))
  }
}

extension RowCounts {
  /// What remains when the merge did not happen.
  fileprivate var withoutMerge: RowCounts {
    var counts = self
    counts.skipped = 0
    counts.inserted = 0
    counts.updated = 0
    counts.unchanged = 0
    return counts
  }
}

extension ProfileRecorder {
  /// Seconds of the attempt at hand, for the log.
  var shownSeconds: String { "\((elapsed * 1000).rounded() / 1000)" }
}
