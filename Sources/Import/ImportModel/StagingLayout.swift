/// The columns of a staging table: the row's number, then those columns of the target that the file
/// has.
public struct StagingLayout: Sendable, Equatable {
  /// A column of the target as it is staged.
  public struct Column: Sendable, Equatable {
    /// Name of the target's column.
    public var name: String
    /// Its type in staging, as SQL.
    public var sqlType: String
    /// The target's type as SQL, where staging holds text that the merge casts; nil elsewhere.
    public var castTo: String?
    /// How a merge tells a changed value from an unchanged one.
    public var comparison: Comparison

    /// The ways to compare two values of a column. Equality of the type will not always do: it takes
    /// `1.0` for `1.00`, `-0` for `0`, and what differs in case only for equal, where the type says so.
    public enum Comparison: Sendable, Equatable {
      /// Equal values are the same.
      case equality
      /// Texts, byte by byte.
      case text
      /// Any type, by its stored form.
      case image
    }

    /// Describes one column.
    public init(
      name: String, sqlType: String, castTo: String? = nil, comparison: Comparison = .equality
    ) {
      self.name = name
      self.sqlType = sqlType
      self.castTo = castTo
      self.comparison = comparison
    }
  }

  /// Name of the column that holds the row's number: none of the target's.
  public let rowColumn: String
  /// In the order of the encoded tuples, behind the row's number.
  public let columns: [Column]

  /// Lays out a staging table.
  public init(columns: [Column]) {
    self.columns = columns
    var name = "sluice_row"
    while columns.contains(where: { $0.name == name }) { name += "_" }
    rowColumn = name
  }
}
