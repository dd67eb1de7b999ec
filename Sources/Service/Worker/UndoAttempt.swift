import ImportModel
import Merging
import Postgres
import Progress
import Queue
import Synchronization
import Telemetry
import Validation

/// Takes a claimed import back under its lease, and decides what its end means.
struct UndoAttempt: Sendable {
  let claimed: ClaimedImport
  let services: WorkerServices
  let configuration: WorkerConfiguration

  private var lease: Lease { claimed.lease }

  func run() async {
    let logger = services.logger.with("task_id", lease.importID.description)
    services.metrics.began()
    logger.info("undo begun", ["attempt": "\(claimed.attempt)"])
    do {
      try await supervise(logger: logger)
    } catch {
      // What happens at the end must happen although the task is cancelled: a shutdown hands back.
      await Task { await end(because: error, logger: logger) }.value
    }
    services.metrics.left()
  }

  /// Runs the undo beside its heartbeat; whichever ends first ends the other.
  private func supervise(logger: Logger) async throws {
    try refuseIfExhausted()
    let isLost = Mutex(false)
    let work = Task { try await takeBack(logger: logger) }
    let beat = LeaseBeat(
      lease: lease, queue: services.queue, seconds: configuration.leaseSeconds, logger: logger)
    let heart = Task {
      await beat.run { _ in
        isLost.withLock { $0 = true }
        work.cancel()
      }
    }
    defer { heart.cancel() }
    let result = await withTaskCancellationHandler {
      await work.result
    } onCancel: {
      work.cancel()
    }
    if case .failure(let error) = result {
      throw isLost.withLock { $0 } ? LeaseLost(lease) : error
    }
  }

  private func refuseIfExhausted() throws {
    guard claimed.attempt > configuration.maxAttempts else { return }
    let last = claimed.lastFailure
    throw ImportFailure(
      .attemptsExhausted,
      "\(claimed.attempt - 1) attempts to take the import back ended without a result"
        + (last.map { "; the last one: \($0.message)" } ?? ""),
      hint: last?.hint ?? "look at the log of the worker, and ask again")
  }

  private func takeBack(logger: Logger) async throws {
    guard let record = try await services.snapshots.one(lease.importID) else {
      throw LeaseLost(lease)
    }
    try await services.sessions.withConnection(staysAfterErrors: false) { connection in
      try await connection.name(.loads, under: lease)
      let request = UndoRequest(lease: lease, target: try await target(of: record, on: connection))
      let outcome = try await services.metrics.timed("undo") {
        try await Undo(request, on: connection).run()
      }
      services.metrics.undone(target: record.target)
      logger.info(
        "import undone",
        [
          "deleted": "\(outcome.deleted)", "restored": "\(outcome.restored)",
          "left": "\(outcome.left)",
        ])
      // In a task of its own: the lease is gone with the commit, and the heartbeat ends this one.
      await Task { await afterwards(on: connection, logger: logger) }.value
    }
  }

  private func target(
    of record: ImportRecord, on connection: PostgresConnection
  ) async throws -> TargetTable {
    let gone = ImportFailure(
      .targetChanged, "\(record.target) is not there any more, or may not be written",
      hint: "nothing was taken back")
    do {
      guard let target = try await TargetCatalog().table(named: record.target, on: connection)
      else {
        throw gone
      }
      return target
    } catch let error as TargetError {
      throw ImportFailure(.targetChanged, error.message, hint: error.hint)
    }
  }

  /// What comes after the commit changes nothing of the outcome; images that are left lying are swept by the
  /// janitor.
  private func afterwards(on connection: PostgresConnection, logger: Logger) async {
    do {
      try await services.queue.announce(lease.importID)
      try await UndoTables.drop(lease.importID, on: connection)
    } catch {
      logger.warning("after the undo", ["error": "\(error)"])
    }
  }

  // MARK: The end without a result

  private func end(because error: any Error, logger: Logger) async {
    do {
      try await decide(error, logger: logger)
    } catch is LeaseLost {
      logger.warning("the lease passed to another worker before the end could be written")
    } catch {
      // The lease expires by itself, and another attempt follows.
      logger.error("the end could not be written", ["error": "\(error)"])
    }
  }

  private func decide(_ error: any Error, logger: Logger) async throws {
    switch error {
    case is LeaseLost: logger.warning("the lease is lost; nothing was taken back")
    case is CancellationError:
      logger.info("handed back: the worker stops")
      try await services.queue.releaseUndo(lease, after: .zero, countsAsAttempt: false)
    case let error as PostgresError where error.isLockTimeout:
      let delay = Duration.seconds(Double.random(in: 5...10))
      try await retry(error, named: "lock_timeout", after: delay, counts: false, logger: logger)
    case let error as PostgresError where error.isTransient:
      let name = error.sqlState ?? error.code.rawValue
      let delay = Backoff.delay(attempt: claimed.attempt)
      try await retry(error, named: name, after: delay, counts: true, logger: logger)
    default:
      let failure = ImportFailure(describing: error)
      logger.warning(
        "undo failed",
        ["code": failure.code.rawValue, "message": failure.message, "error": "\(error)"])
      try await services.queue.failUndo(lease, because: failure)
    }
  }

  private func retry(
    _ error: any Error, named name: String, after delay: Duration, counts: Bool, logger: Logger
  ) async throws {
    logger.warning("to be tried again", ["error": "\(error)", "after": "\(delay)"])
    services.metrics.retried(because: name)
    try await services.queue.releaseUndo(
      lease, after: delay, countsAsAttempt: counts, because: ImportFailure(describing: error))
  }
}
