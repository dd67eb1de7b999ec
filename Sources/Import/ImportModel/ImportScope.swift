/// The part of a target that an import keeps to: the rows with one value in one column.
///
/// Imports of one target with different values of the same column run side by side.
public struct ImportScope: Sendable, Codable, Equatable {
  /// Longest value, in bytes.
  public static let valueLimit = 1024

  /// The column, as the catalog spells it.
  public var column: String
  /// The value as Postgres writes it, with dates in ISO form and times in UTC.
  public var value: String

  /// Names a part.
  public init(column: String, value: String) {
    self.column = column
    self.value = value
  }
}
