import ImportModel
import Reading

/// Any file, from the look at it to its last row: four bytes say what is told of it, the rest is the file.
enum InspectorFuzzing {
  @Sendable static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let (request, limits, scope) = plan(&input)
    let maxRows = input.one(of: [Int.max, 1, 3])
    let file = MemoryFile(bytes: Array(input.rest))
    guard try isSmall(file) else { return }
    let found = try look(file, request, limits, scope)
    try holdEqual(try look(file, request, limits, scope), found, "a second look finds the same")
    guard case .success(let plan) = found else { return }
    let table = try read(plan, of: file, limits, maxRows)
    let other = ReadingLimits(
      maxRowBytes: limits.maxRowBytes, maxColumns: limits.maxColumns, blockBytes: 777)
    let again = try read(plan, of: file, other, maxRows)
    try table.holdRows(of: again)
    for end in table.someEnds.suffix(2) {
      let rest = try read(plan, of: file, limits, maxRows, from: end, header: table.names)
      try table.holdRest(rest, from: end)
    }
  }

  private static func plan(
    _ input: inout FuzzInput
  ) -> (FileRequest, ReadingLimits, FileInspector.Scope) {
    var request = FileRequest()
    let told = input.byte()
    request.format = [nil, nil, nil, nil, nil, .csv, .json, .xlsx][Int(told & 7)]
    request.encoding = [nil, nil, nil, TextEncoding(named: "latin1")][Int(told >> 3 & 3)]
    let scope = told & 0x20 == 0 ? FileInspector.Scope.whole : .start
    let start = input.byte()
    request.dialect.skipRows = [nil, nil, 0, 2][Int(start & 3)]
    request.dialect.hasHeader = [nil, nil, true, false][Int(start >> 2 & 3)]
    request.dialect.delimiter = [nil, nil, nil, Array(";".utf8)][Int(start >> 4 & 3)]
    request.dialect.quote = [nil, nil, .some(nil), 0x27][Int(start >> 6 & 3)]
    if told & 0x80 != 0 { request.wantedNames = ["a.b", "x"] }
    let limits = input.one(
      of: [
        ReadingLimits(), ReadingLimits(maxRowBytes: 60, maxColumns: 5, blockBytes: 16),
        ReadingLimits(blockBytes: 64),
      ])
    return (request, limits, scope)
  }

  /// Files that unfold to megabytes only cost time.
  private static func isSmall(_ file: MemoryFile) throws -> Bool {
    do {
      let source = try Containers.open(file, limits: DecodingLimits(maxDecodedBytes: 1 << 20))
        .source
      return try drain(source, seed: nil).error == nil
    } catch let error as ReadingError {
      // The inspector has to say the same in its own way.
      return error.code != .tooExpansive
    }
  }

  private static func look(
    _ file: MemoryFile, _ request: FileRequest, _ limits: ReadingLimits,
    _ scope: FileInspector.Scope
  ) throws -> Result<FilePlan, ReadingError> {
    do {
      return .success(
        try FileInspector(file, request: request, limits: limits, scratch: Scratch.folder)
          .plan(scope))
    } catch let error as ReadingError {
      return .failure(error)
    }
  }

  private static func read(
    _ plan: FilePlan, of file: MemoryFile, _ limits: ReadingLimits, _ maxRows: Int,
    from: FilePosition? = nil, header: [String]? = nil
  ) throws -> ReadTable {
    let reader: any RowReader
    do {
      reader = try plan.reader(
        of: file, limits: limits, scratch: Scratch.folder, from: from, header: header)
    } catch let error as ReadingError {
      return ReadTable(error)
    }
    return try ReadTable(reader, maxBytes: 1 << 20, maxRows: maxRows)
  }
}
