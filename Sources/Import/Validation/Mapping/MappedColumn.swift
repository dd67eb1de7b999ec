public import ImportModel

/// A field of the file's rows, and the column it goes into.
public struct MappedColumn: Sendable, Equatable {
  /// Index of the field in a row, from 0.
  public var field: Int
  /// The field's name in the header.
  public var header: String
  /// The column of the target.
  public var column: TargetColumn
  /// How the column's value is found by the field, where that is a natural key.
  public var lookup: ColumnLookup?

  /// Joins a field to a column.
  public init(field: Int, header: String, column: TargetColumn, lookup: ColumnLookup? = nil) {
    self.field = field
    self.header = header
    self.column = column
    self.lookup = lookup
  }

  /// The column as far as the field is concerned: a natural key has a type of its own.
  public var read: TargetColumn {
    guard let lookup else { return column }
    var column = column
    column.type = lookup.key.type
    return column
  }
}
