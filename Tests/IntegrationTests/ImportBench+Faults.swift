import ImportModel
import Postgres

extension ImportBench {
  /// All faults of an import, as `row|line|column|code|message|value`.
  func faults(of id: ImportID) async throws -> [String] {
    try await rows(
      """
      SELECT row, line, column_name, code, message, value FROM sluice.rejects
       WHERE import_id = $1::uuid ORDER BY row, ordinal
      """, [.text(id.description)])
  }

  /// The rows that were rejected, each once.
  func rejectedRows(of id: ImportID) async throws -> [String] {
    try await rows(
      "SELECT DISTINCT row FROM sluice.rejects WHERE import_id = $1::uuid ORDER BY row",
      [.text(id.description)])
  }
}
