/// Whether an import can be taken back, and what came of it: `undo` of its object.
public struct ImportUndo: Sendable, Codable, Equatable {
  /// Whether `POST /imports/{id}/undo` would do something.
  public var available: Bool
  /// Until when, RFC 3339, UTC; nil where it cannot.
  public var until: String?
  /// Whether it was asked for, and a worker has it or will have it.
  public var isRequested: Bool
  /// Rows that were inserted and are deleted again; nil before it was undone.
  public var deleted: Int64?
  /// Rows that got their old values back.
  public var restored: Int64?
  /// Rows that were left as they are: `GET /imports/{id}/undo` lists them.
  public var left: Int64?
  /// Why it could not be taken back.
  public var failure: ImportFailure?

  /// Nothing to take back, unless told otherwise.
  public init(
    available: Bool = false, until: String? = nil, isRequested: Bool = false,
    deleted: Int64? = nil, restored: Int64? = nil, left: Int64? = nil, failure: ImportFailure? = nil
  ) {
    self.available = available
    self.until = until
    self.isRequested = isRequested
    self.deleted = deleted
    self.restored = restored
    self.left = left
    self.failure = failure
  }

  private enum CodingKeys: String, CodingKey {
    case available, until
    case isRequested = "requested"
    case deleted, restored, left
    case failure = "error"
  }

  /// Writes every field, `null` where there is no value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(available, forKey: .available)
    try container.encode(until, forKey: .until)
    try container.encode(isRequested, forKey: .isRequested)
    try container.encode(deleted, forKey: .deleted)
    try container.encode(restored, forKey: .restored)
    try container.encode(left, forKey: .left)
    try container.encode(failure, forKey: .failure)
  }
}
