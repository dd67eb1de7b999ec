import ImportModel
import Postgres
import Reading
import Spool
import Validation

/// A spooled file, its header, and how it maps to its target: all that reading and validating need.
struct ImportInput: Sendable {
  let handle: SpoolHandle
  let dialect: CSVDialect
  let header: FileHeader
  /// The place behind the header.
  let start: FilePosition
  let target: TargetTable
  let mapping: [MappedColumn]
  let nullWords: [String]
  let arbiter: Arbiter
  let settings: ValidationSettings

  /// The staging columns, in the order in which the validator writes them.
  var layout: StagingLayout {
    StagingLayout(
      columns: mapping.map { mapped in
        let staging = StagingColumn(for: mapped.column)
        let type = mapped.column.type
        return StagingLayout.Column(
          name: staging.name, sqlType: staging.sqlType,
          castTo: type.isStagedAsText ? type.sqlName : nil,
          comparison: type.comparison)
      })
  }

  /// A reader that goes on from a place between two rows.
  func reader(from position: FilePosition) -> any RowReader {
    CSVReader(
      source: FileSource(handle, from: position.byte), dialect: dialect, from: position,
      header: header.names)
  }

  /// A validator, which one thread must own.
  func validator() throws -> BatchValidator {
    try BatchValidator(
      table: target, mapping: mapping,
      options: ValidationOptions(nullWords: nullWords, settings: settings), arbiter: arbiter)
  }
}

extension ColumnType {
  /// See `StagingLayout.Column.Comparison`. A number with a scale always has that many digits.
  fileprivate var comparison: StagingLayout.Column.Comparison {
    switch base {
    case .smallint, .integer, .bigint, .boolean, .date, .uuid, .bytea, .time, .timestamp,
      .timestamptz, .enumeration, .numeric(precision: .some, scale: _):
      .equality
    case .text, .varchar, .char: .text
    case .real, .doublePrecision, .numeric, .timetz, .interval, .json, .jsonb, .other: .image
    }
  }
}
