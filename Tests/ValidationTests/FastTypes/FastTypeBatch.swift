import ImportModel

@testable import Validation

/// Random texts of one type, and what its encoder makes of each, as binary tuples for two tables.
struct FastTypeBatch {
  /// `(i bigint, verdict "char", t text)`
  private(set) var texts: [UInt8] = []
  /// `(i bigint, v type)`: the rows that the encoder is sure of.
  private(set) var values: [UInt8] = []
  /// How many it is sure of, whether they are values or not.
  private(set) var sure = 0

  init(_ type: FastType, count: Int, random: inout RandomBytes) {
    let batch = RecordBatch(capacity: 1 << 20)
    batch.fieldsPerRow = 1
    var text: [UInt8] = []
    for row in 0..<count {
      random.text(of: type, into: &text)
      if text.contains(0) { text = [0x30] }
      batch.append(field: text)
      batch.rows.append(
        RecordRow(number: Int64(row), line: Int64(row), rawOffset: 0, rawCount: 0))
    }
    let encoder = ColumnEncoder(
      for: ColumnType(oid: 0, sqlName: type.sql, base: type.base),
      settings: ValidationSettings(timeZoneIsUTC: true, encodingIsUTF8: true))
    encode(batch, by: encoder)
  }

  private mutating func encode(_ batch: RecordBatch, by encoder: ColumnEncoder) {
    let buffer = ColumnBuffer()
    let count = batch.rows.count
    var flags = [RowFlags](repeating: [], count: count)
    batch.fields.withUnsafeBufferPointer { fields in
      guard let fields = fields.baseAddress, let bytes = batch.storage.baseAddress else { return }
      flags.withUnsafeMutableBufferPointer { flags in
        guard let flags = flags.baseAddress else { return }
        encoder.run(
          FieldSource(
            bytes: bytes, fields: fields, fieldsPerRow: 1, rowCount: count, flags: flags,
            isPlainASCII: batch.isPlainASCII, nullWords: .none, nullState: .null),
          into: buffer)
      }
      for row in 0..<count { note(buffer.states[row], row, fields[row], bytes) }
      assemble(batch, buffer, encoder.layout, fields)
    }
  }

  private mutating func note(
    _ state: CellState, _ row: Int, _ field: FieldSlice, _ bytes: UnsafeRawPointer
  ) {
    let verdict: Character =
      switch state {
      case .value: "v"
      case .null: "n"
      case .doubtful: "?"
      case .outOfRange: "o"
      case .tooLong: "l"
      default: "t"
      }
    if state != .doubtful, state != .null { sure += 1 }
    texts += [0, 3, 0, 0, 0, 8]
    withUnsafeBytes(of: Int64(row).bigEndian) { texts.append(contentsOf: $0) }
    texts += [0, 0, 0, 1, verdict.asciiValue ?? 0]
    withUnsafeBytes(of: Int32(field.count).bigEndian) { texts.append(contentsOf: $0) }
    texts.append(
      contentsOf: UnsafeRawBufferPointer(start: bytes + field.offset, count: field.count))
  }

  /// As a validator of a whole row would: what is not sure stays out.
  private mutating func assemble(
    _ batch: RecordBatch, _ buffer: ColumnBuffer, _ layout: PieceLayout,
    _ fields: UnsafePointer<FieldSlice>
  ) {
    let count = batch.rows.count
    let flags = (0..<count).map { buffer.states[$0] == .value ? RowFlags() : .faulty }
    let storage = UnsafeRawBufferPointer(batch.storage)
    let room = count * 64 + batch.count * 8 + buffer.payloadCount + TupleAssembler.slack
    var out = [UInt8](repeating: 0, count: room)
    guard let bytes = storage.baseAddress else { return }
    let piece = TupleAssembler.Piece(
      layout: layout, states: UnsafePointer(buffer.states), spans: UnsafePointer(buffer.spans),
      payload: UnsafeRawPointer(buffer.payload), judged: UnsafeRawPointer(buffer.judged),
      fields: fields, fieldStride: 1, storage: bytes, storageLimit: storage.count)
    let written = [piece].withUnsafeBufferPointer { pieces in
      batch.rows.withUnsafeBufferPointer { rows in
        flags.withUnsafeBufferPointer { flags in
          out.withUnsafeMutableBytes { out -> Int in
            guard let rows = rows.baseAddress, let flags = flags.baseAddress,
              let start = out.baseAddress
            else { return 0 }
            return TupleAssembler(
              pieces: pieces, rows: rows, flags: flags, rowCount: count, numbersRows: true
            )
            .run(into: start).bytes
          }
        }
      }
    }
    values = Array(out[..<written])
  }
}

extension RecordBatch {
  /// Appends a row of one field in quotes.
  fileprivate func append(field: [UInt8]) {
    reserve(count + field.count + 1)
    let start = count
    for byte in field {
      storage[count] = byte
      count += 1
      if byte > 0x7F { isPlainASCII = false }
    }
    storage[count] = 0x0A
    count += 1
    fields.append(FieldSlice(offset: start, count: field.count, isQuoted: true))
  }
}
