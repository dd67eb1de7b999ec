import ImportModel

@testable import Validation

/// Values as people write them: four bytes choose formats, the first line is a pattern of dates, and each
/// line behind it a value, which is encoded for every type. Postgres is not asked.
enum ValuesFuzzing {
  @Sendable static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let choice = (0..<4).map { _ in input.byte() }
    let pattern = String(decoding: input.piece(upTo: 0x0A), as: UTF8.self)
    var values: [[UInt8]] = []
    while !input.rest.isEmpty, values.count < 200 { values.append(input.piece(upTo: 0x0A)) }
    let formats = formats(choice, pattern)
    let batch = batch(of: values, areQuoted: choice[3] & 1 == 1)
    try holdSurvey(of: values, batch, told: choice[3] & 2 == 0 ? ValueFormats() : formats)
    let options = ValidationOptions(
      nullWords: choice[3] & 4 == 0 ? [] : ["null", "-", "n/a"],
      settings: ValidationSettings(
        timeZoneIsUTC: choice[3] & 8 != 0, encodingIsUTF8: choice[3] & 16 != 0),
      formats: formats, marksText: choice[3] & 32 != 0)
    for column in Self.columns { try holdEncoding(of: batch, into: column, options) }
  }

  private static func formats(_ choice: [UInt8], _ pattern: String) -> ValueFormats {
    var formats = ValueFormats()
    formats.decimal = [nil, .point, .comma, nil][Int(choice[0] & 3)]
    let thousands: [ValueFormats.Thousands?] = [nil] + ValueFormats.Thousands.allCases + [nil]
    formats.thousands = thousands[Int(choice[0] >> 2 & 7)]
    formats.currency = choice[0] & 0x20 == 0 ? [] : ["€", "EUR", "$", "kr."]
    formats.percent = choice[0] & 0x40 != 0
    formats.trim = choice[0] & 0x80 != 0
    formats.dateOrder = [nil, .ymd, .dmy, .mdy][Int(choice[1] & 3)]
    formats.excelSerial = choice[1] & 4 != 0
    if choice[1] & 8 != 0 {
      (formats.trueWords, formats.falseWords) = (["ja", "x"], ["nein", "É"])
    }
    do {
      formats.dateFormat = try DatePattern(pattern)
      if choice[1] & 16 == 0 { formats.dateOrder = nil }
      try formats.validate()
    } catch {
      // No pattern, or formats that contradict each other: refused before any value is read.
      formats.dateFormat = nil
      if formats.thousands?.rawValue == formats.effectiveDecimal.rawValue {
        formats.thousands = nil
      }
    }
    return formats
  }

  /// The values as the rows of a batch with one column.
  private static func batch(of values: [[UInt8]], areQuoted: Bool) -> RecordBatch {
    let batch = RecordBatch(capacity: 64)
    batch.fieldsPerRow = 1
    for (index, value) in values.enumerated() {
      batch.reserve(batch.count + value.count)
      UnsafeMutableRawBufferPointer(rebasing: batch.storage[batch.count...]).copyBytes(from: value)
      batch.fields.append(
        FieldSlice(offset: batch.count, count: value.count, isQuoted: areQuoted))
      batch.rows.append(
        RecordRow(
          number: Int64(index + 1), line: Int64(index + 1), rawOffset: batch.count,
          rawCount: value.count))
      batch.count += value.count
      batch.isPlainASCII = batch.isPlainASCII && !value.contains { $0 == 0 || $0 > 0x7F }
    }
    return batch
  }

  private static let columns: [TargetColumn] = {
    let types: [BaseType] = [
      .smallint, .integer, .bigint, .real, .doublePrecision, .boolean, .text, .date, .uuid, .json,
      .jsonb, .bytea, .numeric(precision: nil, scale: nil), .numeric(precision: 10, scale: 2),
      .numeric(precision: 5, scale: -2), .numeric(precision: 2, scale: 6), .varchar(limit: 3),
      .char(length: 4), .time(precision: nil), .timetz(precision: 3), .timestamp(precision: nil),
      .timestamptz(precision: 0), .interval, .enumeration(labels: ["a", "", "ä b"]), .other,
    ]
    return types.enumerated().map { index, base in
      TargetColumn(
        name: "c\(index)", number: Int16(index + 1),
        type: ColumnType(oid: 1, sqlName: "\(base)", base: base), isRequired: index % 5 == 4)
    }
  }()

  private static func holdEncoding(
    of batch: RecordBatch, into target: TargetColumn, _ options: ValidationOptions
  ) throws {
    guard !batch.rows.isEmpty else { return }
    let whole = try EncodedColumn(batch, 0..<batch.rows.count, target, options)
    let half = batch.rows.count / 2
    let first = try EncodedColumn(batch, 0..<half, target, options)
    let second = try EncodedColumn(batch, half..<batch.rows.count, target, options)
    try holdEqual(
      first.values + second.values, whole.values,
      "what becomes of a value does not depend on its batch, in \(target.type.sqlName)")
    try holdNumbers(whole, target.type.base)
  }

  /// Numbers that stand as they are mean what the standard library takes them for.
  private static func holdNumbers(_ column: EncodedColumn, _ base: BaseType) throws {
    for (value, text) in zip(column.values, column.texts) where value.state == .value {
      let number = value.bytes.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      switch base {
      case .bigint:
        guard let expected = Int64(text) else { continue }
        try holdEqual(Int64(bitPattern: number), expected, "\(text) as bigint")
      case .doublePrecision:
        guard let expected = Double(text), !expected.isNaN else { continue }
        try holdEqual(Double(bitPattern: number), expected, "\(text) as double precision")
      case .real:
        guard let expected = Float(text), !expected.isNaN else { continue }
        try holdEqual(Float(bitPattern: UInt32(number)), expected, "\(text) as real")
      default: continue
      }
    }
  }

  private static func holdSurvey(
    of values: [[UInt8]], _ batch: RecordBatch, told: ValueFormats
  ) throws {
    let columns = [
      SurveyColumn(field: 0, name: "d", kind: .date),
      SurveyColumn(field: 0, name: "n", kind: .number),
    ]
    var whole = FormatSurvey(columns: columns, told: told, nullWords: ["null"])
    whole.add(batch)
    var pieces = FormatSurvey(columns: columns, told: told, nullWords: ["null"])
    for value in values { pieces.add(self.batch(of: [value], areQuoted: batch.fields[0].isQuoted)) }
    let conclusion = whole.conclusion()
    let valueCounts = whole.findings.map(\.valueCount)
    try holdEqual(pieces.findings.map(\.valueCount), valueCounts, "the survey counts the values")
    try holdEqual(
      pieces.conclusion().formats, conclusion.formats, "batches do not change what follows")
    do {
      try conclusion.formats.validate()
    } catch {
      throw FuzzBreach(description: "what a survey concludes fits together: \(error)")
    }
  }
}
