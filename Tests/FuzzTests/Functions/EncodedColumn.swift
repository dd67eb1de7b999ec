import ImportModel

@testable import Validation

/// One column of some rows of a batch, encoded as `BatchValidator` does it.
struct EncodedColumn {
  struct Value: Equatable {
    let state: CellState
    /// What goes to Postgres, where the column has it in its own memory.
    let bytes: [UInt8]
  }

  private(set) var values: [Value] = []
  /// The texts as the encoder saw them.
  private(set) var texts: [String] = []

  init(
    _ batch: RecordBatch, _ rows: Range<Int>, _ target: TargetColumn, _ options: ValidationOptions
  ) throws {
    let column = BatchColumn(
      MappedColumn(field: 0, header: "h", column: target), options: options,
      nullWords: NullWords(options.nullWords, areTexts: options.marksText))
    var flags = ContiguousArray(repeating: RowFlags(), count: max(rows.count, 1))
    try flags.withUnsafeMutableBufferPointer { flags in
      try batch.fields.withUnsafeBufferPointer { fields in
        guard let flags = flags.baseAddress, let fields = fields.baseAddress else { return }
        let source = FieldSource(
          bytes: UnsafeRawPointer(batch.storage.baseAddress!), fields: fields + rows.lowerBound,
          fieldsPerRow: 1, rowCount: rows.count, flags: flags, isPlainASCII: batch.isPlainASCII,
          nullWords: column.nullWords, nullState: target.isRequired ? .required : .null)
        let plain = column.rewriter?.run(source, storage: UnsafeRawBufferPointer(batch.storage))
        column.encoder.run(plain ?? source, into: column.buffer)
        column.rewriter?.noteMisfits(in: column.buffer, plain ?? source)
        try take(column, plain ?? source)
      }
    }
  }

  private mutating func take(_ column: BatchColumn, _ source: FieldSource) throws {
    let buffer = column.buffer
    var doubtful = 0
    for row in 0..<source.rowCount {
      let state = buffer.states[row]
      // Read as a number, as memory that nobody wrote would be no case of the enumeration.
      try hold(
        UnsafeRawPointer(buffer.states + row).load(as: UInt8.self) <= CellState.refused.rawValue,
        "each row has a state")
      if state == .doubtful { doubtful += 1 }
      try hold(
        source.flags[row].contains(.faulty) == state.isFault, "a row is faulty by its values")
      let text = source.text(source.slice(row))
      texts.append(String(decoding: text, as: UTF8.self))
      values.append(Value(state: state, bytes: state == .value ? try bytes(row, column) : []))
    }
    try holdEqual(buffer.doubtfulCount, doubtful, "doubtful values are counted")
  }

  private func bytes(_ row: Int, _ column: BatchColumn) throws -> [UInt8] {
    let buffer = column.buffer
    switch column.layout {
    case .fixed(let width):
      return Array(UnsafeRawBufferPointer(start: buffer.payload + row * width, count: width))
    case .variable:
      let span = buffer.spans[row]
      try hold(
        Int(span.offset) + Int(span.count) <= buffer.payloadCount, "values lie in their column")
      return Array(
        UnsafeRawBufferPointer(start: buffer.payload + Int(span.offset), count: Int(span.count)))
    case .text, .versionedText: return []
    }
  }
}
