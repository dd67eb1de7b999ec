public import ImportModel

/// An import that a caller asks for, with its bytes in the spool.
public struct Submission: Sendable {
  /// The id it gets, under which the spool holds its bytes.
  public var id: ImportID
  /// The caller's `Idempotency-Key`, or nil to make one out of content, target and options.
  public var idempotencyKey: String?
  /// `schema.table`, as the catalog spells it.
  public var target: String
  /// The columns of the conflict key.
  public var key: [String]
  /// What is asked for.
  public var options: ImportOptions
  /// The part of the target that its rows keep to; nil where that is all of it.
  public var scope: ImportScope?
  /// The file.
  public var source: ImportSource
  /// Its header as it stands there.
  public var header: [UInt8]

  /// Describes a submission.
  public init(
    id: ImportID, idempotencyKey: String?, target: String, key: [String], options: ImportOptions,
    scope: ImportScope? = nil, source: ImportSource, header: [UInt8]
  ) {
    self.id = id
    self.idempotencyKey = idempotencyKey
    self.target = target
    self.key = key
    self.options = options
    self.scope = scope
    self.source = source
    self.header = header
  }

  /// What became of it.
  public enum Outcome: Sendable, Equatable {
    /// It is queued, under its own id.
    case accepted(idempotencyKey: String)
    /// The same request was made before: this is its import.
    case replayed(ImportID, status: ImportState, idempotencyKey: String)
    /// The key was used for another request.
    case keyReused
    /// Too many imports wait.
    case queueFull
  }
}
