public import ImportModel
import Reading
public import Validation

/// What is asked of an inspection.
public struct InspectionRequest: Sendable {
  /// How the file is to be read, as far as it is told.
  public var options: ImportOptions
  /// Name of the table to propose.
  public var table: QualifiedName
  /// The table that the file is held against, or nil.
  public var target: TargetTable?
  /// Those of the mapping, as `LookupCatalog` found them.
  public var lookups: [ColumnLookup]
  /// Whether the file is only the start of one.
  public var isStart: Bool
  /// Whether it is known that the file goes on.
  public var isCut: Bool

  /// Asks for a whole file, unless told otherwise.
  public init(
    options: ImportOptions, table: QualifiedName, target: TargetTable? = nil,
    lookups: [ColumnLookup] = [], isStart: Bool = false, isCut: Bool = false
  ) {
    self.options = options
    self.table = table
    self.target = target
    self.lookups = lookups
    self.isStart = isStart
    self.isCut = isCut
  }
}

extension FileInspection {
  /// A table of Postgres has no more columns than these.
  fileprivate static let limits = ReadingLimits(maxColumns: 1600)
  private static let badRowLimit = 5
  private static let rawBytes = 200

  /// Reads a file, several times over. It blocks, and ends early where its task is cancelled.
  ///
  /// - Parameter scratch: a folder for what does not fit into memory.
  /// - Throws: `ReadingError`, `OptionError`, and what the storage throws.
  public init(_ file: any FileBytes, _ request: InspectionRequest, scratch: String) throws {
    let told = try FileRequest(request.options)
    let formats = try ValueFormats(request.options)
    let source = try InspectedFile(StoppableFile(file), request, told: told, scratch: scratch)
    let rows = source.rows
    let inference = TypeInference(
      header: rows.header.names, told: formats, nullWords: request.options.null ?? [],
      marksText: rows.plan.marksText, textsAreJSON: rows.plan.format == .json,
      looksAtAll: request.target != nil)
    var counts = RowTally()
    try rows.each { batch in
      counts.add(batch)
      inference.add(batch)
    }
    while inference.endPass() { try rows.each(inference.add) }
    let isComplete = !rows.isCut
    let proposal = try TableProposal(
      inference.columns, named: request.table,
      key: request.target == nil ? request.options.key ?? [] : [],
      hasHeader: rows.plan.hasHeader, isComplete: isComplete)
    self.init(
      bytes: file.size, isComplete: isComplete, format: rows.plan.format.rawValue,
      containers: source.containers.map(\.rawValue),
      encoding: rows.plan.encoding?.name ?? TextEncoding.utf8.name,
      dialect: ImportSource.Dialect(rows.plan.content), isSure: rows.plan.isSure,
      notes: rows.plan.notes + proposal.notes, header: rows.header.names, rowsRead: counts.read,
      rowsBad: counts.bad, badRows: counts.first,
      columns: inference.columns.map(Column.init),
      values: Values(inference.formats),
      proposal: Proposal(
        table: "\(request.table)", ddl: proposal.ddl, mapping: proposal.mapping),
      target: request.target.map {
        TargetFit(
          inference, plan: rows.plan, header: rows.header.names, target: $0,
          options: request.options, lookups: request.lookups)
      })
  }

  private typealias Values = ImportSource.Values

  /// Counts rows, and keeps the first bad ones.
  private struct RowTally {
    var read: Int64 = 0
    var bad: Int64 = 0
    var first: [BadRow] = []

    mutating func add(_ batch: RecordBatch) {
      read += Int64(batch.rows.count)
      for row in batch.rows {
        guard let fault = row.fault else { continue }
        bad += 1
        guard first.count < FileInspection.badRowLimit else { continue }
        let raw = batch.raw(of: row)
        let text = String(decoding: raw.prefix(FileInspection.rawBytes), as: UTF8.self)
        first.append(
          BadRow(
            row: row.number, line: row.line, code: fault.code.rawValue,
            message: fault.message(fieldsInHeader: batch.fieldsPerRow),
            raw: raw.count > FileInspection.rawBytes ? text + "…" : text))
      }
    }
  }
}

/// The rows of a file that is inspected, found and unpacked.
private struct InspectedFile {
  let rows: RowsToInspect
  let containers: [Container]

  init(
    _ file: any FileBytes, _ request: InspectionRequest, told: FileRequest, scratch: String
  ) throws {
    var text = file
    var start: FileStart?
    if request.isStart, told.format != .xlsx,
      try !FileStart.isWorkbook(file, isCut: request.isCut)
    {
      let found = try FileStart(file, isCut: request.isCut, encoding: told.encoding)
      (start, text) = (found, found.text)
    }
    let plan = try InspectedFile.plan(text, request, told, scratch: scratch)
    var rows = try RowsToInspect(text, plan: plan, scratch: scratch)
    if request.isStart {
      try rows.keepWholeRows(
        isCut: start?.isCut ?? false, endsWithLine: start?.endsWithLine ?? true)
    }
    self.rows = rows
    containers = start?.containers ?? plan.containers
  }

  private static func plan(
    _ file: any FileBytes, _ request: InspectionRequest, _ told: FileRequest, scratch: String
  ) throws -> FilePlan {
    let plan = try FileInspector(
      file, request: told, limits: FileInspection.limits, scratch: scratch
    ).plan(.whole)
    guard let target = request.target else { return plan }
    return try FirstLook(
      file, plan: plan, target: target, options: request.options, lookups: request.lookups,
      scratch: scratch
    ).plan
  }
}

extension ImportSource.Values {
  /// What was told of values, and what they decided.
  init(_ formats: ValueFormats) {
    self.init(
      decimal: formats.decimal?.rawValue, thousands: formats.thousands?.rawValue,
      dateOrder: formats.dateOrder?.rawValue)
  }
}

extension FileInspection.Column {
  fileprivate init(_ column: InferredColumn) {
    self.init(
      header: column.header, name: column.name, type: column.type.sqlName,
      isNullable: column.isNullable, values: column.valueCount, nulls: column.nullCount,
      minLength: column.minLength, maxLength: column.maxLength, samples: column.samples,
      notes: column.notes)
  }
}
