import ImportModel
import Reading
import Validation

/// The header of a file beside the columns of a target.
struct FirstLook {
  /// What the report of rejected rows appends, so that the mended report can be sent as it is.
  static let errorsHeader = "_errors"

  let plan: FilePlan
  let header: FileHeader
  /// The place behind the header.
  let start: FilePosition
  private let target: TargetTable
  private let explicit: [String: String?]?
  private let lookups: [ColumnLookup]

  /// Reads the header.
  ///
  /// A file that seems to have none has one all the same where its first row names columns of the target.
  ///
  /// - Throws: `ReadingError`, and what the storage throws.
  init(
    _ file: any FileBytes, plan: FilePlan, target: TargetTable, options: ImportOptions,
    lookups: [ColumnLookup], scratch: String
  ) throws {
    self.target = target
    self.lookups = lookups
    explicit = options.mapping?.mapValues { $0?.column }
    var plan = plan
    if options.header == nil, !plan.hasHeader {
      let names = try plan.withHeader.reader(of: file, scratch: scratch).readHeader().names
      if !names.isEmpty, names.allSatisfy({ HeaderMapping.hasColumn(for: $0, in: target) }) {
        plan = plan.withHeader
      }
    }
    let reader = try plan.reader(of: file, scratch: scratch)
    header = try reader.readHeader()
    start = reader.position
    self.plan = plan
  }

  /// The fields without a name that nobody has said anything of. They go nowhere, and must be empty.
  var namelessFields: [Int] {
    guard plan.hasHeader, plan.format != .json, explicit?[""] == nil else { return [] }
    return header.names.indices.filter { header.names[$0].isEmpty }
  }

  /// The columns that the fields go into.
  ///
  /// - Throws: `MappingError`.
  func mapping() throws(MappingError) -> [MappedColumn] {
    var mapping = try mappedByName()
    for index in mapping.indices {
      mapping[index].lookup = lookups.first { $0.column == mapping[index].column.name }
    }
    return mapping
  }

  private func mappedByName() throws(MappingError) -> [MappedColumn] {
    if !plan.hasHeader, explicit == nil {
      return try HeaderMapping().resolve(places: header.names, table: target)
    }
    return try HeaderMapping(explicit: told(), isRow: plan.format != .json)
      .resolve(header: header.names, table: target)
  }

  /// The same where records further on may have names that are missed; empty then.
  func provisionalMapping() throws(MappingError) -> [MappedColumn] {
    do {
      return try mapping()
    } catch {
      switch error.code {
      case .required, .unknownHeader, .nothingMapped: return []
      case .unknownColumn, .ambiguous, .duplicate, .generated, .badFormats: throw error
      }
    }
  }

  /// The mapping asked for, without what need not be said.
  private func told() -> [String: String?] {
    var told = explicit ?? [:]
    // A column that only resembles it would take the reasons for values.
    func leaveOutErrors() {
      let isColumn = target.columns.contains { $0.name == FirstLook.errorsHeader }
      if told[FirstLook.errorsHeader] == nil, !isColumn {
        told[FirstLook.errorsHeader] = .some(nil)
      }
    }
    func leaveOut(_ name: String) {
      if told[name] == nil, !HeaderMapping.hasColumn(for: name, in: target) {
        told[name] = .some(nil)
      }
    }
    if case .json(_, let columns) = plan.content {
      if header.names.contains(FirstLook.errorsHeader) { leaveOutErrors() }
      // Who takes `address.city` out of an object has said what becomes of `address`.
      for column in columns where column.path.count > 1 && told[column.name] != nil {
        if header.names.contains(column.path[0]) { leaveOut(column.path[0]) }
      }
    } else {
      if header.names.last == FirstLook.errorsHeader { leaveOutErrors() }
      // Spreadsheets write columns that are empty but for a format.
      if !namelessFields.isEmpty { leaveOut("") }
    }
    return told
  }
}
