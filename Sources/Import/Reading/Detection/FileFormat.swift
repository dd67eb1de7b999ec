/// What kind of table a file holds.
public enum FileFormat: String, Sendable, Codable, CaseIterable {
  /// Text with a delimiter between fields: CSV and its cousins.
  case csv
  /// JSON records: one a line, one after another, or in one array.
  case json
  /// A workbook in Office Open XML.
  case xlsx
}
