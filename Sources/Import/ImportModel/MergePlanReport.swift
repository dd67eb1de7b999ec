/// How an import was merged, and why so: `plan` of its object.
public struct MergePlanReport: Sendable, Codable, Equatable {
  /// Stable name of the plan; see `docs/plans.md`.
  public var name: String
  /// Why it was taken, for people.
  public var reason: String
  /// Rows of the target, as far as the planner knew; nil where it knew nothing.
  public var targetRows: Int64?
  /// Rows that were to be merged.
  public var stagedRows: Int64
  /// The share of staged rows that the probe found in the target, 0 to 1; nil where none was needed.
  public var knownShare: Double?
  /// Settings of the transaction: `work_mem` and the like.
  public var settings: [String: String]

  /// Describes a plan.
  public init(
    name: String, reason: String, targetRows: Int64? = nil, stagedRows: Int64 = 0,
    knownShare: Double? = nil, settings: [String: String] = [:]
  ) {
    self.name = name
    self.reason = reason
    self.targetRows = targetRows
    self.stagedRows = stagedRows
    self.knownShare = knownShare
    self.settings = settings
  }

  private enum CodingKeys: String, CodingKey {
    case name, reason
    case targetRows = "target_rows"
    case stagedRows = "staged_rows"
    case knownShare = "known_share"
    case settings
  }

  /// Writes every field, `null` where there is no value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(reason, forKey: .reason)
    try container.encode(targetRows, forKey: .targetRows)
    try container.encode(stagedRows, forKey: .stagedRows)
    try container.encode(knownShare.map { rounded($0, places: 4) }, forKey: .knownShare)
    try container.encode(settings, forKey: .settings)
  }
}
