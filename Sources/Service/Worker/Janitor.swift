import ImportModel
import Merging
public import Queue
public import Spool
import Staging
public import Telemetry

/// Removes what is past its time, and counts what waits.
public struct Janitor: Sendable {
  private static let filesAtOnce = 1000
  private static let countInterval: Duration = .seconds(5)
  private static let roundsBetweenSweeps = 120

  private let queue: ImportQueue
  private let spool: SpoolStore
  private let retentionSeconds: Int64
  private let logger: Logger
  private let queued: Gauge

  /// A janitor that does nothing yet.
  ///
  /// - Parameter retentionSeconds: how long finished imports and their rejects stay.
  public init(
    queue: ImportQueue, spool: SpoolStore, retentionSeconds: Int64, logger: Logger,
    metrics: Metrics
  ) {
    self.queue = queue
    self.spool = spool
    self.retentionSeconds = retentionSeconds
    self.logger = logger
    queued = metrics.gauge(
      "sluice_imports_queued", help: "Imports that wait, by priority.", labels: ["priority"])
  }

  /// Counts every few seconds and sweeps every ten minutes, until the task is cancelled.
  public func run() async {
    var round = 0
    while !Task.isCancelled {
      do {
        for (priority, count) in try await queue.waitingByPriority() {
          queued.set(Double(count), priority.rawValue)
        }
        if round % Janitor.roundsBetweenSweeps == 0 { try await sweep() }
      } catch is CancellationError {
        return
      } catch {
        logger.warning("housekeeping failed; it is tried again", ["error": "\(error)"])
      }
      round += 1
      do { try await Task.sleep(for: Janitor.countInterval) } catch { return }
    }
  }

  /// Removes finished imports past their retention, images past their time, and files, staging tables and
  /// images that no import needs.
  ///
  /// What fails is told, and does not keep the rest from being swept.
  ///
  /// - Throws: `CancellationError`.
  public func sweep() async throws {
    // Each server has a spool of its own, maybe; the database is the same for all.
    try await sweepFiles()
    try await queue.asOnlyJanitor { try await sweepDatabase() }
  }

  private func sweepFiles() async throws {
    try await attempt("files") {
      let there = try await spool.onOwnThread { try $0.identifiers() }
      for start in stride(from: 0, to: there.count, by: Janitor.filesAtOnce) {
        let page = Array(there[start..<min(start + Janitor.filesAtOnce, there.count)])
        let ended = try await queue.spoolIDsOfTheEnded(among: page)
        try await spool.onOwnThread { spool in
          for id in ended { try spool.remove(id: id) }
        }
        if !ended.isEmpty { logger.info("swept files", ["count": "\(ended.count)"]) }
      }
    }
    try await attempt("files of nobody") {
      let needed = try await queue.spoolIDsInUse()
      let swept = try await spool.onOwnThread { spool in
        try spool.sweep(olderThan: SpoolStore.graceSeconds, keeping: needed)
      }
      if !swept.isEmpty { logger.info("swept files of nobody", ["count": "\(swept.count)"]) }
    }
  }

  private func sweepDatabase() async throws {
    try await attempt("imports") {
      let removed = try await queue.removeFinished(olderThan: retentionSeconds)
      if removed > 0 { logger.info("swept imports", ["count": "\(removed)"]) }
    }
    try await attempt("staging") {
      let leftovers = try await queue.withConnection { try await StagingTable.leftovers(on: $0) }
      for id in leftovers { try await drop(id) }
    }
    try await sweepImages()
    try await sweepFormerTables()
  }

  private func sweepFormerTables() async throws {
    try await attempt("former tables") {
      let leftovers = try await queue.withConnection { try await KeptTable.leftovers(on: $0) }
      for id in leftovers {
        try await attempt("former tables", of: id) {
          try await queue.withConnection { try await KeptTable.sweep(id, on: $0) }
          logger.info("swept a former table", ["task_id": id.description])
        }
      }
    }
  }

  private func sweepImages() async throws {
    try await attempt("images") {
      for id in try await queue.withConnection({ try await UndoTables.expired(on: $0) }) {
        try await attempt("images", of: id) {
          let gone = try await queue.withConnection { try await UndoTables.expire(id, on: $0) }
          guard gone else { return }
          try await queue.announce(id)
          logger.info("images expired", ["task_id": id.description])
        }
      }
      for id in try await queue.withConnection({ try await UndoTables.leftovers(on: $0) }) {
        try await attempt("images", of: id) {
          try await queue.withConnection { try await UndoTables.drop(id, on: $0) }
          logger.info("swept images", ["task_id": id.description])
        }
      }
      for name in try await queue.withConnection({ try await BesideTables.leftovers(on: $0) }) {
        try await attempt("tables of an attempt") {
          try await queue.withConnection { try await BesideTables.sweep(name, on: $0) }
          logger.info("swept a table of an attempt", ["table": name])
        }
      }
    }
  }

  private func drop(_ id: ImportID) async throws {
    try await attempt("staging", of: id) {
      try await queue.withConnection { try await StagingTable.drop(id, on: $0) }
      logger.info("swept a staging table", ["task_id": id.description])
    }
  }

  private func attempt(
    _ what: String, of id: ImportID? = nil, _ body: () async throws -> Void
  ) async throws {
    do {
      try await body()
    } catch let error as CancellationError {
      throw error
    } catch {
      logger.warning(
        "the sweep left something; it is tried again",
        ["what": what, "task_id": id?.description ?? "", "error": "\(error)"])
    }
  }
}
