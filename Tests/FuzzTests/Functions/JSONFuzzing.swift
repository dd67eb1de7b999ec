import ImportModel

@testable import Reading

/// JSON records: five bytes choose form, limits, blocks and batches, the rest is the file.
enum JSONFuzzing {
  private struct Plan {
    var form: JSONForm?
    var limits: ReadingLimits
    var maxBytes: Int
    var maxRows: Int
    var seed: UInt8

    init(_ input: inout FuzzInput) {
      form = input.one(of: [nil, .lines, .concatenated, .array])
      let block = input.byte()
      limits = ReadingLimits(
        maxRowBytes: [1 << 20, 10, 60, 400][Int(block >> 3 & 3)],
        maxRawBytes: block & 0x80 == 0 ? 64 << 10 : 5, maxColumns: block & 0x40 == 0 ? 1000 : 2,
        blockBytes: [128 << 10, 1, 2, 3, 7, 16, 64, 65][Int(block & 7)])
      maxBytes = input.one(of: [1 << 20, 1, 10, 64, 333])
      maxRows = input.one(of: [Int.max, 1, 2, 7])
      seed = input.byte()
    }
  }

  @Sendable static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let plan = Plan(&input)
    let file = Array(input.rest)
    let survey = try self.survey(file, plan.limits, seed: nil)
    try holdEqual(
      try self.survey(file, plan.limits, seed: plan.seed), survey,
      "pieces of the source do not change the survey")
    let found = try? survey.get()
    let columns = found.map { $0.columns + paths(of: $0) } ?? [JSONColumn("a"), JSONColumn("b")]
    let form = plan.form ?? found?.form ?? .lines
    let whole = try read(file, plan, form, columns, seed: nil)
    try holdEqual(
      try read(file, plan, form, columns, seed: plan.seed), whole,
      "pieces of the source change nothing")
    try holdOtherSizes(file, plan, form, columns, whole)
    for end in whole.someEnds {
      let rest = try read(file, plan, form, columns, seed: plan.seed, from: end)
      try whole.holdRest(rest, from: end)
    }
    guard let found, form == found.form, whole.error == nil else { return }
    try holdEqual(Int64(whole.rows.count), found.records, "the survey counts the records")
    let faulty = whole.rows.count { $0.fault != nil }
    try holdEqual(Int64(faulty), found.faultyRecords, "the survey counts the faulty records")
  }

  private static func paths(of survey: JSONSurvey) -> [JSONColumn] {
    survey.paths.prefix(3).map { JSONColumn(name: $0.joined(separator: "."), path: $0) }
  }

  private static func survey(
    _ file: [UInt8], _ limits: ReadingLimits, seed: UInt8?
  ) throws -> Result<JSONSurvey, ReadingError> {
    do {
      return .success(try JSONSurvey(source: PieceSource(file, seed: seed), limits: limits))
    } catch let error as ReadingError {
      return .failure(error)
    }
  }

  private static func read(
    _ file: [UInt8], _ plan: Plan, _ form: JSONForm, _ columns: [JSONColumn], seed: UInt8?,
    from: FilePosition? = nil
  ) throws -> ReadTable {
    let reader = JSONReader(
      source: PieceSource(file, seed: seed, from: from?.byte ?? 0), form: form, columns: columns,
      limits: plan.limits, from: from)
    return try ReadTable(reader, maxBytes: plan.maxBytes, maxRows: plan.maxRows)
  }

  /// How much is asked for at once, and how much goes into a batch, does not change the rows.
  private static func holdOtherSizes(
    _ file: [UInt8], _ plan: Plan, _ form: JSONForm, _ columns: [JSONColumn], _ whole: ReadTable
  ) throws {
    var other = plan
    other.limits = ReadingLimits(
      maxRowBytes: plan.limits.maxRowBytes, maxRawBytes: plan.limits.maxRawBytes,
      maxColumns: plan.limits.maxColumns, blockBytes: plan.limits.blockBytes > 64 ? 5 : 1000)
    other.maxBytes = plan.maxBytes > 64 ? 17 : 5000
    other.maxRows = 1000
    let table = try read(file, other, form, columns, seed: nil)
    try whole.holdRows(of: table)
  }
}
