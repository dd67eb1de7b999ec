import ImportModel

/// One batch while it is being filled: which of its bytes are rows already, and where that is in the file.
struct BatchFilling {
  /// What a batch has in common with all others of its file.
  struct Context {
    let columns: Int
    let dialect: CheckedDialect
    /// Whether the fast scanner goes over the bytes; it understands plain dialects only.
    let isFast: Bool
    let limits: ReadingLimits
    let unquoted: UnquotedFields
  }

  let batch: RecordBatch
  private let context: Context
  private let start: FilePosition
  private let maxRows: Int

  /// Offset in the batch behind the last whole row.
  private(set) var rowStart = 0
  private var line: Int64
  /// Bytes of the file that were taken and are not in the batch.
  private var droppedBytes = 0
  private var firstSpecial = Int.max

  init(_ batch: RecordBatch, context: Context, start: FilePosition, maxRows: Int) {
    batch.removeAll()
    batch.fieldsPerRow = context.columns
    context.unquoted.removeAll()
    self.batch = batch
    self.context = context
    self.start = start
    self.maxRows = max(1, min(maxRows, ReadingLimits.maxFields / context.columns))
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
  mutating func scan(isEnd: Bool, onlyOne: Bool) -> ScanStop {
    let goal = onlyOne ? min(batch.rows.count + 1, maxRows) : maxRows
    var stop = ScanStop.room
    while stop == .room && batch.rows.count < goal {
      stop = scan(isEnd: isEnd, room: makeRoom(goal: goal))
    }
    return stop
  }

  private mutating func scan(isEnd: Bool, room: Int) -> ScanStop {
    let bytes = batch.storage.assumingMemoryBound(to: UInt8.self).baseAddress!
    let input = ScanInput(
      bytes: bytes, count: batch.count, isEnd: isEnd, columns: context.columns,
      maxRowBytes: context.limits.maxRowBytes, firstField: batch.fields.count,
      firstRow: position.row + 1)
    var stop = ScanStop.room
    batch.fields.append(addingCapacity: room * context.columns) { fields in
      fields.withUnsafeMutableBufferPointer { fields, fieldCount in
        batch.rows.append(addingCapacity: room) { rows in
          rows.withUnsafeMutableBufferPointer { rows, rowCount in
            let target = ScanTarget(
              rowStart: rowStart, line: line, room: room, fields: fields.baseAddress!,
              rows: rows.baseAddress!, unquoted: context.unquoted)
            (stop, rowCount) = scan(input, into: target)
            fieldCount = rowCount * context.columns
          }
        }
      }
    }
    return stop
  }

  private mutating func scan(_ input: ScanInput, into target: ScanTarget) -> (ScanStop, rows: Int) {
    if context.isFast, let plain = context.dialect.plain {
      run(RowScanner(input, target: target, dialect: plain))
    } else {
      run(GeneralScanner(input, target: target, dialect: context.dialect))
    }
  }

  private mutating func run(_ scanner: some RowScanning) -> (ScanStop, rows: Int) {
    var scanner = scanner
    let stop = scanner.run()
    rowStart = scanner.rowStart
    line = scanner.line
    firstSpecial = min(firstSpecial, scanner.firstSpecial)
    return (stop, scanner.rowCount)
  }

  /// Finds memory for some more rows, at most up to `goal`, and returns for how many. It grows in doubles.
  private func makeRoom(goal: Int) -> Int {
    let wanted = goal - batch.rows.count
    let spareFields = batch.fields.capacity - batch.fields.count
    let spareRows = batch.rows.capacity - batch.rows.count
    let spare = min(spareFields / context.columns, spareRows)
    if spare > 0 { return min(wanted, spare) }
    let growth = min(wanted, max(64, batch.rows.count))
    batch.rows.reserveCapacity(batch.rows.count + growth)
    batch.fields.reserveCapacity(batch.fields.count + growth * context.columns)
    return growth
  }

  /// Makes the first line of the rest a faulty row, so that reading goes on behind it as if no quote were
  /// open. Returns false, and does nothing, when the end of that line is not known yet.
  ///
  /// - Parameter overrun: what cannot be ended at its own end.
  mutating func endLine(of overrun: Overrun, isEnd: Bool) -> Bool {
    let search = LineSearch(in: rest, isEnd: isEnd, escape: overrun.escape(in: context.dialect))
    if let end = search.end {
      append(overrun, length: end.offset)
      rowStart += end.next
      line += 1 + search.escapedLines
    } else if isEnd {
      append(overrun, length: rest.count)
      rowStart = batch.count
      line += search.escapedLines
    } else {
      return false
    }
    return true
  }

  /// Makes the rest, whose line goes on, a faulty row, and keeps no more of it than its raw text. Returns
  /// the bytes at its end, valid until the batch changes, that have to be looked at again.
  mutating func cutLine(of overrun: Overrun) -> UnsafeRawBufferPointer {
    let rest = rest
    let search = LineSearch(in: rest, isEnd: false, escape: overrun.escape(in: context.dialect))
    append(overrun, length: rest.count)
    let kept = overrun == .comment ? 0 : context.limits.maxRawBytes
    batch.count = min(batch.count, rowStart + kept)
    drop(search.judged - (batch.count - rowStart), lines: search.escapedLines)
    rowStart = batch.count
    return UnsafeRawBufferPointer(rebasing: rest[search.judged...])
  }

  /// Counts bytes that were read and are not kept.
  mutating func drop(_ bytes: Int, lines: Int64) {
    droppedBytes += bytes
    line += lines
  }

  private mutating func append(_ overrun: Overrun, length: Int) {
    // The scanner has not seen all of it.
    if rest.prefix(length).contains(where: { $0 == 0 || $0 > 0x7F }) {
      firstSpecial = min(firstSpecial, rowStart)
    }
    guard case .row(let fault) = overrun else { return }
    var kept = length
    if case .tooLong = fault { kept = min(length, context.limits.maxRawBytes) }
    let empty = FieldSlice(offset: rowStart, count: 0, isQuoted: false)
    batch.fields.append(contentsOf: repeatElement(empty, count: context.columns))
    batch.rows.append(
      RecordRow(
        number: position.row + 1, line: line + 1, rawOffset: rowStart, rawCount: kept, fault: fault)
    )
  }

  /// Closes the batch, whose rest must have been taken out of it by now.
  mutating func finish() {
    batch.end = position
    batch.isPlainASCII = firstSpecial >= rowStart
    batch.count = rowStart
    context.unquoted.move(to: batch)
  }
}
