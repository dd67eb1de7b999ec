import ImportModel

/// A field as a test writes it.
enum Cell: Sendable, ExpressibleByStringLiteral {
  /// Without quotes.
  case plain(String)
  /// In quotes.
  case quoted(String)
  /// Without quotes, bytes that may be no text.
  case bytes([UInt8])

  init(stringLiteral value: String) { self = .plain(value) }

  fileprivate var content: [UInt8] {
    switch self {
    case .plain(let text), .quoted(let text): Array(text.utf8)
    case .bytes(let bytes): bytes
    }
  }

  fileprivate var isQuoted: Bool {
    if case .quoted = self { true } else { false }
  }
}

/// A row as a test writes it.
struct TestRow: Sendable {
  var cells: [Cell]
  var fault: RowFault?

  init(_ cells: [Cell], fault: RowFault? = nil) {
    self.cells = cells
    self.fault = fault
  }
}

extension RecordBatch {
  /// A batch as Reading would make it; row `i` has number `i + 1` and begins on line `i + 2`.
  static func of(_ rows: [TestRow], fieldsPerRow: Int) -> RecordBatch {
    let batch = RecordBatch(capacity: 64)
    batch.fieldsPerRow = fieldsPerRow
    for (index, row) in rows.enumerated() {
      let start = batch.count
      for field in 0..<fieldsPerRow {
        if field > 0 { batch.append([UInt8(ascii: ",")]) }
        let cell = field < row.cells.count ? row.cells[field] : Cell.plain("")
        batch.fields.append(
          FieldSlice(offset: batch.count, count: cell.content.count, isQuoted: cell.isQuoted))
        batch.append(cell.content)
      }
      batch.rows.append(
        RecordRow(
          number: Int64(index + 1), line: Int64(index + 2), rawOffset: start,
          rawCount: batch.count - start, fault: row.fault))
      batch.append([0x0A])
    }
    batch.end = FilePosition(
      byte: Int64(batch.count), row: Int64(rows.count), line: Int64(rows.count + 1))
    return batch
  }

  private func append(_ bytes: [UInt8]) {
    reserve(count + bytes.count)
    for (index, byte) in bytes.enumerated() { storage[count + index] = byte }
    count += bytes.count
    if bytes.contains(where: { $0 == 0 || $0 > 0x7F }) { isPlainASCII = false }
  }
}
