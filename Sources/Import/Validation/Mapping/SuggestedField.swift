public import ImportModel

/// A field of a file, the column of a target that it might go into, and what speaks against it.
public struct SuggestedField: Sendable, Equatable {
  /// Index of the field in a row, from 0.
  public var field: Int
  /// The field's name in the header.
  public var header: String
  /// The column, or nil where none is likely.
  public var column: TargetColumn?
  /// What does not fit, or why there is no column.
  public var reasons: [String]

  /// Joins a field to a column, or to none.
  public init(field: Int, header: String, column: TargetColumn?, reasons: [String] = []) {
    self.field = field
    self.header = header
    self.column = column
    self.reasons = reasons
  }
}
