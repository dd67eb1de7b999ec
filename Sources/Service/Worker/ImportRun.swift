import Doctor
import ImportModel
import Merging
import Postgres
import Progress
import Queue
import Spool
import Staging
import Telemetry
import Threading
import Validation

/// One attempt at one import, from its spool file to its target.
struct ImportRun: Sendable {
  let claimed: ClaimedImport
  let services: WorkerServices
  let configuration: WorkerConfiguration
  let stopSign: StopSign
  let meter: ImportMeter
  let logger: Logger

  var lease: Lease { claimed.lease }
  var id: ImportID { claimed.lease.importID }
  var profile: ProfileRecorder { meter.profile }

  /// Runs to the end of the import.
  ///
  /// - Throws: whatever stands in the way; nothing has reached the target then.
  func run() async throws {
    profile.begin(.prepare)
    guard let record = try await services.snapshots.one(id) else { throw LeaseLost(lease) }
    // A session that was left in the midst of something goes: its end is what matters then.
    try await services.sessions.withConnection(staysAfterErrors: false) { load in
      try await services.sessions.withConnection(staysAfterErrors: false) { arbiter in
        let connections = Connections(load: load, arbiter: arbiter)
        try await connections.set(record.options, under: lease)
        try await run(record, over: connections)
      }
    }
  }

  private func run(_ record: ImportRecord, over connections: Connections) async throws {
    // Reading, validating and encoding have a thread of their own, which may block.
    let executor = services.threads.take()
    defer { services.threads.giveBack(executor) }
    let look = FileLook(
      file: StoppableFile(try services.spool.open(id: claimed.spoolID)), options: record.options,
      scratch: services.spool.folder, executor: executor, profile: profile)
    async let plan = look.plan()
    let (target, lookups) = try await target(of: record, on: connections.load)
    async let lookAround: Void = warn(record, target)
    async let ground = ground(record, target, over: connections.load)
    profile.end(.prepare)
    let preflight = try await look.preflight(try await plan, for: target, lookups: lookups)
    async let survey = look.survey(preflight)
    profile.begin(.prepare)
    let (settings, merged, straight) = try await ground
    try await preflight.rehearse(target, record.options.mode, on: connections.load)
    profile.end(.prepare)
    let file = try await survey
    profile.begin(.prepare)
    try await describe(file, record)
    var input = ImportInput(
      file: file, target: target, nullWords: record.options.null ?? [],
      arbiter: Arbiter(connection: connections.arbiter), settings: settings)
    var table = StagingTable(importID: id, layout: input.layout)
    // A fault that an earlier attempt has come upon is there still.
    if let straight, straight.takes(input.layout),
      try await !table.isNumbered(on: connections.load)
    {
      input.numbersRows = false
      table = StagingTable(
        importID: id, layout: input.layout,
        standIn: .init(mark: straight.mark, make: { try await straight.make(on: $0) }))
    }
    while true {
      do {
        let staged = try await connections.load.onItsThread { [input, table] in
          try await stage(
            record, input, into: table, behind: merged, on: executor, over: connections.load)
        }
        // Whoever looks at the import afterwards finds the warnings.
        await lookAround
        return try await connections.load.onItsThread { [input, table] in
          try await finish(record, input, table, staged, behind: merged, over: connections)
        }
      } catch is RowNumbersNeeded {
        logger.info("the file is read again, with the numbers of its rows")
        input.numbersRows = true
        table = StagingTable(importID: id, layout: input.layout)
        try await services.queue.move(lease, to: .parsing)
        profile.begin(.prepare)
      }
    }
  }

  /// Stages what is not staged yet, with what natural keys stand for.
  private func stage(
    _ record: ImportRecord, _ input: ImportInput, into table: StagingTable,
    behind merged: MergedBatches, on executor: ThreadExecutor, over connection: PostgresConnection
  ) async throws -> Staged {
    var staged = try await stage(
      input, into: table, behind: merged, policy: RejectPolicy(record.options), on: executor,
      over: connection)
    let reject = rejecting(input, behind: merged)
    let inScope = try await keepToScope(record, table, staged.counts, reject, over: connection)
    let counts = try await lookUp(record, table, inScope, reject, over: connection)
    try RejectPolicy(record.options).check(counts)
    try await services.queue.move(lease, to: .validated, counts: counts)
    meter.update { $0.counts = counts }
    staged.counts = counts
    return staged
  }

  /// Merges what is staged, or tells what would change.
  private func finish(
    _ record: ImportRecord, _ input: ImportInput, _ table: StagingTable, _ staged: Staged,
    behind merged: MergedBatches, over connections: Connections
  ) async throws {
    let request = request(record, input, table, staged.counts)
    let reject = rejecting(input, behind: merged)
    if record.isDryRun {
      return try await rehearse(record, request, reject, over: connections.load)
    }
    let start = Merger.BatchStart(merged: merged, isReady: staged.isReadyForBatches)
    try await merge(record, request, reject, from: start, over: connections)
  }

  /// Looks at all that does not depend on the file, meanwhile.
  private func ground(
    _ record: ImportRecord, _ target: TargetTable, over connection: PostgresConnection
  ) async throws -> (ValidationSettings, MergedBatches, StraightReplacement?) {
    let (settings, merged) = try await connection.onItsThread {
      let settings = try await ValidationSettings.read(on: connection)
      return (settings, try await BatchLedger.read(id, on: connection))
    }
    // Duplicates that are refused are looked for among the rows, and a dry run has staged them with their numbers.
    guard record.options.mode == .replace, !record.isDryRun, record.diff == nil,
      record.options.duplicates != .reject
    else { return (settings, merged, nil) }
    let straight = try await connection.transaction("ISOLATION LEVEL READ COMMITTED") {
      try await StraightReplacement(of: target, by: id, on: $0)
    }
    return (settings, merged, straight)
  }

  private func request(
    _ record: ImportRecord, _ input: ImportInput, _ table: StagingTable, _ counts: RowCounts
  ) -> MergeRequest {
    MergeRequest(
      lease: lease, staging: table.name, layout: input.layout.resolved,
      target: input.target,
      isPartitioned: input.target.isPartitioned, key: input.file.preflight.key,
      scope: record.scope, mode: record.options.mode, duplicates: record.options.duplicates,
      staged: counts,
      retentionSeconds: configuration.retentionSeconds, foreseen: record.diff)
  }

  private func target(
    of record: ImportRecord, on connection: PostgresConnection
  ) async throws -> (TargetTable, [ColumnLookup]) {
    try await connection.onItsThread {
      guard let target = try await TargetCatalog().table(named: record.target, on: connection)
      else {
        throw ImportFailure(
          .unknownTarget, "\(record.target) is not there any more, or may not be written")
      }
      let lookups = try await LookupCatalog().lookups(
        of: record.options.mapping, into: target, on: connection)
      return (target, lookups)
    }
  }

  /// Tells how the file is read.
  private func describe(_ file: PreparedFile, _ record: ImportRecord) async throws {
    let source = file.described(as: record.source)
    logger.info(
      "file looked over",
      [
        "format": source.format, "encoding": source.encoding,
        "sure": "\(source.reading.isSure)", "notes": "\(source.reading.notes.count)",
      ])
    try await services.queue.describe(
      lease, source: source, header: file.preflight.reportHeader)
  }

  /// Notes what the administrator should look at. That it cannot be known is no reason to end the import.
  private func warn(_ record: ImportRecord, _ target: TargetTable) async {
    do {
      let look = ImportWarnings(
        target: target, mode: record.options.mode, fileBytes: record.source.bytes)
      let found = try await services.queue.withConnection { try await look.read(on: $0) }
      try await services.queue.warn(lease, of: found)
    } catch is CancellationError {
      // The import has ended, or its worker is to: whoever ended it says so.
    } catch {
      logger.warning("no look at the database", ["error": "\(error)"])
    }
  }

  private func stage(
    _ input: ImportInput, into table: StagingTable, behind merged: MergedBatches,
    policy: RejectPolicy, on executor: ThreadExecutor, over connection: PostgresConnection
  ) async throws -> Staged {
    let start = ResumePoint(position: input.start, rejectRoom: services.rejectRoom)
    let pipeline = StagingPipeline(
      input: input,
      loader: ChunkLoader(
        table: table, lease: lease, attempt: claimed.attempt, connection: connection,
        key: input.file.preflight.key.columns, merged: merged, profile: profile),
      meter: meter, policy: policy, executor: executor, stopSign: stopSign,
      onChunk: { rows, seconds in services.metrics.chunk(rows: rows, seconds: seconds) })
    let end = try await services.metrics.timed("parsing") {
      try await pipeline.run(from: start) {
        let point = try await resumePoint(
          input, in: table, behind: merged, orFrom: start, over: connection)
        profile.end(.prepare)
        return point
      }
    }
    return Staged(counts: end.counts, isReadyForBatches: end.isReadyForBatches)
  }

  /// Makes room in staging, and finds the place to go on from.
  private func resumePoint(
    _ input: ImportInput, in table: StagingTable, behind merged: MergedBatches,
    orFrom start: ResumePoint, over connection: PostgresConnection
  ) async throws -> ResumePoint {
    var point =
      try await table.prepare(
        lease: lease, rejectRoom: start.rejectRoom, keeping: merged, on: connection) ?? start
    point.add(merged)
    if merged.count > 0 {
      logger.info(
        "going on behind batches", ["count": "\(merged.count)", "row": "\(merged.lastRow)"])
    }
    if point.nextChunk > 0 {
      logger.info("going on from the ledger", ["chunk": "\(point.nextChunk)"])
    }
    meter.show(point, bytes: input.bytes(upTo: point.position))
    return point
  }

  private func merge(
    _ record: ImportRecord, _ request: MergeRequest, _ reject: @escaping Merger.Reject,
    from start: Merger.BatchStart, over connections: Connections
  ) async throws {
    try await services.queue.move(lease, to: .loading)
    meter.beginStage()
    let merger = Merger(
      request, on: connections.load, helpedBy: connections.arbiter,
      watch: { progress in
        meter.update { $0.counts = progress.counts }
        if progress.isCommitted { try stopSign.check() }
        // What failed at its end may have begun again.
        profile.end(.finalize)
        guard progress.isFinalizing else { return }
        profile.count(.merge, rows: progress.counts.merged - progress.counts.skipped)
        profile.begin(.finalize)
        try await services.queue.move(lease, to: .finalizing)
      },
      reject: reject, checkRejects: checking(record), profile: profile)
    let outcome = try await services.metrics.timed("loading") {
      record.options.commit == .batched
        ? try await merger.run(inBatches: configuration.batches, from: start)
        : try await merger.run()
    }
    profile.end(.finalize)
    services.metrics.ended(.done, target: record.target, counts: outcome.counts)
    logger.info(
      "import done",
      [
        "rows": "\(outcome.counts.read)", "plan": outcome.plan.rawValue,
        "seconds": profile.shownSeconds,
      ])
    // In a task of its own: the lease is gone with the commit, and the heartbeat ends this one.
    await Task { await afterwards(merger, outcome, over: connections.load) }.value
  }

  /// Takes out what belongs to others, once all rows are staged.
  private func keepToScope(
    _ record: ImportRecord, _ table: StagingTable, _ staged: RowCounts,
    _ reject: @escaping Merger.Reject, over connection: PostgresConnection
  ) async throws -> RowCounts {
    guard let scope = record.scope else { return staged }
    let check = ScopeCheck(
      table, scope: scope, lease: lease, on: connection, reject: reject,
      checkRejects: checking(record))
    return try await profile.measure(.rules) { try await check.run(staged) }
  }

  /// Looks natural keys up, once all of them are staged.
  private func lookUp(
    _ record: ImportRecord, _ table: StagingTable, _ staged: RowCounts,
    _ reject: @escaping Merger.Reject, over connection: PostgresConnection
  ) async throws -> RowCounts {
    guard table.layout.hasLookups else { return staged }
    let resolver = LookupResolver(
      table, lease: lease, on: connection, reject: reject, checkRejects: checking(record))
    return try await services.metrics.timed("lookups") {
      try await profile.measure(.lookups) { try await resolver.run(staged) }
    }
  }

  /// Makes rejects of staged rows; those of rows that batches have settled are listed already.
  private func rejecting(_ input: ImportInput, behind merged: MergedBatches) -> Merger.Reject {
    let locator = RowLocator(input: input, importID: id)
    return { all, connection in
      let breaches = all.filter { !merged.holds($0.row) }
      // The file is read on a thread that may block.
      try await withTaskExecutorPreference(ThreadExecutor(name: "locate")) {
        try await locator.reject(breaches, on: connection)
      }
    }
  }

  /// Shows counts, and says whether so many rejects may be.
  func checking(_ record: ImportRecord) -> Merger.CheckRejects {
    { counts in
      meter.update { $0.counts = counts }
      try RejectPolicy(record.options).check(counts)
    }
  }

  /// What comes after the commit changes nothing of the outcome: a failure is told, not retried. What
  /// is left lying is swept by the janitor.
  private func afterwards(
    _ merger: Merger, _ outcome: MergeOutcome, over connection: PostgresConnection
  ) async {
    await tidy([
      ("announce", { try await services.queue.announce(id) }),
      ("drop staging", { try await StagingTable.drop(id, on: connection) }),
      (
        "remove the file",
        {
          let spoolID = claimed.spoolID
          try await services.spool.onOwnThread { _ = try $0.remove(id: spoolID) }
        }
      ),
      (
        "analyze",
        {
          try await profile.measure(.statistics) {
            try await merger.analyzeIfGrown(outcome.counts)
          }
        }
      ),
      ("note the profile", { try await services.queue.note(profile.profile, of: id) }),
    ])
  }

  /// Does what may fail.
  func tidy(_ steps: [(name: String, step: () async throws -> Void)]) async {
    for (name, step) in steps {
      do {
        try await step()
      } catch {
        logger.warning("after the commit", ["step": name, "error": "\(error)"])
      }
    }
  }
}

/// What stands in staging when all of the file is read.
private struct Staged: Sendable {
  var counts: RowCounts
  var isReadyForBatches: Bool
}

extension ResumePoint {
  /// Adds what batches have done with the rows; where staging is not as they have left it, their rejects are told
  /// from the others when it is.
  fileprivate mutating func add(_ merged: MergedBatches) {
    counts.inserted += merged.counts.inserted
    counts.updated += merged.counts.updated
    counts.unchanged += merged.counts.unchanged
    guard isReadyForBatches else { return }
    counts.ok -= merged.counts.bad
    counts.bad += merged.counts.bad
  }
}

/// The connections of one attempt: one loads and merges, the other answers what a value means while the
/// first is inside a COPY, and helps it to merge.
private struct Connections: Sendable {
  let load: PostgresConnection
  let arbiter: PostgresConnection

  /// Makes the settings of an import; they are gone when the sessions are given back.
  func set(_ options: ImportOptions, under lease: Lease) async throws {
    try await load.name(.loads, under: lease)
    try await arbiter.name(.helps, under: lease)
    for connection in [load, arbiter] { try await connection.setZone(options) }
  }
}
