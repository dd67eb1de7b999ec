public import ImportModel

/// A target with what else its owner wrote down about it, for `GET /targets/{schema.table}`.
public struct TargetDetails: Sendable, Equatable {
  /// The table, its columns and keys.
  public var table: TargetTable
  /// Its CHECK constraints by name.
  public var checks: [Check]
  /// Its foreign keys by name.
  public var references: [Reference]

  /// A CHECK constraint.
  public struct Check: Sendable, Equatable, Encodable {
    /// Its name.
    public var name: String
    /// As `pg_get_constraintdef` writes it.
    public var definition: String
  }

  /// A foreign key.
  public struct Reference: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// The table's own columns.
    public var columns: [String]
    /// `schema.table`, without quotes.
    public var referencedTable: String
    /// The columns of the other table, in the order of `columns`.
    public var referencedColumns: [String]
  }

  /// Describes one target.
  public init(table: TargetTable, checks: [Check] = [], references: [Reference] = []) {
    self.table = table
    self.checks = checks
    self.references = references
  }
}

extension TargetDetails.Reference: Encodable {
  private enum CodingKeys: String, CodingKey {
    case name, columns
    case referencedTable = "referenced_table"
    case referencedColumns = "referenced_columns"
  }
}

extension TargetDetails: Encodable {
  private enum CodingKeys: String, CodingKey {
    case target, schema, name, kind, modes, columns, keys, checks, references
    case estimatedRows = "estimated_rows"
  }

  /// Writes the object of the HTTP API, names in snake case.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(table.displayName, forKey: .target)
    try container.encode(table.schema, forKey: .schema)
    try container.encode(table.name, forKey: .name)
    try container.encode(table.shape.kind, forKey: .kind)
    try container.encode(table.modes, forKey: .modes)
    try container.encode(table.estimatedRows, forKey: .estimatedRows)
    try container.encode(table.columns.map(ColumnObject.init), forKey: .columns)
    try container.encode(table.keys.map(KeyObject.init), forKey: .keys)
    try container.encode(checks, forKey: .checks)
    try container.encode(references, forKey: .references)
  }
}

/// A column as the HTTP API shows it.
private struct ColumnObject: Encodable {
  let name: String
  let type: String
  let nullable: Bool
  let defaultExpression: String?
  let identity: TargetColumn.Identity?
  let generated: Bool
  let labels: [String]?

  enum CodingKeys: String, CodingKey {
    case name, type, nullable, identity, generated, labels
    case defaultExpression = "default"
  }

  init(_ column: TargetColumn) {
    name = column.name
    type = column.type.sqlName
    nullable = !column.isRequired
    defaultExpression = column.defaultExpression
    identity = column.identity
    generated = column.isGenerated
    labels = if case .enumeration(let labels) = column.type.base { labels } else { nil }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(type, forKey: .type)
    try container.encode(nullable, forKey: .nullable)
    try container.encode(defaultExpression, forKey: .defaultExpression)
    try container.encode(identity, forKey: .identity)
    try container.encode(generated, forKey: .generated)
    try container.encodeIfPresent(labels, forKey: .labels)
  }
}

/// A key as the HTTP API shows it.
private struct KeyObject: Encodable {
  let name: String
  let columns: [String]
  let primary: Bool
  let deferrable: Bool
  let nullsAreEqual: Bool

  enum CodingKeys: String, CodingKey {
    case name, columns, primary, deferrable
    case nullsAreEqual = "nulls_not_distinct"
  }

  init(_ key: TargetKey) {
    name = key.name
    columns = key.columns
    primary = key.isPrimary
    deferrable = key.isDeferrable
    nullsAreEqual = key.nullsAreEqual
  }
}
