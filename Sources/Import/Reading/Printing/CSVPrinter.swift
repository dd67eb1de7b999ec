public import ImportModel

/// Writes rows as plain CSV (RFC 4180): commas, and double quotes where they are needed, whatever the
/// file was that they were read from.
///
/// An empty field without quotes is NULL and one with quotes is the empty string, as in Postgres's
/// `COPY … (FORMAT csv)`. Lines end with LF, which every reader of CSV takes. Equal rows are written
/// equally, however they stood in their file.
///
/// Rows that stand in their file as they would be written are copied as they are, with their neighbours
/// where these follow at once. One thread owns it.
public final class CSVPrinter {
  private var output = ByteBuffer(capacity: 64 << 10)
  /// Whether the raw text of a row that needs no other quotes is what would be written of it.
  private let copiesRaw: Bool

  /// Has written nothing.
  ///
  /// - Parameter source: what the rows are read from. Without it each field is written by itself.
  public init(_ source: FilePlan.Content? = nil) {
    if case .csv(let dialect) = source {
      copiesRaw =
        dialect.delimiter == [.comma] && dialect.quote == .doubleQuote && dialect.escapeByte == nil
    } else {
      copiesRaw = false
    }
  }

  /// What was written since `removeAll()`. Valid until more is written.
  public var bytes: UnsafeRawBufferPointer { output.bytes }

  /// Forgets what was written, and keeps the memory.
  public func removeAll() { output.count = 0 }

  /// Writes a line of names.
  public func append(names: [String]) {
    for (index, name) in names.enumerated() {
      if index > 0 { output.append(.comma) }
      var name = name
      name.withUTF8 { append(UnsafeRawBufferPointer($0), isNull: false, isOnly: names.count == 1) }
    }
    output.append(.lf)
  }

  /// Writes rows of a batch, none of which has a fault.
  public func append(rows: Range<Int>, of batch: RecordBatch) {
    guard copiesRaw, batch.fieldsPerRow > 1 else {
      for index in rows { append(row: index, of: batch) }
      return
    }
    let width = batch.fieldsPerRow
    batch.fields.withUnsafeBufferPointer { fields in
      batch.rows.withUnsafeBufferPointer { rowList in
        guard let first = fields.baseAddress, let storage = batch.storage.baseAddress else {
          return
        }
        var run = RawRun(storage: UnsafeRawPointer(storage))
        for index in rows {
          let row = RawRow(
            first + index &* width, width, rowList[index].rawOffset, rowList[index].rawCount,
            UnsafeRawPointer(storage))
          let isRaw = row.isPrinted
          if isRaw, run.extend(by: row) { continue }
          run.flush(to: &output)
          if isRaw { run.begin(row) } else { append(row: index, of: batch) }
        }
        run.flush(to: &output)
      }
    }
  }

  private func append(row index: Int, of batch: RecordBatch) {
    let width = batch.fieldsPerRow
    for column in 0..<width {
      if column > 0 { output.append(.comma) }
      let field = batch.fields[index * width + column]
      append(
        batch.bytes(of: field), isNull: field.count == 0 && !field.isQuoted, isOnly: width == 1)
    }
    output.append(.lf)
  }

  private func append(_ field: UnsafeRawBufferPointer, isNull: Bool, isOnly: Bool) {
    // An empty line would be no row.
    if isNull && !isOnly { return }
    guard field.isEmpty || QuoteNeed.isThere(field) else {
      output.append(field)
      return
    }
    output.append(.doubleQuote)
    var start = 0
    for (index, byte) in field.enumerated() where byte == .doubleQuote {
      output.append(UnsafeRawBufferPointer(rebasing: field[start...index]))
      output.append(.doubleQuote)
      start = index + 1
    }
    output.append(UnsafeRawBufferPointer(rebasing: field[start...]))
    output.append(.doubleQuote)
  }
}
