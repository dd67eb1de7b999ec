import ImportModel
import Postgres
import Reading
import Staging
import Validation

/// Finds rows of a file again by their number, through the ledger: where they stand and how they read.
struct RowLocator: Sendable {
  private static let batchBytes = 1 << 20
  /// A wanted row further ahead than this is looked up in the ledger rather than read up to.
  private static let reach: Int64 = 100_000

  let input: ImportInput
  let importID: ImportID

  /// Makes rejects of rows whose key stands in the file more than once.
  ///
  /// - Parameter rows: numbers, ascending.
  func rejectDuplicates(
    _ rows: [Int64], key: TargetKey, on connection: PostgresConnection
  ) async throws {
    let fields = key.columns.compactMap { name in
      input.mapping.first { $0.column.name == name }?.field
    }
    let column = key.columns.count == 1 ? key.columns[0] : nil
    let names = key.columns.joined(separator: ", ")
    try await reject(rows, on: connection) { row, index, records in
      let values = fields.map { field in
        String(
          decoding: records.bytes(of: records.fields[index * records.fieldsPerRow + field]),
          as: UTF8.self)
      }
      let value = values.joined(separator: ", ")
      return Reject(
        row: row.number, line: row.line, column: column, code: .duplicateKey,
        message: "another row of the file has the same key (\(names))", value: value,
        raw: Array(records.raw(of: row)))
    }
  }

  private func reject(
    _ rows: [Int64], on connection: PostgresConnection,
    describe: (RecordRow, Int, RecordBatch) -> Reject
  ) async throws {
    let records = RecordBatch()
    var wanted = rows[...]
    while let first = wanted.first {
      guard
        let start = try await ResumePoint.startOfChunk(
          holding: first, of: importID, on: connection)
      else { throw ImportFailure(.internal, "row \(first) is in no chunk of the ledger") }
      let reader = input.reader(from: start)
      let before = wanted.count
      while let next = wanted.first, next < reader.position.row + RowLocator.reach,
        try reader.read(into: records, maxBytes: RowLocator.batchBytes, maxRows: .max)
      {
        try Task.checkCancellation()
        var found: [Reject] = []
        for (index, row) in records.rows.enumerated() where row.number == wanted.first {
          found.append(describe(row, index, records))
          wanted.removeFirst()
        }
        try await RejectStore.insert(found, importID: importID, on: connection)
      }
      guard wanted.count < before else {
        throw ImportFailure(.internal, "row \(first) could not be read again")
      }
    }
  }
}
