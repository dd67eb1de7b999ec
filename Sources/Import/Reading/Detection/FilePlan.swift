public import ImportModel

/// How a file is read: decided once, before its first row, and the same for whoever reads it again.
public struct FilePlan: Sendable, Equatable {
  /// What the rows stand in.
  public enum Content: Sendable, Equatable {
    case csv(CSVDialect)
    case json(JSONForm, [JSONColumn])
    case xlsx(SheetChoice, skipRows: Int, hasHeader: Bool)
  }

  /// What the file is wrapped in.
  public var containers: [Container]
  /// The encoding of a text; nil of a workbook.
  public var encoding: TextEncoding?
  /// See `Content`.
  public var content: Content
  /// Whether nothing of it is in real doubt.
  public var isSure: Bool
  /// What the one who sent the file should know, each a sentence's worth, with the option that says it
  /// better in brackets.
  public var notes: [String]

  /// The kind of table.
  public var format: FileFormat {
    switch content {
    case .csv: .csv
    case .json: .json
    case .xlsx: .xlsx
    }
  }

  /// Whether the names of the columns stand in the file.
  public var hasHeader: Bool {
    switch content {
    case .csv(let dialect): dialect.hasHeader
    case .json: true
    case .xlsx(_, skipRows: _, let hasHeader): hasHeader
    }
  }

  /// Whether reading can begin anywhere in the file at no cost: otherwise all that stands before is read
  /// again.
  public var isSeekable: Bool {
    if case .xlsx = content { return false }
    return containers.isEmpty && encoding ?? .utf8 == .utf8
  }

  /// Whether fields are marked as quoted where they are texts, and only there.
  public var marksText: Bool { format != .csv }

  /// The same file, its first row taken for the names of the columns.
  public var withHeader: FilePlan {
    var plan = self
    switch content {
    case .csv(var dialect):
      dialect.hasHeader = true
      plan.content = .csv(dialect)
    case .json: break
    case .xlsx(let sheet, let skipRows, hasHeader: _):
      plan.content = .xlsx(sheet, skipRows: skipRows, hasHeader: true)
    }
    return plan
  }

  /// A reader of the file's rows.
  ///
  /// - Parameters:
  ///   - file: the file that this was planned for.
  ///   - from: where to go on: a batch's `end`, or a reader's `position`. It needs `header`.
  ///   - header: the names of the columns, where they are known.
  ///   - scratch: a folder for what does not fit into memory.
  /// - Throws: `ReadingError`, and what the storage throws.
  public func reader(
    of file: any FileBytes, limits: ReadingLimits = ReadingLimits(), scratch: String,
    from: FilePosition? = nil, header: [String]? = nil
  ) throws -> any RowReader {
    switch content {
    case .csv(let dialect):
      let source = try text(of: file, from: from?.byte ?? 0)
      return CSVReader(source: source, dialect: dialect, limits: limits, from: from, header: header)
    case .json(let form, let columns):
      let source = try text(of: file, from: from?.byte ?? 0)
      return JSONReader(source: source, form: form, columns: columns, limits: limits, from: from)
    case .xlsx(let sheet, let skipRows, let hasHeader):
      return try XLSXWorkbook(file: file, limits: limits, scratch: scratch).reader(
        sheet: sheet, skipRows: skipRows, hasHeader: hasHeader, from: from, header: header)
    }
  }

  /// The text in the file, decompressed and in UTF-8, from one of its bytes on.
  func text(of file: any FileBytes, from byte: Int64 = 0) throws -> any ByteSource {
    let encoding = encoding ?? .utf8
    // Plain UTF-8 can be gone into anywhere, and readers know its byte order mark.
    if containers.isEmpty, encoding == .utf8 { return FileSource(file, from: byte) }
    let source = TranscodingSource(try Containers.open(file).source, from: encoding)
    return byte > 0 ? SkippingSource(source, skipping: byte) : source
  }
}
