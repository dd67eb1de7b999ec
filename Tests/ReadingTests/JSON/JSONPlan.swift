import ImportModel
import Reading

/// How a JSON file is read.
struct JSONPlan {
  var limits = ReadingLimits()
  var blockSizes = [Int.max]
  var maxBytes = 1 << 20
  var maxRows = Int.max
  var from: FilePosition?
  /// nil: as the survey finds it.
  var form: JSONForm?
  /// nil: those that the survey finds.
  var columns: [JSONColumn]?

  func survey(_ bytes: [UInt8]) throws -> JSONSurvey {
    try JSONSurvey(source: BytesSource(bytes, blockSizes: blockSizes), limits: limits)
  }

  /// Reads all of `bytes`, which begin at `from`.
  func read(_ bytes: [UInt8]) throws -> ReadFile {
    let survey = form == nil || columns == nil ? try survey(bytes) : nil
    let reader = JSONReader(
      source: BytesSource(bytes, blockSizes: blockSizes), form: form ?? survey?.form ?? .lines,
      columns: columns ?? survey?.columns ?? [], limits: limits, from: from)
    var file = ReadFile(names: try reader.readHeader().names)
    let batch = RecordBatch(capacity: 64)
    while try reader.read(into: batch, maxBytes: maxBytes, maxRows: maxRows) {
      for index in batch.rows.indices { file.rows.append(Self.row(index, of: batch)) }
      file.ends.append(batch.end)
      let used = batch.storage[..<batch.count]
      let isASCII = used.allSatisfy { $0 != 0 && $0 < 0x80 }
      // It may say no where it could say yes, never the other way round.
      if batch.isPlainASCII && !isASCII { throw NotASCII() }
      file.isPlainASCII = file.isPlainASCII && batch.isPlainASCII
      file.storageBytes = max(file.storageBytes, batch.storage.count)
    }
    return file
  }

  struct NotASCII: Error {}

  /// Reads all of `text`.
  func read(_ text: String) throws -> ReadFile {
    try read(Array(text.utf8))
  }

  /// The faults of all rows.
  func faults(_ text: String) throws -> [RowFault?] {
    try read(text).rows.map(\.fault)
  }

  private static func row(_ index: Int, of batch: RecordBatch) -> Row {
    let row = batch.rows[index]
    let fields = batch.fields[(index * batch.fieldsPerRow)..<((index + 1) * batch.fieldsPerRow)]
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
