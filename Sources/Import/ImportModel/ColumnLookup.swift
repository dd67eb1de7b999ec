/// How a column of the target gets its values by natural keys, as the catalog describes it: the file has a
/// key, the table that is looked into has one row with it, and another column of that row is the value.
public struct ColumnLookup: Sendable, Equatable {
  /// The column by which rows are found.
  public struct Key: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// What a key in the file must be: the column's type below all domains, without a length, since a key
    /// is compared and not stored.
    public var type: ColumnType
    /// The operator of the type's own equality, as SQL.
    public var equality: String
    /// The column's collation as SQL, where it is not the default one.
    public var collation: String?
    /// Whether no two rows can have one key.
    public var isUnique: Bool

    /// Describes one column.
    public init(
      name: String, type: ColumnType, equality: String, collation: String? = nil, isUnique: Bool
    ) {
      self.name = name
      self.type = type
      self.equality = equality
      self.collation = collation
      self.isUnique = isUnique
    }
  }

  /// The column that is taken over.
  public struct Value: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its type as SQL, below all domains and without a length.
    public var sqlType: String
    /// The target's type as SQL without a length, where it is another one.
    public var castTo: String?

    /// Describes one column.
    public init(name: String, sqlType: String, castTo: String? = nil) {
      self.name = name
      self.sqlType = sqlType
      self.castTo = castTo
    }
  }

  /// The target's column.
  public var column: String
  /// OID of the table that is looked into.
  public var tableOID: UInt32
  /// The same as `schema.table`, for people.
  public var table: String
  /// The same as `FROM` takes it.
  public var source: String
  /// See `Key`.
  public var key: Key
  /// See `Value`.
  public var value: Value

  /// Describes one lookup.
  public init(
    column: String, tableOID: UInt32, table: String, source: String, key: Key, value: Value
  ) {
    self.column = column
    self.tableOID = tableOID
    self.table = table
    self.source = source
    self.key = key
    self.value = value
  }
}
