import ImportModel

/// Finds the rows of any dialect, byte by byte; see `RowScanning`.
///
/// In a dialect that `RowScanner` understands too, both stop at the same places with the same rows.
struct GeneralScanner: RowScanning {
  private let input: ScanInput
  private let target: ScanTarget
  private let dialect: CheckedDialect
  private var walk: StructureWalk

  private(set) var rowStart: Int
  private(set) var line: Int64
  private(set) var rowCount = 0
  /// The first field whose value has such a byte by an escape.
  private var firstSpecialValue = Int.max
  var firstSpecial: Int { min(walk.firstSpecial, firstSpecialValue) }

  // The row at `rowStart`, as far as it is known.
  private var rowFields: UnsafeMutablePointer<FieldSlice>
  private var column = 0
  private var rowHasValues = false

  init(_ input: ScanInput, target: ScanTarget, dialect: CheckedDialect) {
    self.input = input
    self.target = target
    self.dialect = dialect
    walk = StructureWalk(
      input.bytes, from: target.rowStart, to: input.count, isEnd: input.isEnd, dialect: dialect)
    rowStart = target.rowStart
    line = target.line
    rowFields = target.fields
  }

  mutating func run() -> ScanStop {
    while true {
      switch walk.next() {
      case .delimiter:
        endField(walk.field)
      case .rowEnd:
        if let stop = endRow() { return stop }
      case .comment:
        line &+= walk.lines
        rowStart = walk.index
      case .end:
        return input.isEnd ? finish() : abandonRow(stopAmidRow)
      }
    }
  }

  private var stopAmidRow: ScanStop {
    // One more than the limit, because a CR as the last byte done may be half of the line end.
    let isTooLong = input.count - dialect.lookahead - rowStart > input.maxRowBytes + 1
    if isTooLong { return walk.isInComment ? .longComment : .tooLong }
    return .bytes
  }

  /// Makes a row of what stands behind the last line end of the file.
  private mutating func finish() -> ScanStop {
    if rowStart == input.count { return .bytes }
    if input.count - rowStart > input.maxRowBytes { return abandonRow(.tooLong) }
    if walk.isInQuotes { return abandonRow(.openQuote) }
    endField(walk.field)
    appendRow(endingAt: input.count)
    rowStart = input.count
    return .bytes
  }

  /// Ends the row at a line end. Returns nil when scanning goes on.
  private mutating func endRow() -> ScanStop? {
    let end = walk.field.end
    if end &- rowStart > input.maxRowBytes { return abandonRow(.tooLong) }
    // An empty line is no row, unless a row is a single field.
    if end > rowStart || input.columns == 1 {
      endField(walk.field)
      appendRow(endingAt: end)
    }
    line &+= walk.lines
    rowStart = walk.index
    return rowCount < target.room ? nil : .room
  }

  private mutating func endField(_ span: FieldSpan) {
    if column < input.columns { rowFields[column] = slice(span) }
    column &+= 1
  }

  private mutating func slice(_ span: FieldSpan) -> FieldSlice {
    let count = span.end &- span.start
    switch span.coding {
    case .none: return FieldSlice(offset: span.start, count: count, isQuoted: false)
    case .quoted: return FieldSlice(offset: span.start &+ 1, count: count &- 2, isQuoted: true)
    case .null: return FieldSlice(offset: span.start, count: 0, isQuoted: false)
    case .mixed: return decode(span)
    }
  }

  private mutating func decode(_ span: FieldSpan) -> FieldSlice {
    rowHasValues = true
    let text = UnsafeRawBufferPointer(
      start: input.bytes + span.start, count: span.end &- span.start)
    let slice = target.unquoted.append(
      text, decoding: dialect.decoding, index: firstFieldOfRow + column)
    // Only `\377` and the like make such bytes of others.
    if dialect.hasSequences && target.unquoted.isSpecial(slice) {
      firstSpecialValue = min(firstSpecialValue, span.start)
    }
    return slice
  }

  /// Number in the batch of the first field of the row at `rowStart`.
  private var firstFieldOfRow: Int { input.firstField + rowCount * input.columns }

  private mutating func appendRow(endingAt end: Int) {
    let fault: RowFault? = column == input.columns ? nil : dropFields()
    (target.rows + rowCount).initialize(
      to: RecordRow(
        number: input.firstRow &+ Int64(truncatingIfNeeded: rowCount), line: line &+ 1,
        rawOffset: rowStart, rawCount: end &- rowStart, fault: fault))
    rowCount &+= 1
    rowFields += input.columns
    column = 0
    rowHasValues = false
  }

  /// Empties the fields of a row that has too many or too few.
  private mutating func dropFields() -> RowFault {
    let empty = FieldSlice(offset: rowStart, count: 0, isQuoted: false)
    rowFields.update(repeating: empty, count: input.columns)
    if rowHasValues { target.unquoted.remove(from: firstFieldOfRow) }
    return .fieldCount(found: column)
  }

  /// Forgets what is known of the row at `rowStart`.
  private mutating func abandonRow(_ stop: ScanStop) -> ScanStop {
    if rowHasValues { target.unquoted.remove(from: firstFieldOfRow) }
    return stop
  }
}
