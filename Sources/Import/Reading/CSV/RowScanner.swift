import ImportModel

/// Finds the rows of a plain dialect, 64 bytes at a time; see `RowScanning`.
struct RowScanner: RowScanning {
  private let input: ScanInput
  private let dialect: PlainDialect
  private let unquoted: UnquotedFields
  private let rowRoom: Int
  private let rows: UnsafeMutablePointer<RecordRow>

  private(set) var rowStart: Int
  private(set) var line: Int64
  private(set) var rowCount = 0
  private(set) var firstSpecial = Int.max

  // The row at `rowStart`, as far as it is known.
  private var rowFields: UnsafeMutablePointer<FieldSlice>
  private var fieldStart: Int
  private var column = 0
  private var quotedLines: Int64 = 0
  private var fieldHasStrayQuotes = false
  private var rowHasStrayQuotes = false
  private var stop = ScanStop.bytes

  init(_ input: ScanInput, target: ScanTarget, dialect: PlainDialect) {
    self.input = input
    self.dialect = dialect
    unquoted = target.unquoted
    rowStart = target.rowStart
    line = target.line
    rowFields = target.fields
    rows = target.rows
    rowRoom = target.room
    fieldStart = rowStart
  }

  mutating func run() -> ScanStop {
    var carry = StructuralBlock.Carry()
    var base = rowStart
    // The byte behind a block has to be known: it tells CRLF from CR, and a closing quote from a stray one.
    while base &+ 64 < input.count {
      let block = StructuralBlock(
        at: input.bytes + base, valid: ~0, next: input.bytes[base &+ 64], dialect: dialect,
        carry: &carry)
      guard take(block, at: base) else { return abandonRow(stop) }
      base &+= 64
    }
    // The last byte but for the end of the file is only looked at.
    let rest = input.isEnd ? input.count - base : input.count - base - 1
    guard rest <= 0 || takeRest(rest, at: base, carry: &carry) else { return abandonRow(stop) }
    if input.isEnd { return finish(isInQuotes: carry.isInQuotes != 0) }
    // One more than the limit, because a CR as the last byte taken may be half of the line end.
    let isTooLong = input.count - 1 - rowStart > input.maxRowBytes + 1
    return abandonRow(isTooLong ? .tooLong : .bytes)
  }

  /// Takes the last bytes, 64 at most. Returns false when scanning has to stop, and then sets `stop`.
  private mutating func takeRest(
    _ count: Int, at base: Int, carry: inout StructuralBlock.Carry
  ) -> Bool {
    var bytes = SIMD64<UInt8>(repeating: UInt8(ascii: " "))
    return withUnsafeMutableBytes(of: &bytes) { buffer in
      buffer.copyMemory(from: UnsafeRawBufferPointer(start: input.bytes + base, count: count))
      let block = StructuralBlock(
        at: buffer.assumingMemoryBound(to: UInt8.self).baseAddress!,
        valid: ~0 >> UInt64(64 - count), next: input.isEnd ? nil : input.bytes[base + count],
        dialect: dialect, carry: &carry)
      return take(block, at: base)
    }
  }

  /// Makes a row of what stands behind the last line end of the file.
  private mutating func finish(isInQuotes: Bool) -> ScanStop {
    if rowStart == input.count { return .bytes }
    if input.count - rowStart > input.maxRowBytes { return abandonRow(.tooLong) }
    if isInQuotes { return abandonRow(.openQuote) }
    if fieldStart < input.count {
      endField(at: input.count)
    } else {
      endEmptyField()
    }
    appendRow(endingAt: input.count)
    rowStart = input.count
    return .bytes
  }

  /// Returns false when scanning has to stop, and then sets `stop`.
  @inline(__always)
  private mutating func take(_ block: StructuralBlock, at base: Int) -> Bool {
    if block.special != 0 && firstSpecial == .max {
      firstSpecial = base + block.special.trailingZeroBitCount
    }
    var events =
      block.delimiters | block.lineEnds | block.quotedLineEnds | block.strayQuotes
    while events != 0 {
      let bit = events & (0 &- events)
      let offset = base &+ events.trailingZeroBitCount
      events ^= bit
      if block.delimiters & bit != 0 {
        endField(at: offset)
        fieldStart = offset &+ 1
      } else if block.lineEnds & bit != 0 {
        guard endRow(at: offset) else { return false }
      } else if block.strayQuotes & bit != 0 {
        fieldHasStrayQuotes = true
      } else {
        quotedLines &+= 1
      }
    }
    return true
  }

  /// Ends a field at a byte that is no quote.
  @inline(__always)
  private mutating func endField(at end: Int) {
    if column < input.columns {
      rowFields[column] =
        fieldHasStrayQuotes ? unquote(fieldStart..<end) : field(fieldStart, end)
    }
    fieldHasStrayQuotes = false
    column &+= 1
  }

  /// The field between a start and an end, where `end` is the place of a byte that is no quote. Without
  /// stray quotes a field that begins with a quote ends with one.
  @inline(__always)
  private func field(_ start: Int, _ end: Int) -> FieldSlice {
    let quotes = UInt16(input.bytes[start]) == dialect.quoteOrNone ? 1 : 0
    return FieldSlice(
      offset: start &+ quotes, count: end &- start &- 2 &* quotes, isQuoted: quotes == 1)
  }

  /// Ends a field of no bytes at the end of the file.
  private mutating func endEmptyField() {
    if column < input.columns {
      rowFields[column] = FieldSlice(offset: fieldStart, count: 0, isQuoted: false)
    }
    column &+= 1
  }

  @inline(never)
  private mutating func unquote(_ field: Range<Int>) -> FieldSlice {
    rowHasStrayQuotes = true
    return unquoted.append(
      UnsafeRawBufferPointer(start: input.bytes + field.lowerBound, count: field.count),
      quote: dialect.quote, index: firstFieldOfRow + column)
  }

  /// Number in the batch of the first field of the row at `rowStart`.
  private var firstFieldOfRow: Int { input.firstField + rowCount * input.columns }

  /// Ends the row at a line end; `offset` is its last byte. Returns false when scanning has to stop.
  @inline(__always)
  private mutating func endRow(at offset: Int) -> Bool {
    var end = offset
    if end > rowStart && input.bytes[end] == .lf && input.bytes[end &- 1] == .cr { end &-= 1 }
    if end &- rowStart > input.maxRowBytes {
      stop = .tooLong
      return false
    }
    // An empty line is no row, unless a row is a single field.
    if end > rowStart || input.columns == 1 {
      endField(at: end)
      appendRow(endingAt: end)
    }
    line &+= 1 &+ quotedLines
    quotedLines = 0
    rowStart = offset &+ 1
    fieldStart = rowStart
    stop = .room
    return rowCount < rowRoom
  }

  @inline(__always)
  private mutating func appendRow(endingAt end: Int) {
    let fault: RowFault? = column == input.columns ? nil : dropFields()
    (rows + rowCount).initialize(
      to: RecordRow(
        number: input.firstRow &+ Int64(truncatingIfNeeded: rowCount), line: line &+ 1,
        rawOffset: rowStart, rawCount: end &- rowStart, fault: fault))
    rowCount &+= 1
    rowFields += input.columns
    column = 0
    rowHasStrayQuotes = false
  }

  /// Empties the fields of a row that has too many or too few.
  @inline(never)
  private mutating func dropFields() -> RowFault {
    let empty = FieldSlice(offset: rowStart, count: 0, isQuoted: false)
    rowFields.update(repeating: empty, count: input.columns)
    if rowHasStrayQuotes { unquoted.remove(from: firstFieldOfRow) }
    return .fieldCount(found: column)
  }

  /// Forgets what is known of the row at `rowStart`.
  private mutating func abandonRow(_ stop: ScanStop) -> ScanStop {
    if rowHasStrayQuotes { unquoted.remove(from: firstFieldOfRow) }
    return stop
  }
}
