import ImportModel

/// The rules of a target that rows can break, as its catalog has them: expressions are SQL over the
/// target's own columns.
struct TargetRules: Sendable, Decodable, Equatable {
  /// A column, and what it holds where the file does not say.
  struct Column: Sendable, Decodable, Equatable {
    let name: String
    let type: String
    /// The default, or how a generated column is computed.
    let expression: String?
    let isGenerated: Bool
    let isRequired: Bool
    /// Whether the default can be known before the row is written: no sequence, nothing volatile.
    let isSettled: Bool
    /// Whether the default is the same in each session at any time: `now()`, for one, is not.
    let isFixed: Bool
  }

  /// A CHECK constraint.
  struct Check: Sendable, Decodable, Equatable {
    let name: String
    let columns: [String]
    let expression: String
  }

  /// A foreign key.
  struct Reference: Sendable, Decodable, Equatable {
    let name: String
    let columns: [String]
    /// The referenced table as `FROM` takes it.
    let source: String
    /// Its name alone.
    let table: String
    let referencedColumns: [String]
    /// The operators that compare a referenced column with one of ours.
    let operators: [String]
    let isFull: Bool
    /// Whether rows of the target itself are referenced.
    let isOwn: Bool
    /// Whether sets can tell: all is enforced, valid already, and may be read.
    let isReadable: Bool
  }

  /// A unique index or an exclusion constraint.
  struct Key: Sendable, Decodable, Equatable {
    let name: String
    /// All columns that it looks at.
    let columns: [String]
    /// What is compared, and how it is written in a message.
    let expressions: [String]
    let labels: [String]
    /// The operators under which two rows collide.
    let operators: [String]
    let nullsAreEqual: Bool
    let predicate: String?
    /// Whether it is made of plain columns only.
    let isPlain: Bool
    /// The clause of an exclusion constraint; nil for a unique index.
    let exclusion: String?
  }

  var columns: [Column]
  var checks: [Check]
  var references: [Reference]
  var keys: [Key]
  /// Whether a trigger may change rows before they are written: what is staged says little then.
  var mayRewriteRows: Bool
  /// Whether some rule is looked at only when the transaction ends.
  var hasDeferred: Bool

  /// Whether a row may refer to another row of the target.
  var refersToItself: Bool { references.contains(where: \.isOwn) }

  func column(_ name: String) -> Column? { columns.first { $0.name == name } }

  /// The columns that CHECK constraints look at although the file does not have them.
  ///
  /// `INSERT … ON CONFLICT` holds the row that it proposes against them before it looks for the one to
  /// update, so that must have their values already.
  func completions(of request: MergeRequest) -> [Column] {
    let given = Set(request.layout.columns.map(\.name))
    let looked = Set(checks.flatMap(\.columns))
    let seesGenerated = columns.contains { $0.isGenerated && looked.contains($0.name) }
    return columns.filter { column in
      !given.contains(column.name) && !column.isGenerated && column.isSettled
        && (seesGenerated || looked.contains(column.name))
    }
  }

  /// The columns of the constraint that an error names, if it is one of these.
  func columns(ofConstraint name: String) -> [String]? {
    checks.first { $0.name == name }?.columns ?? references.first { $0.name == name }?.columns
      ?? keys.first { $0.name == name }?.columns
  }
}
