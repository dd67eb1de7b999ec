/// What a dry run has found that its import would do.
public struct ImportDiff: Sendable, Codable, Equatable {
  /// How long after its end a dry run can be carried out: its file and its staging stay so long.
  public static let commitSeconds: Int64 = 86_400
  /// Most rows of a kind that are kept as samples.
  public static let sampleLimit = 200

  /// How many rows of the target would get another value in a column.
  public struct Column: Sendable, Codable, Equatable {
    /// Its name.
    public var column: String
    /// So many rows.
    public var rows: Int64

    /// Describes one column.
    public init(column: String, rows: Int64) {
      self.column = column
      self.rows = rows
    }
  }

  /// How a table would differ from what it is now.
  public struct Rows: Sendable, Codable, Equatable {
    /// Rows that would be new.
    public var inserted: Int64
    /// Rows that would have other values.
    public var updated: Int64
    /// Rows that would be the same.
    public var unchanged: Int64
    /// Rows that would be gone; nil where the mode deletes none.
    public var deleted: Int64?

    /// Describes a difference.
    public init(inserted: Int64, updated: Int64, unchanged: Int64, deleted: Int64? = nil) {
      self.inserted = inserted
      self.updated = updated
      self.unchanged = unchanged
      self.deleted = deleted
    }
  }

  /// What the import would count. A table that is replaced gets new rows only, whatever it holds now.
  public var counts: RowCounts
  /// What it would mean for the table.
  public var rows: Rows
  /// The columns that would change in some row, in the order of the file.
  public var updatedColumns: [Column]
  /// What the target looked like.
  public var target: TargetOutline
  /// What it held, as far as a sum of digests tells; nil where the counts tell enough.
  public var content: String?

  /// Puts together what was found.
  public init(
    counts: RowCounts, rows: Rows, updatedColumns: [Column], target: TargetOutline,
    content: String? = nil
  ) {
    self.counts = counts
    self.rows = rows
    self.updatedColumns = updatedColumns
    self.target = target
    self.content = content
  }

  private enum CodingKeys: String, CodingKey {
    case counts, rows, content
    case updatedColumns = "updated_columns"
    case target
  }
}

/// The columns and unique keys of a table, in words: enough to see whether another time they are others.
public struct TargetOutline: Sendable, Codable, Equatable {
  /// Each column with its type.
  public var columns: [String]
  /// Each unique key with its columns.
  public var keys: [String]

  /// Describes a table.
  public init(_ table: TargetTable) {
    columns = table.columns.map { column in
      "\(column.name) \(column.type.sqlName)"
        + (column.isRequired ? " not null" : "") + (column.isGenerated ? " generated" : "")
    }
    keys = table.keys.map { key in
      "\(key.isPrimary ? "primary key" : "unique") (\(key.columns.joined(separator: ", ")))"
        + (key.nullsAreEqual ? " nulls not distinct" : "") + (key.isDeferrable ? " deferrable" : "")
    }
  }

  /// What has come and what has gone between two looks at a table; nil where nothing has.
  public func changes(to later: TargetOutline) -> String? {
    let old = columns + keys
    let new = later.columns + later.keys
    let come = new.filter { !old.contains($0) }
    let gone = old.filter { !new.contains($0) }
    let parts = [("new", come), ("gone", gone)].filter { !$0.1.isEmpty }
      .map { "\($0.0): \($0.1.joined(separator: ", "))" }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}
