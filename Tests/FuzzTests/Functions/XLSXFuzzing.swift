import Glibc
import ImportModel
import Reading

/// Workbooks: a ZIP archive as it is, where the input begins as one; otherwise four bytes choose how the
/// workbook is read, and its parts follow, each up to a zero byte, to be put into an archive.
///
/// Fuzzers do not get past the checksums of an archive: parts stored by ourselves have right ones.
enum XLSXFuzzing {
  private struct Plan {
    var limits = ReadingLimits()
    var skipRows = 0
    var hasHeader = true
    var maxBytes = 1 << 20
    var maxRows = Int.max
  }

  @Sendable static func run(_ bytes: [UInt8]) throws {
    var plan = Plan()
    var archive = bytes
    if !bytes.starts(with: [0x50, 0x4B]) {
      var input = FuzzInput(bytes)
      plan = makePlan(&input)
      archive = WorkbookParts.archive(&input)
    }
    let file = MemoryFile(bytes: archive)
    let whole = try read(file, plan)
    var other = plan
    other.limits = ReadingLimits(
      maxRowBytes: plan.limits.maxRowBytes, maxRawBytes: plan.limits.maxRawBytes,
      blockBytes: plan.limits.blockBytes > 64 ? 5 : 1000)
    other.maxBytes = plan.maxBytes > 64 ? 17 : 5000
    other.maxRows = 1000
    try whole.holdRows(of: try read(file, other))
    for end in whole.someEnds {
      try whole.holdRest(try read(file, plan, from: end, header: whole.names), from: end)
    }
  }

  private static func makePlan(_ input: inout FuzzInput) -> Plan {
    var plan = Plan()
    let block = input.byte()
    plan.limits = ReadingLimits(
      maxRowBytes: [1 << 20, 10, 60, 400][Int(block >> 3 & 3)],
      maxRawBytes: block & 0x80 == 0 ? 64 << 10 : 5,
      blockBytes: [128 << 10, 1, 2, 3, 7, 16, 64, 65][Int(block & 7)])
    let start = input.byte()
    plan.hasHeader = start & 1 == 0
    plan.skipRows = Int(start >> 1 & 3)
    plan.maxBytes = input.one(of: [1 << 20, 1, 10, 64, 333])
    plan.maxRows = input.one(of: [Int.max, 1, 2, 7])
    return plan
  }

  private static func read(
    _ file: MemoryFile, _ plan: Plan, from: FilePosition? = nil, header: [String]? = nil
  ) throws -> ReadTable {
    let workbook: XLSXReader
    do {
      workbook = try XLSXWorkbook(file: file, limits: plan.limits, scratch: Scratch.folder).reader(
        skipRows: plan.skipRows, hasHeader: plan.hasHeader, from: from, header: header)
    } catch let error as ReadingError {
      return ReadTable(error)
    }
    return try ReadTable(workbook, maxBytes: plan.maxBytes, maxRows: plan.maxRows)
  }
}

/// Where readers put what does not fit into memory.
enum Scratch {
  static let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
}

extension ReadTable {
  /// A file that cannot be opened.
  init(_ error: ReadingError) {
    self.error = error
  }
}
