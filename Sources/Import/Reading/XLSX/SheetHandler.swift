import ImportModel

/// Takes the rows out of a sheet's XML, cell by cell, into a `RowAssembly`.
///
/// Elements are told by where they stand: `worksheet`, `sheetData`, `row`, `c`, and in it `v`, `is` and `f`.
/// Whatever else there is, is passed over.
final class SheetHandler: XMLHandler {
  /// The row at hand; whole when `rowEnded` is called.
  var row: RowAssembly
  /// What to do with each row that has a value; it may call `suspend()`.
  var rowEnded: (SheetHandler) -> Void = { _ in }
  /// Rows up to this number are passed over.
  var skippedRows: Int64

  private let values: CellValues
  private var cell: CellContent
  private var place = Place.outside
  /// How deep the parser is in elements that are passed over.
  private var skipped = 0
  private var unknownElements = 0

  private var lastRow: Int64 = 0
  private var isRowCounted = false
  private var nextColumn = 0

  private enum Place { case outside, sheet, data, row, cell, value, inline }

  /// The number of the last row so far, with a value or without.
  var rowNumber: Int64 { lastRow }

  /// Elements of unknown names in a sheet; expat keeps each name for good.
  private static let maxUnknownElements = 4 << 20

  init(values: CellValues, limits: ReadingLimits, skippedRows: Int64) {
    self.values = values
    self.skippedRows = skippedRows
    row = RowAssembly(limits: limits)
    cell = CellContent(maxBytes: limits.maxRowBytes)
  }

  override func start(_ name: XMLName, _ attributes: XMLAttributes) throws(ReadingError) {
    if skipped > 0 {
      try skip(attributes)
      return
    }
    switch place {
    case .row where name.isOnly("c"): try startCell(attributes)
    case .cell where name.isOnly("v"):
      cell.startValue()
      place = .value
    case .cell where name == "is":
      cell.hasInline = true
      cell.inline.begin()
      place = .inline
    case .cell where name.isOnly("f"):
      cell.hasFormula = true
      try skip(attributes)
    case .inline: cell.inline.start(name)
    case .data where name == "row": try startRow(attributes)
    case .sheet where name == "sheetData": place = .data
    case .outside:
      guard name == "worksheet" else {
        throw ReadingError(.corruptFile, "The workbook is damaged: a sheet of it is no worksheet.")
      }
      place = .sheet
    default: try skip(attributes)
    }
  }

  override func end() throws(ReadingError) {
    if skipped > 0 {
      skipped -= 1
      return
    }
    switch place {
    case .value: place = .cell
    case .inline: if cell.inline.end() { place = .cell }
    case .cell:
      place = .row
      try endCell()
    case .row:
      place = .data
      endRow()
    case .data: place = .sheet
    case .sheet, .outside: place = .outside
    }
  }

  override func text(_ bytes: UnsafeRawBufferPointer) {
    guard skipped == 0 else { return }
    if place == .value {
      cell.appendValue(bytes)
    } else if place == .inline {
      cell.inline.text(bytes)
    }
  }

  private func skip(_ attributes: XMLAttributes) throws(ReadingError) {
    skipped += 1
    unknownElements += 1
    if unknownElements > SheetHandler.maxUnknownElements {
      throw ReadingError(.tooExpansive, "The sheet has millions of elements that are no cells.")
    }
    try attributes.forEach { (attribute, _) throws(ReadingError) in try noteRare(attribute) }
  }
}

// MARK: - Rows

extension SheetHandler {
  private func startRow(_ attributes: XMLAttributes) throws(ReadingError) {
    var number: Int64?
    try attributes.forEach { (name, value) throws(ReadingError) in
      if name[0] == CChar(UInt8(ascii: "r")), name[1] == 0 {
        number = CellReference.row(value)
        if number == nil { throw SheetHandler.badReference(value) }
      } else {
        try noteRare(name)
      }
    }
    isRowCounted = number == nil
    try setRow(number ?? lastRow + 1)
    nextColumn = 0
    row.begin()
    place = .row
  }

  /// Where a row does not say its number, it is the next one, or the one that its first cell names.
  private func setRow(_ number: Int64) throws(ReadingError) {
    guard number > lastRow, number <= CellReference.maxRows else {
      throw ReadingError(
        .corruptFile,
        "The workbook is damaged: row \(number) stands behind row \(lastRow) in its sheet.",
        hint: "Open it in Excel, save it anew and send it again.")
    }
    lastRow = number
    row.number = number
  }

  private func endRow() {
    guard row.hasValues, lastRow > skippedRows else { return }
    row.end = endOfEvent
    rowEnded(self)
  }

  fileprivate static func badReference(_ text: UnsafePointer<CChar>) -> ReadingError {
    ReadingError(
      .corruptFile,
      "The workbook is damaged: \"\(String(cString: text).prefix(40))\" is no place in a sheet.",
      hint: "Sheets have columns A to XFD and 1,048,576 rows. Save the workbook anew in Excel.")
  }
}

// MARK: - Cells

extension SheetHandler {
  private func startCell(_ attributes: XMLAttributes) throws(ReadingError) {
    cell.begin(column: nextColumn)
    var reference: CellReference?
    try attributes.forEach { (name, value) throws(ReadingError) in
      guard name[1] == 0 else { return try noteRare(name) }
      switch UInt8(bitPattern: name[0]) {
      case UInt8(ascii: "r"):
        reference = CellReference(value)
        if reference == nil { throw SheetHandler.badReference(value) }
      case UInt8(ascii: "s"): cell.setStyle(value)
      case UInt8(ascii: "t"): cell.type = CellType(value)
      default: try noteRare(name)
      }
    }
    if let reference { try move(to: reference) }
    if cell.column >= CellReference.maxColumns {
      throw ReadingError(
        .corruptFile, "The workbook is damaged: row \(lastRow) has more than 16,384 cells.")
    }
    nextColumn = cell.column + 1
    isRowCounted = false
    place = .cell
  }

  private func move(to reference: CellReference) throws(ReadingError) {
    if reference.row != lastRow {
      guard isRowCounted else {
        throw ReadingError(
          .corruptFile,
          "The workbook is damaged: a cell of row \(reference.row) stands in row \(lastRow).",
          hint: "Open it in Excel, save it anew and send it again.")
      }
      lastRow -= 1
      try setRow(reference.row)
    }
    guard reference.column >= nextColumn else {
      throw ReadingError(
        .corruptFile, "The workbook is damaged: the cells of row \(lastRow) are not in order.",
        hint: "Open it in Excel, save it anew and send it again.")
    }
    cell.column = reference.column
  }

  private func endCell() throws(ReadingError) {
    if lastRow > skippedRows { try values.append(&cell, to: &row) }
  }
}
