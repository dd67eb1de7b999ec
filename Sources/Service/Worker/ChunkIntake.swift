import ImportModel
import Progress

/// The batches of one chunk, taken out of the channel until the chunk is full.
actor ChunkIntake {
  /// A chunk ends early when so many rejects, or so many bytes of them, wait to be written: invariant 9.
  private static let rejectLimit = 5000
  private static let rejectByteLimit = 4 << 20
  /// And when it has so many bytes of tuples: what a worker that dies has to do again stays small.
  private static let byteLimit = 64 << 20

  nonisolated let channel: BatchChannel
  private var first: EncodedBatch?
  private let meter: ImportMeter
  private let rowLimit: Int
  private let badRowLimit: Int64
  private var badRows: Int64 = 0
  private var rejects = 0
  private var rejectBytes = 0
  private var bytes = 0
  /// Rows of the chunk so far, good and bad.
  private(set) var rows = 0

  /// - Parameters:
  ///   - rowLimit: the chunk ends with the batch that brings it to so many rows.
  ///   - badRowLimit: or to so many bad ones.
  init(
    first: EncodedBatch, channel: BatchChannel, meter: ImportMeter, rowLimit: Int,
    badRowLimit: Int64 = .max
  ) {
    self.first = first
    self.channel = channel
    self.meter = meter
    self.rowLimit = rowLimit
    self.badRowLimit = badRowLimit
  }

  /// The next batch, or nil where the chunk is full or the file ends.
  func next() async throws -> EncodedBatch? {
    if let batch = first.take() { return note(batch) }
    guard rows < rowLimit, badRows < badRowLimit, rejects < ChunkIntake.rejectLimit,
      rejectBytes < ChunkIntake.rejectByteLimit, bytes < ChunkIntake.byteLimit
    else { return nil }
    return try await channel.next().map(note)
  }

  private func note(_ batch: EncodedBatch) -> EncodedBatch {
    rows += batch.rowsOK + batch.rowsBad
    bytes += batch.count
    badRows += Int64(batch.rowsBad)
    rejects += batch.rejects.count
    rejectBytes += batch.rejects.reduce(0) { $0 + ($1.raw?.count ?? 0) + $1.message.utf8.count }
    meter.update {
      $0.counts.ok += Int64(batch.rowsOK)
      $0.counts.bad += Int64(batch.rowsBad)
      $0.counts.read += Int64(batch.rowsOK + batch.rowsBad)
      $0.bytesDone = batch.bytesTaken
    }
    return batch
  }
}
