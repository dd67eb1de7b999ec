public import ImportModel

/// An Excel workbook (Office Open XML, ECMA-376 and ISO/IEC 29500, transitional and strict), opened.
///
/// One thread owns it and the readers it makes. No part of it is ever whole in memory: the archive is read
/// through `FileBytes`, sheets are streamed, and shared texts beyond some megabytes lie in a file without a
/// name. Refused with `tooExpansive`: a part that inflates more than 200-fold beyond its first 16 MiB, and
/// any DOCTYPE.
public final class XLSXWorkbook {
  /// A worksheet.
  public struct Sheet: Sendable, Equatable {
    /// Its name.
    public let name: String
    /// Its place among the worksheets, the first one being 1.
    public let index: Int
    /// Whether it is hidden, in either of the two ways that there are.
    public let isHidden: Bool
  }

  /// The worksheets in their order, hidden ones included, chart sheets left out.
  public let sheets: [Sheet]

  let limits: ReadingLimits
  /// Size of the file as it is stored.
  let fileSize: Int64
  /// Whether dates are counted from 1904.
  let is1904: Bool

  private let archive: WorkbookArchive
  private let scratch: String
  /// The parts of the sheets, in their order.
  private let parts: [String]
  private let stylesPart: String?
  private let stringsPart: String?
  private var loadedStrings: SharedStrings?
  private var loadedStyles: SheetStyles?

  /// Opens a workbook; no sheet is read yet.
  ///
  /// - Parameters:
  ///   - file: the stored file.
  ///   - limits: bounds of its rows.
  ///   - scratch: an existing folder for shared texts that do not fit into memory.
  /// - Throws: `ReadingError`: `encryptedFile`, `unsupportedFormat`, `corruptFile`, `tooExpansive`; and
  ///   whatever the file throws.
  public init(
    file: any FileBytes, limits: ReadingLimits = ReadingLimits(), scratch: String
  ) throws {
    try CompoundFile.check(file)
    self.limits = limits
    self.scratch = scratch
    fileSize = file.size
    archive = try WorkbookArchive(file)
    let block = limits.blockBytes
    let main = try WorkbookParts.main(in: archive, blockBytes: block)
    let relationships = try Relationships(of: main, in: archive, blockBytes: block)
    guard let stream = try archive.open(main) else { throw PartStream.damaged(main) }
    let handler = WorkbookHandler()
    _ = try XMLDocument(stream, handler: handler, blockBytes: block).run()
    is1904 = handler.is1904
    var sheets: [Sheet] = []
    var parts: [String] = []
    for sheet in handler.sheets {
      guard let entry = relationships.byID[sheet.id], entry.kind == "worksheet" else { continue }
      sheets.append(Sheet(name: sheet.name, index: sheets.count + 1, isHidden: sheet.isHidden))
      parts.append(entry.target)
    }
    self.sheets = sheets
    self.parts = parts
    stylesPart = relationships.first("styles")
    stringsPart = relationships.first("sharedstrings")
  }

  /// Makes a reader of a sheet's rows; nothing of the sheet is read yet.
  ///
  /// - Parameters:
  ///   - skipRows: rows of the sheet above the header, empty ones counted.
  ///   - hasHeader: whether the first row with a value has the names of the columns; otherwise they are
  ///     `column_1` and so on, as many as that row has.
  ///   - from: where to go on: a batch's `end`, or a reader's `position`. It needs `header`.
  ///   - header: the names of the columns, where the rows of the sheet do not begin with them.
  /// - Throws: `ReadingError` with `unknownSheet`, its hint listing the sheets, or `emptyFile` where the
  ///   workbook has none.
  public func reader(
    sheet: SheetChoice = .first, skipRows: Int = 0, hasHeader: Bool = true,
    from: FilePosition? = nil, header: [String]? = nil
  ) throws -> XLSXReader {
    precondition(from == nil || header != nil, "reading from a position needs the header")
    precondition(header?.isEmpty != true, "a header has a column at least")
    let chosen = try choose(sheet)
    return XLSXReader(
      workbook: self, part: parts[chosen.index - 1],
      plan: XLSXReader.Plan(
        skipRows: Int64(max(skipRows, 0)), hasHeader: hasHeader, start: from, header: header))
  }

  /// Finds the sheet that is meant.
  ///
  /// - Throws: see `reader`.
  public func choose(_ choice: SheetChoice) throws(ReadingError) -> Sheet {
    guard let first = sheets.first else {
      throw ReadingError(.emptyFile, "The workbook has no worksheet.")
    }
    let found: Sheet?
    let wanted: String
    switch choice {
    case .first: return sheets.first { !$0.isHidden } ?? first
    case .named(let name):
      let lower = name.lowercased()
      found =
        sheets.first { $0.name == name } ?? sheets.first { $0.name.lowercased() == lower }
        ?? Int(name).flatMap { index in sheets.first { $0.index == index } }
      wanted = "\"\(name.prefix(100))\""
    case .index(let index):
      found = sheets.first { $0.index == index }
      wanted = "number \(index)"
    }
    if let found { return found }
    let names = sheets.prefix(20).map { "\($0.index) \"\($0.name)\"" }.joined(separator: ", ")
    throw ReadingError(
      .unknownSheet, "The workbook has no sheet \(wanted).",
      hint: "Its sheets: \(names)\(sheets.count > 20 ? ", …" : "").")
  }
}

// MARK: - Parts

extension XLSXWorkbook {
  /// Opens a sheet's part.
  func open(_ part: String) throws -> PartStream {
    guard let stream = try archive.open(part) else {
      throw ReadingError(
        .corruptFile, "The workbook is damaged: its part \(part.prefix(100)) is missing.")
    }
    return stream
  }

  /// The shared texts, read as far as they are asked for.
  func strings() throws -> SharedStrings {
    if let loadedStrings { return loadedStrings }
    let strings = SharedStrings(folder: scratch)
    if let stringsPart, let stream = try archive.open(stringsPart) {
      try strings.open(stream, maxTextBytes: limits.maxRowBytes, blockBytes: limits.blockBytes)
    } else {
      try strings.seal()
    }
    loadedStrings = strings
    return strings
  }

  /// The number formats, read when they are asked for first.
  func styles() throws -> SheetStyles {
    if let loadedStyles { return loadedStyles }
    var styles = SheetStyles()
    if let stylesPart, let stream = try archive.open(stylesPart) {
      styles = try SheetStyles(stream, blockBytes: limits.blockBytes)
    }
    loadedStyles = styles
    return styles
  }
}
