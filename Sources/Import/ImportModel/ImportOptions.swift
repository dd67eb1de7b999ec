/// What a caller asks for: contract, section 2.
public struct ImportOptions: Sendable, Codable, Equatable {
  /// How rows meet those that are there already.
  public enum Mode: String, Sendable, Codable, CaseIterable {
    case upsert, insert, append, replace
  }
  /// Which of several rows with one key in the file counts.
  public enum Duplicates: String, Sendable, Codable, CaseIterable {
    case last, first, reject
  }
  /// What a bad row does to the rest.
  public enum OnError: String, Sendable, Codable, CaseIterable {
    case reject, abort
  }
  /// Which import is taken first.
  public enum Priority: String, Sendable, Codable, CaseIterable {
    case high, normal, low
    /// How the queue sorts it: the lower comes first.
    public var rank: Int64 {
      switch self {
      case .high: 0
      case .normal: 1
      case .low: 2
      }
    }
  }
  /// Whether the rows become visible at once or batch by batch.
  public enum Commit: String, Sendable, Codable, CaseIterable {
    case atomic, batched
  }

  /// See the contract for each.
  public var mode: Mode = .upsert
  /// Columns of a unique index, or nil for the primary key.
  public var key: [String]?
  /// See `Duplicates`.
  public var duplicates: Duplicates = .last
  /// See `OnError`.
  public var onError: OnError = .reject
  /// More rejected rows than this, and nothing goes in.
  public var maxRejects: Int64?
  /// A larger share of rejected rows than this, 0 to 1, and nothing goes in.
  public var maxRejectRatio: Double?
  /// Header to column; nil leaves the header's values out.
  public var mapping: [String: String?]?
  /// Separator of fields: one ASCII character.
  public var delimiter: String?
  /// Quote: one ASCII character.
  public var quote: String?
  /// Words that mean NULL where they stand without quotes.
  public var null: [String]?
  /// Time zone of timestamps that name none, or nil for the database's.
  public var timezone: String?
  /// See `Priority`.
  public var priority: Priority = .normal
  /// See `Commit`.
  public var commit: Commit = .atomic
  /// Import again although the same bytes were imported into the target before.
  public var force = false

  /// All defaults.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case mode, key, duplicates
    case onError = "on_error"
    case maxRejects = "max_rejects"
    case maxRejectRatio = "max_reject_ratio"
    case mapping, delimiter, quote, null, timezone, priority, commit, force
  }
}
