import ImportModel

@testable import Reading

/// A row as the tests compare it.
struct Row: Equatable, CustomStringConvertible {
  var number: Int64
  var line: Int64
  /// nil is NULL: empty and not quoted.
  var fields: [String?]
  var raw: String
  var fault: RowFault?

  var description: String {
    let values = fields.map { $0.map { $0.debugDescription } ?? "NULL" }.joined(separator: ", ")
    let ending = fault.map { " \($0)" } ?? ""
    return "#\(number) line \(line) [\(values)] raw \(raw.debugDescription)\(ending)"
  }
}

/// What came out of a file.
struct ReadFile: Equatable {
  var names: [String] = []
  var rows: [Row] = []
  /// The end of each batch, and how many rows were read by then.
  var ends: [FilePosition] = []
  var isPlainASCII = true
  /// The most storage that a batch had.
  var storageBytes = 0
}

/// How a file is read.
struct ReadPlan {
  var dialect = CSVDialect()
  var limits = ReadingLimits()
  var blockSizes = [Int.max]
  var maxBytes = 1 << 20
  var maxRows = Int.max
  var from: FilePosition?
  var header: [String]?
  /// Whether plain dialects go through the fast scanner.
  var usesFastScanner = true

  /// Reads all of `bytes`, which begin at `from`.
  func read(_ bytes: [UInt8]) throws -> ReadFile {
    let reader = CSVReader(
      source: BytesSource(bytes, blockSizes: blockSizes), dialect: dialect, limits: limits,
      from: from, header: header)
    reader.usesFastScanner = usesFastScanner
    var file = ReadFile(names: try reader.readHeader().names)
    let batch = RecordBatch(capacity: 64)
    while try reader.read(into: batch, maxBytes: maxBytes, maxRows: maxRows) {
      for index in batch.rows.indices { file.rows.append(row(index, of: batch)) }
      file.ends.append(batch.end)
      file.isPlainASCII = file.isPlainASCII && batch.isPlainASCII
      file.storageBytes = max(file.storageBytes, batch.storage.count)
    }
    return file
  }

  /// Reads all of `text`.
  func read(_ text: String) throws -> ReadFile {
    try read(Array(text.utf8))
  }

  private func row(_ index: Int, of batch: RecordBatch) -> Row {
    let row = batch.rows[index]
    let fields = batch.fields[
      (index * batch.fieldsPerRow)..<((index + 1) * batch.fieldsPerRow)]
    return Row(
      number: row.number, line: row.line,
      fields: row.fault != nil
        ? []
        : fields.map { field in
          field.count == 0 && !field.isQuoted
            ? nil : String(decoding: batch.bytes(of: field), as: UTF8.self)
        },
      raw: String(decoding: batch.raw(of: row), as: UTF8.self), fault: row.fault)
  }
}
