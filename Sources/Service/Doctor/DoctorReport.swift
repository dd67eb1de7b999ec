/// What an examination found.
public struct DoctorReport: Sendable, Equatable, Encodable {
  /// A part of the installation.
  public struct Section: Sendable, Equatable, Encodable {
    /// `database`, `target`, `schema` or `spool`.
    public var name: String
    /// What it is, in a few words for people.
    public var summary: String
    /// What is wrong with it, the most serious first.
    public var findings: [Finding]
  }

  /// The parts that were looked at, in the order in which they matter.
  public var sections: [Section]

  /// All findings of a severity.
  public func count(_ severity: Finding.Severity) -> Int {
    sections.reduce(0) { $0 + $1.findings.count { $0.severity == severity } }
  }

  /// Whether somebody should get up.
  public var isSerious: Bool { count(.serious) > 0 }

  private enum CodingKeys: String, CodingKey {
    case serious, warnings, notes, sections
  }

  /// Writes the counts and the sections.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(count(.serious), forKey: .serious)
    try container.encode(count(.warning), forKey: .warnings)
    try container.encode(count(.note), forKey: .notes)
    try container.encode(sections, forKey: .sections)
  }
}
