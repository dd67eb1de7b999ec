public import ImportModel

/// Reads the rows of a sheet in batches, in memory that does not depend on the file.
///
/// - The header is the first row with a value behind `skipRows`; the texts of its cells, without white
///   space around them, are the names. Empty cells at its end do not count.
/// - A row without a value is no row; it counts as a line. `line` is the row's number in its sheet.
/// - Texts count as quoted: an empty one is an empty text, an empty cell is NULL. Numbers, dates, times
///   and booleans count as unquoted; see `CellNumber` and `SerialDate` for how they are written. Formulas
///   have the value that the workbook stores for them, and are NULL without one. Merged cells have their
///   value in the first cell, where Excel stores it.
/// - A row's raw text is the row as CSV (RFC 4180), with commas, and quotes where they are needed.
///
/// What is wrong with a row becomes its `RowFault`, and reading goes on: `fieldCount` where it has a value
/// beyond the header's last column, `badCells` where a cell has an error such as `#DIV/0!`, a number that is
/// none, or a date that there is not, `tooLong` where its text is longer than `ReadingLimits.maxRowBytes`.
///
/// `FilePosition.byte` counts bytes of the sheet's XML, `line` rows of the sheet. A reader that begins at
/// a position passes over the rows before it.
public final class XLSXReader: RowReader {
  /// How the sheet is to be read.
  struct Plan {
    var skipRows: Int64
    var hasHeader: Bool
    var start: FilePosition?
    var header: [String]?
  }

  private let workbook: XLSXWorkbook
  private let part: String
  private let plan: Plan
  private var header: FileHeader?
  private var opened: OpenedSheet?
  private var sheetHasEnded = false

  /// See `RowReader`.
  public private(set) var position: FilePosition

  init(workbook: XLSXWorkbook, part: String, plan: Plan) {
    self.workbook = workbook
    self.part = part
    self.plan = plan
    position = plan.start ?? FilePosition()
    header = plan.header.map { FileHeader(names: $0) }
  }

  /// See `RowReader`: how much of the sheet has been read, as a share of the file's size.
  public var bytesTaken: Int64 {
    if sheetHasEnded { return workbook.fileSize }
    guard let total = opened?.stream.size, total > 0 else { return 0 }
    let share = min(1, Double(position.byte) / Double(total))
    return min(workbook.fileSize, Int64(share * Double(workbook.fileSize)))
  }

  /// See `RowReader`.
  ///
  /// - Throws: `ReadingError`, `SpillError`, and whatever the file throws.
  public func readHeader() throws -> FileHeader {
    if let header { return header }
    let sheet = try begin()
    guard try next(sheet) else {
      throw ReadingError(
        .emptyFile, "The sheet is empty: its first row must name the columns.",
        hint: "Choose another sheet with the option sheet.")
    }
    let made =
      try plan.hasHeader ? takeHeader(sheet) : sheet.handler.row.columnNames(workbook.limits)
    header = made
    return made
  }

  /// See `RowReader`. Bytes are counted as those of the rows' raw texts.
  ///
  /// - Throws: `ReadingError`, `SpillError`, and whatever the file throws.
  public func read(
    into batch: RecordBatch, maxBytes: Int = 1 << 20, maxRows: Int = .max
  ) throws -> Bool {
    let width = try readHeader().names.count
    // For the header some of them are enough; whether the rest can be read is known before any row is.
    try workbook.strings().load()
    let sheet = try begin()
    batch.removeAll()
    batch.fieldsPerRow = width
    let filling = SheetBatch(
      batch: batch, width: width, maxBytes: min(max(maxBytes, 1), 1 << 30),
      maxRows: max(1, min(maxRows, ReadingLimits.maxFields / width)))
    try fill(filling, from: sheet)
    batch.isPlainASCII = batch.isStoragePlain
    batch.end = position
    return !batch.rows.isEmpty
  }
}

// MARK: - Rows

/// What a batch may take.
private struct SheetBatch {
  let batch: RecordBatch
  let width: Int
  let maxBytes: Int
  let maxRows: Int
}

/// A sheet that is being read.
private final class OpenedSheet {
  let stream: PartStream
  let handler: SheetHandler
  let document: XMLDocument
  let values: CellValues
  /// Whether the row of the handler is still to be handed out.
  var isHolding = false

  init(
    _ stream: PartStream, values: CellValues, limits: ReadingLimits, skippedRows: Int64
  ) throws {
    self.stream = stream
    self.values = values
    handler = SheetHandler(values: values, limits: limits, skippedRows: skippedRows)
    document = try XMLDocument(stream, handler: handler, blockBytes: limits.blockBytes)
  }

  /// Reads on until the handler suspends, and returns true, or to the end, and returns false.
  func run() throws -> Bool {
    do {
      return try document.run()
    } catch {
      throw values.failure ?? error
    }
  }
}

extension XLSXReader {
  private func begin() throws -> OpenedSheet {
    if let opened { return opened }
    let values = CellValues(
      strings: try workbook.strings(), styles: try workbook.styles(), is1904: workbook.is1904)
    let sheet = try OpenedSheet(
      try workbook.open(part), values: values, limits: workbook.limits,
      skippedRows: max(plan.skipRows, plan.start?.line ?? 0))
    opened = sheet
    return sheet
  }

  /// Reads up to the next row with a value, which the sheet then holds; false at the end.
  private func next(_ sheet: OpenedSheet) throws -> Bool {
    if sheet.isHolding { return true }
    guard !sheetHasEnded else { return false }
    sheet.handler.rowEnded = { $0.suspend() }
    sheet.isHolding = try sheet.run()
    sheetHasEnded = !sheet.isHolding
    return sheet.isHolding
  }

  private func fill(_ filling: SheetBatch, from sheet: OpenedSheet) throws {
    guard try next(sheet), take(sheet.handler, into: filling) else { return }
    sheet.isHolding = false
    guard filling.batch.rows.count < filling.maxRows else { return }
    sheet.handler.rowEnded = { [self] handler in
      guard take(handler, into: filling) else {
        sheet.isHolding = true
        return handler.suspend()
      }
      if filling.batch.rows.count >= filling.maxRows { handler.suspend() }
    }
    defer { sheet.handler.rowEnded = { _ in } }
    if try !sheet.run() {
      sheetHasEnded = true
      position.line = max(position.line, sheet.handler.rowNumber)
    }
  }

  /// Puts the handler's row into the batch, unless the batch has rows and no room.
  private func take(_ handler: SheetHandler, into filling: SheetBatch) -> Bool {
    let batch = filling.batch
    let bytes = handler.row.bytes(width: filling.width)
    if !batch.rows.isEmpty, batch.count + bytes > filling.maxBytes { return false }
    position = FilePosition(
      byte: handler.row.end, row: position.row + 1, line: handler.row.number)
    handler.row.move(to: batch, width: filling.width, rowNumber: position.row)
    return true
  }

  private func takeHeader(_ sheet: OpenedSheet) throws(ReadingError) -> FileHeader {
    let made = try sheet.handler.row.header(workbook.limits)
    sheet.isHolding = false
    position = FilePosition(byte: sheet.handler.row.end, row: 0, line: sheet.handler.row.number)
    return made
  }
}
