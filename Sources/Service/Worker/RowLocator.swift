import ImportModel
import Merging
import Postgres
import Reading
import Staging
import Validation

/// Finds rows of a file again by their number, through the ledger: where they stand and how they read.
struct RowLocator: Sendable {
  /// A wanted row further ahead than this is looked up in the ledger rather than read up to: in files in
  /// which that saves reading.
  private static let reach: Int64 = 100_000

  let input: ImportInput
  let importID: ImportID

  /// Makes rejects of rows: where each stands, what stands in the columns at fault, and how the row reads.
  ///
  /// Memory holds what it is given and one batch of the file, however far apart the rows are.
  ///
  /// - Parameter breaches: by row, ascending; a row may have several.
  func reject(_ breaches: [RowBreach], on connection: PostgresConnection) async throws {
    // To come to a row of such a file may take longer than the session may be idle.
    if !input.isSeekable {
      try await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    }
    let records = RecordBatch()
    var wanted = breaches[...]
    while let first = wanted.first?.row {
      guard
        let start = try await ResumePoint.startOfChunk(
          holding: first, of: importID, on: connection)
      else { throw ImportFailure(.internal, "row \(first) is in no chunk of the ledger") }
      let reader = try input.reader(from: start)
      let before = wanted.count
      // A chunk may be longer than the reach: the row that it was looked up for is read up to anyway.
      while let next = wanted.first?.row,
        next == first || !input.isSeekable || next < reader.position.row + RowLocator.reach,
        try reader.read(into: records, maxBytes: BatchProducer.batchBytes, maxRows: .max)
      {
        try Task.checkCancellation()
        let found = take(&wanted, from: records)
        try await RejectStore.insert(found, importID: importID, on: connection)
      }
      guard wanted.count < before else {
        throw ImportFailure(.internal, "row \(first) could not be read again")
      }
    }
  }

  /// The rejects of those rows that a batch has.
  private func take(
    _ wanted: inout ArraySlice<RowBreach>, from records: RecordBatch
  ) -> [Reject] {
    var found: [Reject] = []
    for (index, row) in records.rows.enumerated() where row.number == wanted.first?.row {
      var raw: [UInt8]? = Array(records.raw(of: row))
      while let breach = wanted.first, breach.row == row.number {
        found.append(
          Reject(
            row: row.number, line: row.line,
            column: breach.columns.isEmpty ? nil : breach.columns.joined(separator: ", "),
            code: breach.code, message: breach.message,
            value: value(of: breach.columns, at: index, in: records), raw: raw.take()))
        wanted.removeFirst()
      }
    }
    return found
  }

  /// What the file has in some columns of a row; nil where it has none of them.
  private func value(of columns: [String], at index: Int, in records: RecordBatch) -> String? {
    let fields = columns.compactMap { name in
      input.mapping.first { $0.column.name == name }?.field
    }
    guard !fields.isEmpty else { return nil }
    let values = fields.map { field in
      let bytes = records.bytes(of: records.fields[index * records.fieldsPerRow + field])
      return RowLocator.text(bytes, limit: Reject.valueLimit / fields.count)
    }
    return values.joined(separator: ", ")
  }

  /// The text of a field, cut between two characters.
  private static func text(_ bytes: UnsafeRawBufferPointer, limit: Int) -> String {
    var end = min(bytes.count, max(limit, 1))
    while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }
}
