import ImportModel

@testable import Reading

/// CSV of any dialect: eight bytes choose dialect, limits, blocks and batches, the rest is the file.
enum CSVFuzzing {
  private struct Plan {
    var dialect: CSVDialect
    var limits: ReadingLimits
    var maxBytes: Int
    var maxRows: Int
    var seed: UInt8

    init(_ input: inout FuzzInput) {
      dialect = CSVFuzzing.dialect(&input)
      let maxRowBytes = input.one(of: [1 << 20, 8, 60, 400, 1])
      let block = input.byte()
      limits = ReadingLimits(
        maxRowBytes: maxRowBytes, maxRawBytes: block & 0x80 == 0 ? 64 << 10 : 5,
        blockBytes: [128 << 10, 1, 2, 3, 7, 16, 64, 65][Int(block & 7)])
      maxBytes = input.one(of: [1 << 20, 1, 2, 10, 40, 64, 333])
      maxRows = input.one(of: [Int.max, 1, 2, 3, 7])
      seed = input.byte()
    }
  }

  @Sendable static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let plan = Plan(&input)
    let file = Array(input.rest)
    let whole = try read(file, plan, seed: nil)
    try holdEqual(
      try read(file, plan, seed: plan.seed), whole, "pieces of the source change nothing")
    try holdEqual(
      try read(file, plan, seed: nil, isFast: false), whole, "both scanners read the same")
    try holdOtherSizes(file, plan, whole)
    for end in whole.someEnds {
      let rest = try read(file, plan, seed: plan.seed, from: end, header: whole.names)
      try whole.holdRest(rest, from: end)
    }
    try holdPrinting(whole)
  }

  private static func dialect(_ input: inout FuzzInput) -> CSVDialect {
    let delimiters = [",", ";", "\t", "|", "::", "§", " ", "a", "ab", ",,"]
    let first = input.byte()
    var dialect = CSVDialect()
    dialect.delimiter =
      first & 0x80 == 0
      ? Array(delimiters[Int(first) % delimiters.count].utf8) : [first & 0x7F]
    let quotes: [UInt8?] = [0x22, 0x27, nil, UInt8(ascii: "|"), UInt8(ascii: "a")]
    dialect.quote = input.one(of: quotes)
    dialect.escape = input.one(
      of: [.doubling, .character(UInt8(ascii: "\\")), .backslash, .character(0x22)])
    let start = input.byte()
    dialect.hasHeader = start & 1 == 0
    dialect.comment =
      [nil, Array("#".utf8), Array("//".utf8), Array("# ".utf8)][Int(start >> 1 & 3)]
    dialect.skipRows = Int(start >> 3 & 3)
    return dialect
  }

  private static func read(
    _ file: [UInt8], _ plan: Plan, seed: UInt8?, isFast: Bool = true, from: FilePosition? = nil,
    header: [String]? = nil
  ) throws -> ReadTable {
    let reader = CSVReader(
      source: PieceSource(file, seed: seed, from: from?.byte ?? 0), dialect: plan.dialect,
      limits: plan.limits, from: from, header: header)
    reader.usesFastScanner = isFast
    return try ReadTable(reader, maxBytes: plan.maxBytes, maxRows: plan.maxRows)
  }

  /// How much is asked for at once, and how much goes into a batch, does not change the rows.
  private static func holdOtherSizes(_ file: [UInt8], _ plan: Plan, _ whole: ReadTable) throws {
    var other = plan
    other.limits = ReadingLimits(
      maxRowBytes: plan.limits.maxRowBytes, maxRawBytes: plan.limits.maxRawBytes,
      blockBytes: plan.limits.blockBytes > 64 ? 5 : 1000)
    other.maxBytes = plan.maxBytes > 64 ? 17 : 5000
    other.maxRows = 1000
    let table = try read(file, other, seed: nil)
    try whole.holdRows(of: table)
  }

  /// What is printed is read as it was.
  private static func holdPrinting(_ table: ReadTable) throws {
    let good = table.rows.filter { $0.fault == nil }
    guard !good.isEmpty else { return }
    let batch = RecordBatch(capacity: 64)
    batch.fieldsPerRow = table.names.count
    let printer = CSVPrinter()
    // A name in front, so that the file does not begin like one of another kind.
    printer.append(names: ["first"] + table.names)
    for row in good {
      batch.removeAll()
      for field in row.fields { append(field, to: batch) }
      batch.rows.append(RecordRow(number: 1, line: 1, rawOffset: 0, rawCount: 0))
      printer.append(rows: 0..<1, of: batch)
    }
    let printed = Array(printer.bytes)
    let lines = PieceSource(printed, seed: nil)
    let header = try CSVReader(source: lines, limits: ReadingLimits(maxRowBytes: 16 << 20))
      .readHeader()
    try holdEqual(header.names, ["first"] + table.names, "printed names are read as they were")
    try holdRows(good, printed: printed, header: table.names)
  }

  private static func holdRows(
    _ rows: [ReadTable.Row], printed: [UInt8], header: [String]
  ) throws {
    let names = CSVPrinter()
    names.append(names: ["first"] + header)
    let start = FilePosition(byte: Int64(names.bytes.count))
    let reader = CSVReader(
      source: PieceSource(printed, seed: nil, from: start.byte),
      limits: ReadingLimits(maxRowBytes: 16 << 20), from: start, header: header)
    let again = try ReadTable(reader, maxBytes: 1 << 20, maxRows: .max)
    try holdEqual(again.error, nil, "what was printed can be read")
    // Of a single column NULL is printed as the empty text, as an empty line would be no row elsewhere.
    let isSingle = header.count == 1
    let found = again.rows.map { values($0, isSingle) }
    try holdEqual(found, rows.map { values($0, isSingle) }, "printed rows are read as they were")
  }

  private static func values(_ row: ReadTable.Row, _ isSingle: Bool) -> [[UInt8]?] {
    row.fields.map { $0.isNull && !isSingle ? nil : $0.bytes }
  }

  private static func append(_ field: ReadTable.Field, to batch: RecordBatch) {
    batch.reserve(batch.count + field.bytes.count)
    let slice = FieldSlice(
      offset: batch.count, count: field.bytes.count, isQuoted: field.isQuoted)
    UnsafeMutableRawBufferPointer(rebasing: batch.storage[batch.count...])
      .copyBytes(from: field.bytes)
    batch.count += field.bytes.count
    batch.fields.append(slice)
  }
}
