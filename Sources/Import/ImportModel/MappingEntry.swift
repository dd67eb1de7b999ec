/// Where the values under a header go, as a caller says it.
public struct MappingEntry: Sendable, Equatable {
  /// Column of the target.
  public var column: String
  /// `schema.table.column` with the natural keys that the values are; nil where the values themselves go
  /// into the column.
  public var lookup: String?

  /// Sends values to a column.
  public init(column: String, lookup: String? = nil) {
    self.column = column
    self.lookup = lookup
  }
}

extension MappingEntry: ExpressibleByStringLiteral {
  /// A column that takes the values as they are.
  public init(stringLiteral column: String) { self.init(column: column) }
}

/// In JSON a column alone is a string; with a lookup it is the object `{"column", "lookup"}`.
extension MappingEntry: Codable {
  private static let fields: Set = ["column", "lookup"]

  /// Reads either form; an object has both fields, and no other.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let fields: [String: String]
    do {
      fields = try container.decode([String: String].self)
    } catch DecodingError.typeMismatch {
      self.init(column: try container.decode(String.self))
      return
    }
    guard Set(fields.keys) == MappingEntry.fields, let column = fields["column"] else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "an entry has the fields column and lookup")
    }
    self.init(column: column, lookup: fields["lookup"])
  }

  /// Writes the shorter form that says it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let lookup {
      try container.encode(["column": column, "lookup": lookup])
    } else {
      try container.encode(column)
    }
  }
}
