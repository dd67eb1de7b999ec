public import ImportModel

/// Finds out what a file is and how to read it, by its content and not by its name.
public struct FileInspector {
  /// How much of the file is looked at.
  public enum Scope: Sendable {
    /// Its start: enough for its format, its dialect and its header.
    case start
    /// All of it: what a rare byte or a late record says counts too.
    case whole
  }

  /// How much of the start is looked at for the encoding.
  private static let encodingBytes = 1 << 20
  /// How many records of the start are looked at for their names.
  private static let startRecords: Int64 = 1000
  private static let blockBytes = 256 << 10

  private let file: any FileBytes
  private let request: FileRequest
  private let limits: ReadingLimits
  private let scratch: String

  /// Prepares to look at a file.
  ///
  /// - Parameters:
  ///   - request: what is told; it is not looked for.
  ///   - scratch: a folder for what does not fit into memory.
  public init(
    _ file: any FileBytes, request: FileRequest = FileRequest(),
    limits: ReadingLimits = ReadingLimits(), scratch: String
  ) {
    self.file = file
    self.request = request
    self.limits = limits
    self.scratch = scratch
  }

  /// Looks at the file.
  ///
  /// - Throws: `ReadingError` where it is nothing that can be read, and what the storage throws.
  public func plan(_ scope: Scope) throws -> FilePlan {
    try CompoundFile.check(file)
    if try request.format == .xlsx || request.format == nil && Containers.isWorkbook(file) {
      return try workbookPlan()
    }
    var plan = FilePlan(
      containers: try Containers.open(file).containers, encoding: nil, content: .csv(CSVDialect()),
      isSure: true, notes: [])
    try decideEncoding(of: &plan, scope)
    let (sample, isWhole) = try start(of: plan)
    try FileInspector.checkIsText(sample)
    if request.format == .json || request.format == nil && JSONStart(sample).isLikely {
      try describeJSON(&plan, scope)
    } else {
      let guess = try DialectDetector(request.dialect, limits: limits)
        .detect(sample, isWhole: isWhole)
      plan.content = .csv(guess.dialect)
      plan.isSure = plan.isSure && guess.isSure
      plan.notes += guess.notes
      if scope == .whole, !isWhole { try checkQuotes(of: plan, guess.dialect) }
    }
    return plan
  }

  /// Quotes that stand within fields only quote nothing: that has to hold for the whole file. Where it
  /// does not, either way of reading would change values without a word.
  private func checkQuotes(of plan: FilePlan, _ dialect: CSVDialect) throws {
    guard dialect.quote == nil, request.dialect.quote == nil, let last = dialect.delimiter.last,
      try opensField(in: plan.text(of: file), behind: [last, .lf, .cr])
    else { return }
    throw ReadingError(
      .badDialect,
      "Some fields of the file stand in quotes, and others have quotes within that are not doubled.",
      hint: "Set the option quote: none where quotes belong to the values, else the quote.")
  }

  private func opensField(in source: any ByteSource, behind ends: [UInt8]) throws -> Bool {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.blockBytes, alignment: 64)
    defer { buffer.deallocate() }
    var before = UInt8.lf
    while case let count = try source.read(into: buffer), count > 0 {
      for byte in buffer[..<count] {
        if byte == UInt8(ascii: "\""), ends.contains(before) { return true }
        before = byte
      }
    }
    return false
  }

  private func workbookPlan() throws -> FilePlan {
    let workbook = try XLSXWorkbook(file: file, limits: limits, scratch: scratch)
    let sheet = try workbook.choose(request.sheet ?? .first)
    var notes: [String] = []
    if request.sheet == nil, workbook.sheets.count(where: { !$0.isHidden }) > 1 {
      notes.append("of several sheets \"\(sheet.name)\" is read (sheet)")
    }
    return FilePlan(
      containers: [], encoding: nil,
      content: .xlsx(
        .index(sheet.index), skipRows: request.dialect.skipRows ?? 0,
        hasHeader: request.dialect.hasHeader ?? true),
      isSure: true, notes: notes)
  }

  // MARK: Text

  private func decideEncoding(of plan: inout FilePlan, _ scope: Scope) throws {
    if let told = request.encoding {
      plan.encoding = told
      return
    }
    let source = try Containers.open(file).source
    let detector = EncodingDetector()
    let limit = scope == .whole ? Int.max : Self.encodingBytes
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.blockBytes, alignment: 64)
    defer { buffer.deallocate() }
    var read = 0
    var isWhole = false
    while read < limit, !detector.isDecided {
      let count = try source.read(into: buffer)
      if count == 0 {
        isWhole = true
        break
      }
      detector.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      read += count
    }
    let guess = detector.finish(isWholeFile: isWhole)
    plan.encoding = guess.encoding
    plan.isSure = guess.isSure
    if let note = guess.note { plan.notes.append(note) }
  }

  /// The first bytes of the text without a byte order mark, and whether they are all of it.
  private func start(of plan: FilePlan) throws -> (sample: [UInt8], isWhole: Bool) {
    let source = try plan.text(of: file)
    var sample: [UInt8] = []
    let wanted = DialectDetector.sampleBytes
    while sample.count < wanted {
      let room = wanted - sample.count
      let block = try [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        count = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      if block.isEmpty { return (withoutMark(sample), true) }
      sample += block
    }
    return (withoutMark(sample), false)
  }

  private func withoutMark(_ sample: [UInt8]) -> [UInt8] {
    sample.starts(with: FileSignature.byteOrderMark)
      ? Array(sample.dropFirst(FileSignature.byteOrderMark.count)) : sample
  }

  /// Pictures, programs and the like have control characters all over. Those that part fields or records
  /// are in texts too, and zero bytes are told of by what reads them.
  private static func checkIsText(_ sample: [UInt8]) throws(ReadingError) {
    let controls = sample.count { 0x02...0x08 ~= $0 || 0x0E...0x1B ~= $0 }
    guard controls < 8 || controls * 50 <= sample.count else {
      throw ReadingError(
        .unsupportedFormat, "The file is no text, and no workbook or archive that is known.",
        hint: "Send CSV, JSON or an Excel workbook (.xlsx).")
    }
  }

  private func describeJSON(_ plan: inout FilePlan, _ scope: Scope) throws {
    let survey = try JSONSurvey(
      source: plan.text(of: file), limits: limits,
      maxRecords: scope == .whole ? .max : Self.startRecords)
    if survey.columns.isEmpty, survey.faultyRecords > 0 {
      throw ReadingError(
        .corruptFile,
        "Not one of the \(survey.faultyRecords) JSON records that were looked at can be read.",
        hint: "Look at the first one: `sluice cat FILE` says what is wrong with each.")
    }
    let wanted = request.wantedNames.filter { !survey.names.contains($0) }
      .compactMap { survey.column(named: $0) }
    plan.content = .json(survey.form, survey.columns + wanted)
  }
}

/// Whether a text begins as JSON records do.
struct JSONStart {
  let isLikely: Bool

  /// An object begins with a name or ends at once, an array with an object or ends at once.
  init(_ sample: [UInt8]) {
    let tokens = sample.lazy.filter { ![0x20, 0x09, .lf, .cr].contains($0) }.prefix(2)
    guard let first = tokens.first else {
      isLikely = false
      return
    }
    let second = tokens.dropFirst().first
    isLikely =
      switch first {
      case UInt8(ascii: "{"):
        second == nil || second == UInt8(ascii: "\"") || second == UInt8(ascii: "}")
      case UInt8(ascii: "["):
        second == nil || second == UInt8(ascii: "{") || second == UInt8(ascii: "]")
      default: false
      }
  }
}
