/// How the records of a JSON file stand one after another.
public enum JSONForm: String, Sendable, Codable, CaseIterable {
  /// One record a line (NDJSON, JSON lines). A line that is broken costs nothing but itself.
  case lines
  /// Records one after another that may span lines, or share one.
  case concatenated
  /// One array at the top, whose elements are the records.
  case array
}
