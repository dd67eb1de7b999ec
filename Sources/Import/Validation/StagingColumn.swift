public import ImportModel

/// A column of the staging table, in the order of the tuples' fields after the row number.
public struct StagingColumn: Sendable, Equatable {
  /// Its name: the target column's.
  public var name: String
  /// Its type as SQL, with schema and modifier: the target column's, or `text` where the type has no
  /// binary form.
  public var sqlType: String
  /// The column of the target that it is meant for.
  public var target: TargetColumn

  /// The staging column of a target's column.
  public init(for target: TargetColumn) {
    name = target.name
    sqlType = target.type.isStagedAsText ? "text" : target.type.sqlName
    self.target = target
  }
}
