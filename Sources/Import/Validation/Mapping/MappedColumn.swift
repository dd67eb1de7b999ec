public import ImportModel

/// A field of the file's rows, and the column it goes into.
public struct MappedColumn: Sendable, Equatable {
  /// Index of the field in a row, from 0.
  public var field: Int
  /// The field's name in the header.
  public var header: String
  /// The column of the target.
  public var column: TargetColumn

  /// Joins a field to a column.
  public init(field: Int, header: String, column: TargetColumn) {
    self.field = field
    self.header = header
    self.column = column
  }
}
