public import ImportModel

/// What a file is, what stands in it, and which table would take it: the answer of `sluice inspect` and of
/// `POST /inspect`.
public struct FileInspection: Sendable, Codable, Equatable {
  /// Bytes that were looked at.
  public var bytes: Int64
  /// Whether that is all of the file: otherwise types and counts hold for its start only.
  public var isComplete: Bool
  /// `csv`, `json` or `xlsx`.
  public var format: String
  /// What the file is wrapped in, outermost first.
  public var containers: [String]
  /// Encoding of the text.
  public var encoding: String
  /// What the rows stand in.
  public var dialect: ImportSource.Dialect
  /// Whether nothing of that is in real doubt.
  public var isSure: Bool
  /// What the one who has the file should know, with the option that says it better.
  public var notes: [String]
  /// The names of the fields.
  public var header: [String]
  /// Rows, bad ones included.
  public var rowsRead: Int64
  /// Rows that could not be made whole.
  public var rowsBad: Int64
  /// The first of them.
  public var badRows: [BadRow]
  /// What was found in each field.
  public var columns: [Column]
  /// How values are written, where Postgres would not read them as they are.
  public var values: ImportSource.Values
  /// A table that would take the file.
  public var proposal: Proposal
  /// How the file fits a table that is there; nil where none was named.
  public var target: TargetFit?

  /// A row that could not be made whole.
  public struct BadRow: Sendable, Codable, Equatable {
    /// Its number, the first one behind the header being 1.
    public var row: Int64
    /// The line on which it begins.
    public var line: Int64
    /// See `RejectCode`.
    public var code: String
    /// What is wrong.
    public var message: String
    /// Its text, cut where it is long.
    public var raw: String
  }

  /// A field, and the column that would take it.
  public struct Column: Sendable, Codable, Equatable {
    /// Its name in the file.
    public var header: String
    /// The column's name.
    public var name: String
    /// The narrowest type of Postgres that takes all values.
    public var type: String
    /// Whether some row has no value.
    public var isNullable: Bool
    /// Rows with a value.
    public var values: Int64
    /// Rows without one.
    public var nulls: Int64
    /// Characters of the shortest value.
    public var minLength: Int?
    /// Characters of the longest value.
    public var maxLength: Int?
    /// The first values that differ.
    public var samples: [String]
    /// What a person should know of it.
    public var notes: [String]

    private enum CodingKeys: String, CodingKey {
      case header, name, type
      case isNullable = "nullable"
      case values, nulls
      case minLength = "min_length"
      case maxLength = "max_length"
      case samples, notes
    }
  }

  /// A table that would take the file.
  public struct Proposal: Sendable, Codable, Equatable {
    /// Its name, as the option `target` has it.
    public var table: String
    /// The statement that makes it.
    public var ddl: String
    /// The `mapping` that an import into it needs; nil where names are enough.
    public var mapping: [String: String]?
  }

  private enum CodingKeys: String, CodingKey {
    case bytes
    case isComplete = "complete"
    case format, containers, encoding, dialect
    case isSure = "sure"
    case notes, header
    case rowsRead = "rows_read"
    case rowsBad = "rows_bad"
    case badRows = "bad_rows"
    case columns, values, proposal, target
  }
}
