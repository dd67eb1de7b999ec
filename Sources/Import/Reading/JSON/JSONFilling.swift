import ImportModel

/// One batch while it is being filled: which of its bytes are rows already, and where that is in the file.
struct JSONFilling {
  /// What a batch has in common with all others of its file.
  struct Context {
    let form: JSONForm
    let columns: Int
    let limits: ReadingLimits
    let memory: JSONScanMemory
  }

  let batch: RecordBatch
  private let context: Context
  private let start: FilePosition
  private let maxRows: Int

  /// Offset in the batch behind the last row, or, while it has none, behind what was passed.
  private(set) var rowStart = 0
  /// What has been passed before the next record.
  private(set) var lead: JSONLead
  private var line: Int64
  /// Bytes of the file that were taken and are not in the batch.
  private var droppedBytes = 0
  private var isASCII = true

  init(
    _ batch: RecordBatch, context: Context, start: FilePosition, lead: JSONLead, maxRows: Int
  ) {
    batch.removeAll()
    batch.fieldsPerRow = context.columns
    context.memory.unescaped.removeAll()
    self.batch = batch
    self.context = context
    self.start = start
    self.lead = lead
    self.maxRows = max(1, min(maxRows, ReadingLimits.maxFields / max(context.columns, 1)))
    line = start.line
  }

  /// The bytes of the batch that belong to no row yet.
  var rest: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: batch.storage[rowStart..<batch.count])
  }

  /// Whether the batch takes no more rows.
  var isFull: Bool { batch.rows.count >= maxRows }

  /// Where in the file the rest begins.
  var position: FilePosition {
    FilePosition(
      byte: start.byte + Int64(rowStart + droppedBytes), row: start.row + Int64(batch.rows.count),
      line: line)
  }

  /// Makes rows of the rest, as far as it goes.
  ///
  /// - Parameters:
  ///   - isEnd: whether the file ends behind the rest.
  ///   - onlyOne: whether to stop after one row.
  mutating func scan(isEnd: Bool, onlyOne: Bool) -> JSONRun.Stop {
    batch.reserve(batch.count + JSONBytes.padding)
    for offset in batch.count..<(batch.count + JSONBytes.padding) { batch.storage[offset] = 0 }
    let goal = onlyOne ? min(batch.rows.count + 1, maxRows) : maxRows
    while batch.rows.count < goal {
      let stop = scan(isEnd: isEnd, room: makeRoom(goal: goal))
      if case .room = stop { continue }
      return stop
    }
    return .room
  }

  private mutating func scan(isEnd: Bool, room: Int) -> JSONRun.Stop {
    guard let bytes = batch.storage.assumingMemoryBound(to: UInt8.self).baseAddress else {
      return .bytes
    }
    var stop = JSONRun.Stop.room
    let (firstField, rowsBefore) = (batch.fields.count, batch.rows.count)
    batch.fields.append(addingCapacity: room * context.columns) { fields in
      fields.withUnsafeMutableBufferPointer { fields, fieldCount in
        batch.rows.append(addingCapacity: room) { rows in
          rows.withUnsafeMutableBufferPointer { rows, rowCount in
            let input = JSONRun.Input(
              bytes: bytes, count: batch.count, isEnd: isEnd, form: context.form,
              columns: context.columns, limits: context.limits, firstField: firstField,
              rowsBefore: rowsBefore, firstRow: start.row + Int64(rowsBefore) + 1, room: room,
              fields: fields.baseAddress ?? context.memory.noFields,
              rows: rows.baseAddress!)
            var run = JSONRun(
              input, memory: context.memory, lead: lead, rowStart: rowStart, line: line)
            stop = run.run()
            rowCount = run.rowCount
            fieldCount = run.rowCount * context.columns
            take(run)
          }
        }
      }
    }
    return stop
  }

  private mutating func take(_ run: JSONRun) {
    rowStart = run.rowStart
    line = run.line
    lead = run.lead
    isASCII = isASCII && run.isASCII
  }

  /// Finds memory for some more rows, at most up to `goal`, and returns for how many. It grows in doubles.
  private func makeRoom(goal: Int) -> Int {
    let wanted = goal - batch.rows.count
    let spareRows = batch.rows.capacity - batch.rows.count
    let spareFields = batch.fields.capacity - batch.fields.count
    let spare = context.columns > 0 ? min(spareFields / context.columns, spareRows) : spareRows
    if spare > 0 { return min(wanted, spare) }
    let growth = min(wanted, max(64, batch.rows.count))
    batch.rows.reserveCapacity(batch.rows.count + growth)
    batch.fields.reserveCapacity(batch.fields.count + growth * context.columns)
    return growth
  }

  /// Makes a faulty row of a record that goes on, and keeps no more of it than its raw text. Returns the
  /// bytes that have to be looked at again.
  mutating func cut(_ broken: JSONRun.Broken) -> UnsafeRawBufferPointer {
    let again = UnsafeRawBufferPointer(rebasing: batch.storage[broken.looked..<batch.count])
    let passed = UnsafeBufferPointer(
      rebasing: UnsafeBufferPointer(batch.storage.assumingMemoryBound(to: UInt8.self))[
        broken.item..<broken.looked])
    var kept = min(context.limits.maxRawBytes, passed.count)
    while kept > 0 && passed[kept - 1].isJSONSpace { kept -= 1 }
    if passed[..<kept].contains(where: { $0 == 0 || $0 >= 0x80 }) { isASCII = false }
    let empty = FieldSlice(offset: broken.item, count: 0, isQuoted: false)
    batch.fields.append(contentsOf: repeatElement(empty, count: context.columns))
    batch.rows.append(
      RecordRow(
        number: start.row + Int64(batch.rows.count) + 1, line: broken.line + 1,
        rawOffset: broken.item, rawCount: kept, fault: broken.fault))
    line = broken.line + JSONBytes.lineEnds(in: passed)
    lead = JSONLead(context.form, isStart: false)
    rowStart = broken.item + kept
    batch.count = rowStart
    droppedBytes += broken.looked - rowStart
    return again
  }

  /// Counts bytes that were read and are not kept.
  mutating func drop(_ bytes: UnsafeRawBufferPointer) {
    droppedBytes += bytes.count
    line += JSONBytes.lineEnds(in: bytes.assumingMemoryBound(to: UInt8.self))
  }

  /// Closes the batch, whose rest must have been taken out of it by now.
  mutating func finish() {
    batch.end = position
    batch.isPlainASCII = isASCII && context.memory.tree.isASCII
    batch.count = rowStart
    context.memory.unescaped.move(to: batch)
  }
}
