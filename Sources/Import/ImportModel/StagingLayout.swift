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
    /// Whether its type has an equality that can be joined on; others are compared by their text.
    public var isComparable: Bool

    /// Describes one column.
    public init(name: String, sqlType: String, castTo: String? = nil, isComparable: Bool = true) {
      self.name = name
      self.sqlType = sqlType
      self.castTo = castTo
      self.isComparable = isComparable
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
