import ImportModel
import Postgres
import Reading
import Validation

/// Reads and validates a file from some row on.
struct BatchProducer: Sendable {
  /// Bytes of the file that a batch has about: with four times as many, what is made of them no longer stays in a
  /// processor's cache, and reading is a tenth slower.
  static let batchBytes = 1 << 18

  let input: ImportInput
  let from: FilePosition
  let maxRows: Int?
  /// Rejects are made as far as the report has room for them.
  let rejectRoom: RejectRoom
  let profile: ProfileRecorder

  /// Sends batches until the file ends or nobody wants them any more.
  ///
  /// It runs on whatever executor its task prefers, and blocks it while it reads.
  func run(into channel: BatchChannel) async {
    do {
      try await produce { batch in
        await channel.send(batch)
      } vacant: {
        channel.vacant()
      }
      channel.finish(.success(()))
    } catch {
      channel.finish(.failure(error))
    }
  }

  /// The row at `from` as a reject, because Postgres has refused it.
  func singleRow(refusedWith error: PostgresError) async throws -> EncodedBatch {
    let reader = try input.reader(from: from)
    let records = RecordBatch()
    guard try reader.read(into: records, maxBytes: BatchProducer.batchBytes, maxRows: 1),
      let row = records.rows.first
    else { throw ImportFailure(.internal, "a refused row could not be read again") }
    let detail = error.detail.map { " (\($0))" } ?? ""
    let reject = Reject(
      row: row.number, line: row.line, column: error.column, code: .database,
      message: "\(error.sqlState ?? ""): \(error.message ?? "")\(detail)", value: nil,
      raw: Array(records.raw(of: row)))
    return EncodedBatch(
      rowsBad: 1, rejects: [reject], start: from, end: records.end, bytesTaken: reader.bytesTaken)
  }

  private func produce(
    _ send: (EncodedBatch) async -> Bool, vacant: () -> EncodedBatch
  ) async throws {
    let reader = try input.reader(from: from)
    let validator = try input.validator(profile: profile)
    let records = RecordBatch(capacity: BatchProducer.batchBytes * 2)
    var start = from
    var pace = BatchPace(most: maxRows)
    var room = rejectRoom
    while try profile.measure(
      .read,
      { try reader.read(into: records, maxBytes: BatchProducer.batchBytes, maxRows: pace.rows) })
    {
      profile.count(.read, rows: Int64(records.rows.count))
      try Task.checkCancellation()
      var batch = vacant()
      try await validator.encode(records, start: start, into: &batch, rejectRoom: room)
      batch.bytesTaken = reader.bytesTaken
      start = records.end
      pace.note(batch)
      _ = room.take(batch.rejects)
      guard await send(batch) else { return }
    }
  }
}
