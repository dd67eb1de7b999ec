import FoundationEssentials
import ImportModel
import Reading

/// How a workbook is read in a test, and what came out.
struct SheetReading {
  var sheet = SheetChoice.first
  var skipRows = 0
  var hasHeader = true
  var from: FilePosition?
  var header: [String]?
  var limits = ReadingLimits()
  var maxBytes = 1 << 20
  var maxRows = Int.max
  /// Batches that are read at most.
  var batches = Int.max

  /// A row as it came.
  struct Row: Equatable {
    var number: Int64
    var line: Int64
    /// A text in quotes begins with an apostrophe; nil is NULL.
    var fields: [String?]
    var raw: String
    var fault: RowFault?
  }

  /// What was read.
  struct Result {
    var names: [String] = []
    var rows: [Row] = []
    var ends: [FilePosition] = []
    var batchRows: [Int] = []
    var plainASCII: [Bool] = []
    var bytesTaken: [Int64] = []

    /// The fields of all rows.
    var fields: [[String?]] { rows.map(\.fields) }
  }

  /// Reads a workbook to its end.
  func read(_ bytes: [UInt8]) throws -> Result {
    try read(MemoryFile(bytes))
  }

  /// Reads a workbook to its end.
  func read(_ workbook: TestWorkbook) throws -> Result {
    try read(workbook.bytes)
  }

  private func read(_ file: MemoryFile) throws -> Result {
    let workbook = try XLSXWorkbook(
      file: file, limits: limits, scratch: FileManager.default.temporaryDirectory.path)
    let reader = try workbook.reader(
      sheet: sheet, skipRows: skipRows, hasHeader: hasHeader, from: from, header: header)
    var result = Result()
    result.names = try reader.readHeader().names
    result.bytesTaken.append(reader.bytesTaken)
    let batch = RecordBatch(capacity: 64)
    while result.ends.count < batches,
      try reader.read(into: batch, maxBytes: maxBytes, maxRows: maxRows)
    {
      result.rows += batch.rows.indices.map { row(at: $0, of: batch) }
      result.ends.append(batch.end)
      result.batchRows.append(batch.rows.count)
      result.plainASCII.append(batch.isPlainASCII)
      result.bytesTaken.append(reader.bytesTaken)
    }
    result.bytesTaken.append(reader.bytesTaken)
    return result
  }

  private func row(at index: Int, of batch: RecordBatch) -> Row {
    let row = batch.rows[index]
    let first = index * batch.fieldsPerRow
    let fields = batch.fields[first..<(first + batch.fieldsPerRow)].map { field -> String? in
      let text = String(decoding: batch.bytes(of: field), as: UTF8.self)
      if field.isQuoted { return "'" + text }
      return text.isEmpty ? nil : text
    }
    return Row(
      number: row.number, line: row.line, fields: fields,
      raw: String(decoding: batch.raw(of: row), as: UTF8.self), fault: row.fault)
  }

  /// The error that a workbook gives, or nil.
  func error(_ bytes: [UInt8]) -> ReadingError? {
    do {
      _ = try read(bytes)
      return nil
    } catch {
      return error as? ReadingError
    }
  }

  /// The error that a workbook gives, or nil.
  func error(_ workbook: TestWorkbook) -> ReadingError? { error(workbook.bytes) }

  /// The fields of the one row of a sheet without header.
  static func fields(_ cells: String, of workbook: (inout TestWorkbook) -> Void = { _ in }) throws
    -> [String?]
  {
    var made = TestWorkbook("<row r=\"1\">\(cells)</row>")
    workbook(&made)
    return try SheetReading(hasHeader: false).read(made).rows[0].fields
  }
}
