import ImportModel

/// A cell while its elements come in.
struct CellContent: ~Copyable {
  /// Counted from 0.
  var column = 0
  /// Nil where `t` is none of the known ones.
  var type: CellType? = .number
  private(set) var style = 0
  /// The text of `v`.
  var value = ByteBuffer(capacity: 1024)
  private(set) var hasValue = false
  /// The text of `is`.
  var inline: TextElement
  var hasInline = false
  /// Whether the value is that of a formula.
  var hasFormula = false
  private let maxBytes: Int

  init(maxBytes: Int) {
    self.maxBytes = maxBytes
    inline = TextElement(maxBytes: maxBytes)
  }

  @inline(__always)
  mutating func begin(column: Int) {
    self.column = column
    type = .number
    style = 0
    hasValue = false
    hasInline = false
    hasFormula = false
  }

  /// A style that is no number counts as none: some programs write `s=""`.
  @inline(__always)
  mutating func setStyle(_ text: UnsafePointer<CChar>) {
    style = 0
    var place = text
    while place.pointee != 0, style < 1 << 24 {
      let digit = UInt8(bitPattern: place.pointee) &- 48
      guard digit < 10 else {
        style = 0
        return
      }
      style = style * 10 + Int(digit)
      place += 1
    }
  }

  @inline(__always)
  mutating func startValue() {
    hasValue = true
    value.count = 0
  }

  /// Keeps one byte more than a row may have, at most.
  @inline(__always)
  mutating func appendValue(_ bytes: UnsafeRawBufferPointer) {
    let room = maxBytes + 1 - value.count
    if bytes.count <= room {
      value.append(bytes)
    } else if room > 0 {
      value.append(UnsafeRawBufferPointer(rebasing: bytes[..<room]))
    }
  }

  /// The text of `v` without white space around it.
  var trimmed: UnsafeRawBufferPointer {
    let bytes = value.bytes
    var start = 0
    var end = bytes.count
    while start < end, CellContent.isSpace(bytes[start]) { start += 1 }
    while end > start, CellContent.isSpace(bytes[end - 1]) { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }
}

/// Turns what stands in cells into values.
final class CellValues {
  private let strings: SharedStrings
  private let styles: SheetStyles
  private let dates: SerialDate
  private var scratch = ByteBuffer(capacity: 4096)
  /// Why a shared string could not be read or fetched from disk.
  private(set) var failure: (any Error)?

  init(strings: SharedStrings, styles: SheetStyles, is1904: Bool) {
    self.strings = strings
    self.styles = styles
    dates = SerialDate(is1904: is1904)
  }

  /// What stands for the value of a formula that a program has written without computing it.
  private static let notComputed: StaticString = "#NOT_COMPUTED!"

  /// Puts the value of a cell into its row. A cell without a value leaves NULL, and so does a formula
  /// whose value is an empty text. One whose value is not stored is an error: its row is not to lose it.
  func append(_ cell: inout CellContent, to row: inout RowAssembly) throws(ReadingError) {
    if cell.type == .inlineString, cell.hasInline {
      EscapedText.undo(&cell.inline.value)
      row.append(cell.inline.value.bytes, column: cell.column, isText: true)
      return
    }
    guard cell.hasValue, cell.value.count > 0 else {
      if cell.hasFormula, cell.type == .number {
        scratch.count = 0
        scratch.append(CellValues.notComputed)
        row.append(bad: scratch.bytes, column: cell.column)
      }
      return
    }
    switch cell.type {
    case .number: appendNumber(cell, to: &row)
    case .sharedString: try appendShared(cell, to: &row)
    case .formulaString, .inlineString:
      EscapedText.undo(&cell.value)
      row.append(cell.value.bytes, column: cell.column, isText: true)
    case .boolean: appendBoolean(cell, to: &row)
    case .isoDate: appendISODate(cell, to: &row)
    case .error, nil: row.append(bad: cell.trimmed, column: cell.column)
    }
  }

  private func appendNumber(_ cell: borrowing CellContent, to row: inout RowAssembly) {
    let format = styles[cell.style]
    var literal = cell.value.bytes
    if format == .number {
      if CellNumber.isPlain(literal) {
        return row.append(literal, column: cell.column, isText: false)
      }
      literal = cell.trimmed
      if literal.isEmpty { return }
      if CellNumber.isPlain(literal) {
        return row.append(literal, column: cell.column, isText: false)
      }
    } else {
      literal = cell.trimmed
      if literal.isEmpty { return }
    }
    scratch.count = 0
    guard let number = CellNumber.parse(literal) else {
      return row.append(bad: literal, column: cell.column)
    }
    if format == .number {
      CellNumber.append(number, to: &scratch)
    } else if !dates.append(number, as: format, to: &scratch) {
      return row.append(bad: literal, column: cell.column)
    }
    row.append(scratch.bytes, column: cell.column, isText: false)
  }

  private func appendShared(
    _ cell: borrowing CellContent, to row: inout RowAssembly
  ) throws(ReadingError) {
    var index = 0
    for byte in cell.trimmed {
      guard byte &- 48 < 10, index < 1 << 40 else {
        index = -1
        break
      }
      index = index * 10 + Int(byte - 48)
    }
    scratch.count = 0
    let isThere: Bool
    do {
      try strings.load(upTo: index)
      isThere = try strings.append(index, to: &scratch)
    } catch {
      failure = error
      throw ReadingError(.corruptFile, "\(error)")
    }
    guard isThere else {
      throw ReadingError(
        .corruptFile,
        "The workbook is damaged: row \(row.number) names a shared text that is not there.",
        hint: "Open it in Excel, save it anew and send it again.")
    }
    row.append(scratch.bytes, column: cell.column, isText: true)
  }

  private func appendBoolean(_ cell: borrowing CellContent, to row: inout RowAssembly) {
    let text = cell.trimmed
    if text.elementsEqual("1".utf8) || text.elementsEqual("true".utf8) {
      appendScratch("true", column: cell.column, to: &row)
    } else if text.elementsEqual("0".utf8) || text.elementsEqual("false".utf8) {
      appendScratch("false", column: cell.column, to: &row)
    } else {
      row.append(bad: text, column: cell.column)
    }
  }

  private func appendScratch(_ text: StaticString, column: Int, to row: inout RowAssembly) {
    scratch.count = 0
    scratch.append(text)
    row.append(scratch.bytes, column: column, isText: false)
  }

  /// `2024-01-31T13:45:00.000` is written as `2024-01-31 13:45:00.000`, and midnight under a format of a
  /// date only as the date; anything else that the text may be is left to the column's type.
  private func appendISODate(_ cell: borrowing CellContent, to row: inout RowAssembly) {
    let text = cell.trimmed
    guard !text.isEmpty else { return }
    scratch.count = 0
    scratch.append(text)
    if text.count > 11, text[10] == UInt8(ascii: "T"), text[4] == UInt8(ascii: "-") {
      scratch.start[10] = UInt8(ascii: " ")
      let time = text[11...]
      let isMidnight = time.allSatisfy { [48, UInt8(ascii: ":"), UInt8(ascii: ".")].contains($0) }
      if styles[cell.style] == .date, isMidnight { scratch.count = 10 }
    }
    row.append(scratch.bytes, column: cell.column, isText: false)
  }
}
