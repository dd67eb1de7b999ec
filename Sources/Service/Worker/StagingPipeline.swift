import ImportModel
import Merging
import Postgres
import Progress
import Staging
import Threading

/// Reads, validates and stages a file, chunk by chunk, with at most two batches between the steps.
///
/// Reading, validating and encoding share a thread of their own; the COPY has its connection's thread.
/// Where Postgres refuses a row that we have accepted, the chunk is staged again in halves, until the row
/// is found and becomes a reject: invariant 10.
struct StagingPipeline: Sendable {
  private static let batchesAhead = 2

  let input: ImportInput
  let loader: ChunkLoader
  let meter: ImportMeter
  let policy: RejectPolicy
  let executor: ThreadExecutor
  let stopSign: StopSign
  /// Called with the rows and the seconds of each chunk that was committed.
  let onChunk: @Sendable (_ rows: Int, _ seconds: Double) -> Void

  /// Makes room for the rows, and tells where to go on.
  typealias Preparation = @Sendable () async throws -> ResumePoint

  /// Stages what is not staged yet, to the end of the file.
  ///
  /// - Parameters:
  ///   - start: where to go on if nothing is staged: the first batches are read from there meanwhile.
  ///   - prepare: it tells whether something is.
  /// - Returns: where it has ended, with rows read, ok and bad, those of earlier attempts included.
  /// - Throws: `ImportFailure` `too_many_rejects` as soon as more rows are bad than may be, with those in
  ///   the report; `RowNumbersNeeded` where Postgres refuses a row and they are staged without;
  ///   `CancellationError` behind a chunk where the worker is to stop; what `prepare` throws.
  func run(
    from start: ResumePoint, behind prepare: @escaping Preparation
  ) async throws -> ResumePoint {
    var point = start
    var tuner = SizeTuner(rows: 20_000, bounds: 1000...1_000_000, aim: 0.25...1.0)
    var caution: Int?
    var end = try await pass(from: &point, tuner: &tuner, behind: prepare)
    while true {
      switch end {
      case .endOfFile:
        return point
      case .otherStart:
        break
      case .staged(let rows):
        caution = rows * 2 < tuner.rows ? rows * 2 : nil
      case .refused where !input.numbersRows:
        throw RowNumbersNeeded()
      case .refused(let rows, _) where rows > 1:
        caution = rows / 2
      case .refused(_, let error):
        try await reject(at: &point, because: error)
      }
      end = try await pass(from: &point, tuner: &tuner, caution: caution)
    }
  }

  private enum PassEnd {
    case endOfFile
    /// It is to go on at a place that was not read from.
    case otherStart
    /// One chunk of a careful pass went in.
    case staged(rows: Int)
    case refused(rows: Int, PostgresError)
  }

  /// Stages chunk after chunk; with `caution`, one chunk of at most so many rows.
  ///
  /// - Parameter prepare: what comes before the first chunk, and moves the point.
  private func pass(
    from point: inout ResumePoint, tuner: inout SizeTuner, caution: Int? = nil,
    behind prepare: Preparation? = nil
  ) async throws -> PassEnd {
    let channel = BatchChannel(
      capacity: StagingPipeline.batchesAhead, profile: meter.profile)
    let producer = BatchProducer(
      input: input, from: point.position, maxRows: caution, rejectRoom: point.rejectRoom,
      profile: meter.profile)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask(executorPreference: executor) { await producer.run(into: channel) }
      defer { channel.close() }
      if let prepare {
        point = try await prepare()
        try policy.checkSoFar(point.counts)
        guard point.position == producer.from, point.rejectRoom == producer.rejectRoom else {
          return .otherStart
        }
      }
      while let first = try await channel.next() {
        let intake = ChunkIntake(
          first: first, channel: channel, meter: meter, rowLimit: caution ?? tuner.rows,
          badRowLimit: badRowLimit(at: point))
        let clock = ContinuousClock()
        let begun = clock.now
        do {
          try await stage(intake, at: &point)
        } catch let error as PostgresError where error.isAboutData {
          meter.show(point, bytes: input.bytes(upTo: point.position))
          return .refused(rows: await intake.rows, error)
        }
        let rows = await intake.rows
        let seconds = (clock.now - begun) / .seconds(1)
        onChunk(rows, seconds)
        if caution != nil { return .staged(rows: rows) }
        tuner.note(rows: rows, seconds: seconds)
      }
      return .endOfFile
    }
  }

  /// Bad rows after which a chunk ends: with one more than may be, the import has failed.
  private func badRowLimit(at point: ResumePoint) -> Int64 {
    policy.allowed.map { $0 - point.counts.bad + 1 } ?? .max
  }

  private func stage(_ intake: ChunkIntake, at point: inout ResumePoint) async throws {
    let chunk = try await loader.load(
      number: point.nextChunk, from: point.position,
      batches: { try await intake.next() }, recycle: { intake.channel.recycle($0) })
    point.nextChunk += 1
    point.position = chunk.end
    point.counts.ok += chunk.rowsOK
    point.counts.bad += chunk.rowsBad
    point.counts.read = point.counts.ok + point.counts.bad
    point.rejectRoom = chunk.rejectRoom ?? point.rejectRoom
    try policy.checkSoFar(point.counts)
    try stopSign.check()
  }

  /// Makes the one row at a point a reject, in Postgres's own words.
  private func reject(at point: inout ResumePoint, because error: PostgresError) async throws {
    let producer = BatchProducer(
      input: input, from: point.position, maxRows: 1, rejectRoom: point.rejectRoom,
      profile: meter.profile)
    let batch = try await producer.singleRow(refusedWith: error)
    let intake = ChunkIntake(
      first: batch, channel: BatchChannel(capacity: 1), meter: meter, rowLimit: 1,
      badRowLimit: 1)
    try await stage(intake, at: &point)
  }
}

extension ImportMeter {
  /// Shows what is certain: the chunks that were committed.
  ///
  /// - Parameter bytes: bytes of the file up to there, or nil where the place does not tell.
  func show(_ point: ResumePoint, bytes: Int64?) {
    update {
      $0.counts = point.counts
      $0.bytesDone = bytes ?? $0.bytesDone
    }
  }
}

extension PostgresError {
  /// Whether the rows are at fault: classes 22 (data exception) and 23 (integrity constraint violation).
  var isAboutData: Bool {
    sqlState.map { $0.hasPrefix("22") || $0.hasPrefix("23") } ?? false
  }

  /// Whether somebody else's lock was waited for too long.
  var isLockTimeout: Bool { sqlState == "55P03" }

  /// Whether the same may succeed later.
  var isTransient: Bool {
    if isConnectionLoss || isShortage { return true }
    guard let sqlState else { return code == .timeout || code == .poolTimeout }
    // Operator intervention, serialization, deadlock, lock time-out, read-only.
    return sqlState.hasPrefix("57") || ["40001", "40P01", "55P03", "25006"].contains(sqlState)
  }
}
