import ImportModel
import Reading

/// What a reader makes of a file.
struct ReadTable: Equatable {
  struct Row: Equatable {
    let number: Int64
    let line: Int64
    /// nil is NULL; of a faulty row, whose fields mean nothing, there are none.
    let fields: [Field]
    let raw: [UInt8]
    let fault: RowFault?
  }

  struct Field: Equatable, CustomStringConvertible {
    let bytes: [UInt8]
    let isQuoted: Bool

    var isNull: Bool { bytes.isEmpty && !isQuoted }
    var description: String {
      "\(isQuoted ? "quoted" : "plain") \(String(decoding: bytes, as: UTF8.self).debugDescription)"
    }
  }

  var names: [String] = []
  var rows: [Row] = []
  var ends: [FilePosition] = []
  /// Where the reader stood in the end.
  var position = FilePosition()
  var error: ReadingError?

  /// Reads all of a file, and checks each batch by itself.
  ///
  /// - Throws: `FuzzBreach`, and whatever is no `ReadingError`.
  init(_ reader: any RowReader, maxBytes: Int, maxRows: Int) throws {
    do {
      names = try reader.readHeader().names
      try holdEqual(try reader.readHeader().names, names, "the header is the same when asked again")
      let batch = RecordBatch(capacity: 64)
      while try reader.read(into: batch, maxBytes: maxBytes, maxRows: maxRows) {
        try hold(!batch.rows.isEmpty, "a batch has a row")
        try take(batch, maxRows: maxRows)
        try holdEqual(reader.position, batch.end, "the reader stands behind its batch")
      }
      try hold(batch.rows.isEmpty, "at the end the batch is empty")
      try hold(
        try !reader.read(into: batch, maxBytes: maxBytes, maxRows: maxRows),
        "after the end there are no rows")
      position = reader.position
    } catch let error as ReadingError {
      self.error = error
    }
  }

  private mutating func take(_ batch: RecordBatch, maxRows: Int) throws {
    let width = batch.fieldsPerRow
    try hold(width == names.count, "rows are as wide as the header")
    try hold(batch.rows.count <= max(maxRows, 1), "a batch keeps to maxRows")
    try hold(batch.fields.count == batch.rows.count * width, "every row has all fields")
    try hold(batch.count <= batch.storage.count, "a batch counts no more than it stores")
    for field in batch.fields {
      try hold(field.offset + field.count <= batch.count, "fields lie in the storage")
    }
    for index in batch.rows.indices { try takeRow(index, of: batch) }
    if batch.isPlainASCII {
      let isPlain = !batch.storage[..<batch.count].contains { $0 == 0 || $0 > 0x7F }
      try hold(isPlain, "a batch of plain ASCII has no other bytes")
    }
    let last = ends.last ?? FilePosition(byte: -1, row: 0, line: 0)
    try hold(batch.end.byte > last.byte, "positions go on in bytes")
    try hold(batch.end.line >= last.line, "positions go on in lines")
    try hold(batch.end.row == rows.last?.number, "a batch ends with its last row")
    ends.append(batch.end)
  }

  private mutating func takeRow(_ index: Int, of batch: RecordBatch) throws {
    let row = batch.rows[index]
    let width = batch.fieldsPerRow
    try hold(
      row.rawOffset >= 0 && row.rawCount >= 0 && row.rawOffset + row.rawCount <= batch.count,
      "rows lie in the storage")
    if let last = rows.last {
      try hold(row.number == last.number + 1, "rows are numbered one by one")
      try hold(row.line >= last.line, "lines go on")
    }
    var hasFields = row.fault == nil
    if case .badCells = row.fault { hasFields = true }
    let fields = hasFields ? batch.fields[(index * width)..<((index + 1) * width)] : []
    rows.append(
      Row(
        number: row.number, line: row.line,
        fields: fields.map { Field(bytes: Array(batch.bytes(of: $0)), isQuoted: $0.isQuoted) },
        raw: Array(batch.raw(of: row)), fault: row.fault))
  }

  /// Holds what was read of the same file in other blocks and batches against this table.
  ///
  /// Where reading ends with an error, the rows before that may come or not: those of its batch do not. What
  /// an error says besides its code may depend on how much of the file was seen.
  func holdRows(of other: ReadTable) throws {
    try holdEqual(other.names, names, "block sizes do not change the header")
    try holdEqual(other.error?.code, error?.code, "block sizes do not change the error")
    try hold(error != nil || rows.count == other.rows.count, "block sizes lose no row")
    try holdEqual(other.position, position, "block sizes do not change where reading ends")
    let common = min(rows.count, other.rows.count)
    try holdEqual(
      Array(other.rows.prefix(common)), Array(rows.prefix(common)),
      "block sizes do not change the rows")
  }

  /// Some of the places where a reader may go on: the first few, and the last few.
  var someEnds: [FilePosition] { ends.count <= 6 ? ends : Array(ends.prefix(3) + ends.suffix(3)) }

  /// Holds the rest that another reader has read from one of the ends against this table.
  func holdRest(_ rest: ReadTable, from end: FilePosition) throws {
    let first = end.row - (rows.first.map { $0.number - 1 } ?? 0)
    try holdEqual(rest.rows, Array(rows[Int(first)...]), "the rest from \(end) is the same")
    try holdEqual(rest.error?.code, error?.code, "the rest from \(end) ends in the same way")
    try holdEqual(rest.position, position, "the rest from \(end) ends in the same place")
  }
}
