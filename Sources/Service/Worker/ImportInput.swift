import ImportModel
import Postgres
import Reading
import Validation

/// A file as it was looked over, and the target it goes into: all that reading and validating need.
struct ImportInput: Sendable {
  let file: PreparedFile
  let target: TargetTable
  let nullWords: [String]
  let arbiter: Arbiter
  let settings: ValidationSettings
  /// Whether rows are staged with their numbers.
  var numbersRows = true

  /// The columns that the fields of a row go into.
  var mapping: [MappedColumn] { file.preflight.mapping }

  /// The place where the rows begin.
  var start: FilePosition { file.preflight.start }

  /// Whether reading can go on anywhere at no cost.
  var isSeekable: Bool { file.preflight.plan.isSeekable }

  /// The staging columns, in the order in which the validator writes them.
  var layout: StagingLayout {
    StagingLayout(
      columns: mapping.enumerated().map { index, mapped in
        let staging = StagingColumn(for: mapped.read)
        let type = mapped.read.type
        return StagingLayout.Column(
          name: mapped.lookup == nil ? staging.name : keyName(index), sqlType: staging.sqlType,
          castTo: type.isStagedAsText ? type.sqlName : nil,
          comparison: mapped.column.type.comparison, lookup: mapped.lookup)
      }, numbersRows: numbersRows)
  }

  /// A name that no column of the target has.
  private func keyName(_ index: Int) -> String {
    var name = "sluice_key_\(index)"
    while target.columns.contains(where: { $0.name == name }) { name += "_" }
    return name
  }

  /// How many bytes of the file stand before a place, or nil where the place does not tell.
  func bytes(upTo position: FilePosition) -> Int64? { isSeekable ? position.byte : nil }

  /// A reader that goes on from a place between two rows.
  ///
  /// - Throws: `ReadingError`, and what the storage throws.
  func reader(from position: FilePosition) throws -> any RowReader {
    try file.preflight.plan.reader(
      of: file.file, scratch: file.scratch, from: position,
      header: file.preflight.header.names)
  }

  /// A validator, which one thread must own.
  ///
  /// - Parameter profile: where it notes what it takes.
  func validator(profile: ProfileRecorder) throws -> BatchValidator {
    try BatchValidator(
      table: target, mapping: mapping,
      options: ValidationOptions(
        nullWords: nullWords, settings: settings, formats: file.formats,
        marksText: file.preflight.plan.marksText,
        textsAreJSON: file.preflight.plan.format == .json),
      arbiter: arbiter, numbersRows: numbersRows, profile: profile)
  }
}

extension ColumnType {
  /// See `StagingLayout.Column.Comparison`. A number with a scale always has that many digits.
  var comparison: StagingLayout.Column.Comparison {
    switch base {
    case .smallint, .integer, .bigint, .boolean, .date, .uuid, .bytea, .time, .timestamp,
      .timestamptz, .enumeration, .numeric(precision: .some, scale: _):
      .equality
    case .text, .varchar, .char: .text
    case .real, .doublePrecision, .numeric, .timetz, .interval, .json, .jsonb, .other: .image
    }
  }
}
