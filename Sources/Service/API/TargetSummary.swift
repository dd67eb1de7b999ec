import ImportModel

/// A target as the list of targets shows it: without checks and references, which only the call for one
/// target reads from the catalog.
struct TargetSummary: Encodable {
  private enum CodingKeys: String, CodingKey {
    case target, schema, name, kind, modes, columns, keys
    case estimatedRows = "estimated_rows"
  }

  let table: TargetTable

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(table.displayName, forKey: .target)
    try container.encode(table.schema, forKey: .schema)
    try container.encode(table.name, forKey: .name)
    try container.encode(table.shape.kind, forKey: .kind)
    try container.encode(table.modes, forKey: .modes)
    try container.encode(table.estimatedRows, forKey: .estimatedRows)
    try container.encode(table.columns.map(Column.init), forKey: .columns)
    try container.encode(table.keys.map(Key.init), forKey: .keys)
  }

  private struct Column: Encodable {
    private enum CodingKeys: String, CodingKey {
      case name, type, nullable, identity, generated, labels
      case defaultExpression = "default"
    }

    let column: TargetColumn

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(column.name, forKey: .name)
      try container.encode(column.type.sqlName, forKey: .type)
      try container.encode(!column.isRequired, forKey: .nullable)
      try container.encode(column.defaultExpression, forKey: .defaultExpression)
      try container.encode(column.identity, forKey: .identity)
      try container.encode(column.isGenerated, forKey: .generated)
      if case .enumeration(let labels) = column.type.base {
        try container.encode(labels, forKey: .labels)
      }
    }
  }

  private struct Key: Encodable {
    private enum CodingKeys: String, CodingKey {
      case name, columns, primary, deferrable
      case nullsAreEqual = "nulls_not_distinct"
    }

    let key: TargetKey

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(key.name, forKey: .name)
      try container.encode(key.columns, forKey: .columns)
      try container.encode(key.isPrimary, forKey: .primary)
      try container.encode(key.isDeferrable, forKey: .deferrable)
      try container.encode(key.nullsAreEqual, forKey: .nullsAreEqual)
    }
  }
}
