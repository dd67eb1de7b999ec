/// The columns of a staging table: the row's number, then those columns of the target that the file
/// has; or those columns alone, where the table is to take the target's place.
public struct StagingLayout: Sendable, Equatable {
  /// A column of the target as it is staged.
  public struct Column: Sendable, Equatable {
    /// Name of the target's column; of a key that is still to be looked up, a name that no column of the
    /// target has.
    public var name: String
    /// Its type in staging, as SQL.
    public var sqlType: String
    /// The type that the merge casts to, as SQL, where staging holds another one; nil elsewhere.
    public var castTo: String?
    /// How a merge tells a changed value from an unchanged one.
    public var comparison: Comparison
    /// How the target's value is found, where staging holds a natural key.
    public var lookup: ColumnLookup?

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
      name: String, sqlType: String, castTo: String? = nil, comparison: Comparison = .equality,
      lookup: ColumnLookup? = nil
    ) {
      self.name = name
      self.sqlType = sqlType
      self.castTo = castTo
      self.comparison = comparison
      self.lookup = lookup
    }
  }

  /// Name of the column that holds the row's number: none of the target's.
  public let rowColumn: String
  /// Whether the row's number comes first.
  public let numbersRows: Bool
  /// In the order of the encoded tuples, behind the row's number.
  public let columns: [Column]

  /// Lays out a staging table.
  public init(columns: [Column], numbersRows: Bool = true) {
    self.columns = columns
    self.numbersRows = numbersRows
    var name = "sluice_row"
    while columns.contains(where: { $0.name == name }) { name += "_" }
    rowColumn = name
  }

  /// The name of an import's staging table in the schema `sluice`, unquoted.
  public static func tableName(of id: ImportID) -> String { "staging_" + id.digits }

  /// Whether natural keys are still to be looked up.
  public var hasLookups: Bool { columns.contains { $0.lookup != nil } }

  /// The same with the values that were found in the place of the keys: what is merged.
  public var resolved: StagingLayout {
    StagingLayout(columns: columns.map(\.resolved), numbersRows: numbersRows)
  }
}

extension StagingLayout.Column {
  fileprivate var resolved: StagingLayout.Column {
    guard let lookup else { return self }
    return StagingLayout.Column(
      name: lookup.column, sqlType: lookup.value.sqlType, castTo: lookup.value.castTo,
      comparison: comparison)
  }
}
