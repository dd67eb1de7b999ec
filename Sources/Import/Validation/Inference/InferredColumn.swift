/// What the values of a field have in common, over all rows that were looked at.
public struct InferredColumn: Sendable, Equatable {
  /// Index of the field in a row, from 0.
  public var field: Int
  /// The field's name in the header.
  public var header: String
  /// A name for a column that takes it, made from the header.
  public var name: String
  /// See `InferredType`.
  public var type: InferredType
  /// Rows with a value; the empty text is one where the type is `text`.
  public var valueCount: Int64
  /// Rows without one.
  public var nullCount: Int64
  /// Characters of the shortest value; nil where there is none.
  public var minLength: Int?
  /// Characters of the longest value; nil where there is none.
  public var maxLength: Int?
  /// Whether nothing but 0 and 1 was seen.
  public var isBinary: Bool
  /// The first values that differ, cut where they are long.
  public var samples: [String]
  /// What a person should know of it, each with the option that says it better in brackets.
  public var notes: [String]

  /// Whether the column must take NULL.
  public var isNullable: Bool { nullCount > 0 || valueCount == 0 }
}
