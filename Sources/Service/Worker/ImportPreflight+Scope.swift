public import ImportModel
public import Postgres
import Reading
import Staging
import Threading
import Validation

/// A scope: what it may be, and which one a file keeps to.
extension ImportPreflight {
  /// Rows that are looked at for how values are written.
  private static let rowsToSurvey = 1000

  /// Refuses a column that would not keep imports apart.
  ///
  /// Values are told apart by how they are written: so equal ones have to be written alike.
  ///
  /// - Parameter key: the conflict key; without one, no row meets another.
  /// - Throws: `ImportFailure`.
  public static func check(scope name: String?, of target: TargetTable, _ key: TargetKey) throws {
    guard let name else { return }
    guard let column = target.columns.first(where: { $0.name == name }) else {
      throw ImportFailure(
        .unknownColumn, "\(target.displayName) has no column \"\(name)\"",
        hint: "`scope` names one column, as it is spelled in the table")
    }
    guard key.columns.isEmpty || key.columns.contains(name) else {
      let columns = key.columns.map { "\"\($0)\"" }.joined(separator: ", ")
      throw ImportFailure(
        .badOption, "`scope` names \"\(name)\", which is no part of the conflict key (\(columns))",
        hint: "files of two scopes could have the same key: name a column of the key")
    }
    guard column.type.comparison != .image else {
      throw ImportFailure(
        .badOption,
        "`scope` names \"\(name)\", and equal values of \(column.type.sqlName) may be written differently",
        hint: "a scope is a whole number, a text, a date or time, a uuid, a boolean or an enum")
    }
  }

  func checkScopeIsInFile(_ name: String?) throws {
    guard let name else { return }
    guard let mapped = mapping.first(where: { $0.column.name == name }) else {
      throw ImportFailure(
        .badOption, "the file has no column for \"\(name)\", which `scope` names",
        hint: "add it to the file, with one value in all rows")
    }
    guard mapped.lookup == nil else {
      throw ImportFailure(
        .badOption, "`scope` names \"\(name)\", whose values are looked up",
        hint: "the file has to have the value itself")
    }
  }

  /// Finds the part of the target that a file keeps to: what its first row has in the column.
  ///
  /// - Parameters:
  ///   - file: is asked for only where there is a scope.
  ///   - connection: its session is set as the import's will be.
  /// - Returns: nil where no scope is asked for.
  /// - Throws: `ImportFailure` where the first row does not tell; what the storage throws; `PostgresError`.
  public func scope(
    of file: @autoclosure () throws -> any FileBytes, target: TargetTable, options: ImportOptions,
    scratch: String, on connection: PostgresConnection
  ) async throws -> ImportScope? {
    guard let name = options.scope else { return nil }
    let file = try file()
    guard let mapped = mapping.first(where: { $0.column.name == name }) else {
      throw ImportPreflight.untold(name, "cannot be found at the start of the file")
    }
    try await connection.setZone(options)
    let settings = try await ValidationSettings.read(on: connection)
    // The file is read on a thread that may block.
    let text = try await withTaskExecutorPreference(ThreadExecutor(name: "scope")) {
      let records = RecordBatch(capacity: BatchProducer.batchBytes * 2)
      let reader = try plan.reader(of: file, scratch: scratch, from: start, header: header.names)
      guard
        try reader.read(
          into: records, maxBytes: BatchProducer.batchBytes, maxRows: ImportPreflight.rowsToSurvey)
      else { throw ImportPreflight.untold(name, "has no value: the file has no rows") }
      let validator = try BatchValidator(
        table: target, mapping: [mapped],
        options: ValidationOptions(
          nullWords: options.null ?? [], settings: settings,
          formats: try formats(of: name, in: records, options), marksText: plan.marksText,
          textsAreJSON: plan.format == .json),
        arbiter: Arbiter(connection: connection))
      return try await ImportPreflight.first(of: records, validator, name)
    }
    return ImportScope(
      column: name,
      value: try await ImportPreflight.written(text, as: mapped.column, of: target, on: connection))
  }

  /// How the values are written, as far as the first rows tell.
  private func formats(
    of name: String, in records: RecordBatch, _ options: ImportOptions
  ) throws -> ValueFormats {
    var survey = FormatSurvey(
      mapping: mapping, told: try ValueFormats(options), nullWords: options.null ?? [],
      marksText: plan.marksText)
    survey.add(records)
    let conclusion = survey.conclusion()
    if let open = conclusion.notices.first(where: { $0.column == name && $0.code.isUndecided }) {
      throw ImportFailure(.ambiguousValues, open.message, hint: open.hint)
    }
    return conclusion.formats
  }

  private static func first(
    of records: RecordBatch, _ validator: BatchValidator, _ name: String
  ) async throws -> String {
    var encoded = EncodedBatch()
    try await validator.encode(records, start: FilePosition(), into: &encoded)
    guard let row = records.rows.first else { throw untold(name, "has no value") }
    if let reject = encoded.rejects.first, reject.row == row.number {
      throw untold(name, "cannot be read in line \(row.line): \(reject.message)")
    }
    guard let text = validator.text(ofRow: 0, column: 0, in: records) else {
      throw untold(name, "is NULL in line \(row.line)")
    }
    return text
  }

  private static func untold(_ name: String, _ why: String) -> ImportFailure {
    ImportFailure(
      .badOption, "\"\(name)\", which `scope` names, \(why)",
      hint: "the first row tells the value that all rows have")
  }

  private static func written(
    _ text: String, as column: TargetColumn, of target: TargetTable,
    on connection: PostgresConnection
  ) async throws -> String {
    let value = try await ScopeValue.written(text, as: column, on: connection)
    guard value.utf8.count <= ImportScope.valueLimit else {
      throw untold(column.name, "is longer than \(ImportScope.valueLimit) bytes")
    }
    guard try await ScopeValue.isExact(column, of: target, on: connection) else {
      throw ImportFailure(
        .badOption, "the collation of \"\(column.name)\" holds different texts for equal",
        hint: "`scope` needs a column whose collation is deterministic")
    }
    return value
  }
}
