import ImportModel
import Postgres
import Queue
import TestSupport

extension ImportBench {
  /// Takes a dry run to its end.
  func dryRun(
    _ text: String, into target: String = "public.t",
    _ change: (inout ImportOptions) -> Void = { _ in }
  ) async throws -> ImportRecord {
    try await importFile(text, into: target) {
      change(&$0)
      $0.dryRun = true
    }
  }

  /// Carries a dry run out, to its end.
  func carryOut(_ id: ImportID) async throws -> ImportRecord {
    guard try await queue.commit(id) == .queued else {
      throw ImportBenchError("\(id) cannot be carried out")
    }
    return try await withWorker { _ in try await ended(id) }
  }

  /// The samples of a dry run, as `kind|row|before|after|changed`.
  func samples(of id: ImportID) async throws -> [String] {
    try await rows(
      """
      SELECT kind, row, before, after, array_to_string(changed, ',') FROM sluice.diff_rows
       WHERE import_id = $1::uuid ORDER BY kind, ordinal
      """, [.text(id.description)])
  }
}
