import ImportModel

/// One row of a sheet while its cells come in: its text as CSV, and where in it the fields are.
struct RowAssembly: ~Copyable {
  /// Number of the row in its sheet, the first one being 1.
  var number: Int64 = 0
  /// Where the row ends in the sheet's XML.
  var end: Int64 = 0
  /// Whether there is a value in any cell.
  var hasValues: Bool { !fields.isEmpty }
  /// The last column with a value, counted from 1.
  var columns: Int { fields.count }

  private let limits: ReadingLimits
  /// The row as RFC 4180 CSV, up to its last value.
  private var raw = ByteBuffer(capacity: 4096)
  /// Values in which a quote was doubled in `raw`, as they are.
  private var plain = ByteBuffer(capacity: 256)
  private var fields: ContiguousArray<Field> = []
  private var badCells: [BadCell] = []
  private var isTooLong = false

  private struct Field {
    var offset = 0
    var count = 0
    var isQuoted = false
    var isInPlain = false
  }

  init(limits: ReadingLimits) {
    self.limits = limits
  }

  /// Empties it for the next row.
  mutating func begin() {
    raw.count = 0
    plain.count = 0
    fields.removeAll(keepingCapacity: true)
    if !badCells.isEmpty { badCells.removeAll() }
    isTooLong = false
  }

  /// Puts a value into a column, counted from 0, behind the last one.
  ///
  /// - Parameter isText: whether it is text: then it counts as quoted.
  mutating func append(_ value: UnsafeRawBufferPointer, column: Int, isText: Bool) {
    while fields.count < column {
      if !fields.isEmpty { raw.append(UInt8(ascii: ",")) }
      fields.append(Field(offset: raw.count))
    }
    if !fields.isEmpty { raw.append(UInt8(ascii: ",")) }
    if raw.count + value.count > limits.maxRowBytes { isTooLong = true }
    if isTooLong {
      keepSome(of: value)
      fields.append(Field(offset: raw.count))
    } else if isText && RowAssembly.needsQuotes(value) {
      appendQuoted(value)
    } else {
      fields.append(Field(offset: raw.count, count: value.count, isQuoted: isText))
      raw.append(value)
    }
  }

  /// Puts an error into a column.
  mutating func append(bad value: UnsafeRawBufferPointer, column: Int) {
    append(value, column: column, isText: false)
    let shown = UnsafeRawBufferPointer(rebasing: value.prefix(Reject.valueLimit))
    badCells.append(BadCell(field: column, text: String(decoding: shown, as: UTF8.self)))
  }

  private mutating func keepSome(of value: UnsafeRawBufferPointer) {
    let room = limits.maxRawBytes - raw.count
    if room > 0 { raw.append(UnsafeRawBufferPointer(rebasing: value.prefix(room))) }
  }

  private mutating func appendQuoted(_ value: UnsafeRawBufferPointer) {
    raw.append(UInt8(ascii: "\""))
    let start = raw.count
    raw.reserve(value.count * 2)
    for byte in value {
      if byte == UInt8(ascii: "\"") { raw.append(byte) }
      raw.append(byte)
    }
    if raw.count - start == value.count {
      fields.append(Field(offset: start, count: value.count, isQuoted: true))
    } else {
      fields.append(
        Field(offset: plain.count, count: value.count, isQuoted: true, isInPlain: true))
      plain.append(value)
    }
    raw.append(UInt8(ascii: "\""))
    if raw.count > limits.maxRowBytes { isTooLong = true }
  }

  /// An empty text is quoted as well, so that it is told from NULL.
  private static func needsQuotes(_ value: UnsafeRawBufferPointer) -> Bool {
    if value.isEmpty { return true }
    for byte in value {
      switch byte {
      case UInt8(ascii: ","), UInt8(ascii: "\""), 0x0A, 0x0D: return true
      default: continue
      }
    }
    return false
  }
}

// MARK: - Handing the row over

extension RowAssembly {
  /// The values as texts, for a header.
  func texts() -> [String] {
    fields.map { field in
      let bytes = field.isInPlain ? plain.bytes : raw.bytes
      let value = UnsafeRawBufferPointer(
        rebasing: bytes[field.offset..<(field.offset + field.count)])
      return String(decoding: value, as: UTF8.self)
    }
  }

  /// The row as CSV, up to its last value.
  var rawBytes: [UInt8] { Array(raw.bytes) }

  /// Whether the row is longer than a row may be.
  var exceedsLimit: Bool { isTooLong }

  /// How many bytes the row takes in a batch of so many columns, at most.
  func bytes(width: Int) -> Int { raw.count + plain.count + max(0, width - fields.count) }

  /// Appends the row to a batch.
  func move(to batch: RecordBatch, width: Int, rowNumber: Int64) {
    batch.reserve(batch.count + bytes(width: width))
    let start = batch.count
    let fault = fault(width: width)
    append(raw.bytes, to: batch)
    for _ in min(max(fields.count, 1), width)..<width where !isTooLong {
      withUnsafeBytes(of: UInt8(ascii: ",")) { append($0, to: batch) }
    }
    let rawCount = isTooLong ? min(raw.count, limits.maxRawBytes) : batch.count - start
    let plainStart = batch.count
    append(plain.bytes, to: batch)
    for field in fields.prefix(width) {
      batch.fields.append(
        FieldSlice(
          offset: (field.isInPlain ? plainStart : start) + field.offset, count: field.count,
          isQuoted: field.isQuoted))
    }
    for _ in min(fields.count, width)..<width {
      batch.fields.append(FieldSlice(offset: start, count: 0, isQuoted: false))
    }
    batch.rows.append(
      RecordRow(
        number: rowNumber, line: number, rawOffset: start, rawCount: rawCount, fault: fault))
  }

  private func fault(width: Int) -> RowFault? {
    if isTooLong { return .tooLong(limit: limits.maxRowBytes) }
    if fields.count > width { return .fieldCount(found: fields.count) }
    return badCells.isEmpty ? nil : .badCells(badCells)
  }

  private func append(_ bytes: UnsafeRawBufferPointer, to batch: RecordBatch) {
    guard !bytes.isEmpty else { return }
    UnsafeMutableRawBufferPointer(rebasing: batch.storage[batch.count...]).copyMemory(from: bytes)
    batch.count += bytes.count
  }
}
