import ImportModel
import Merging
import Postgres
import Queue
import Telemetry

extension ImportRun {
  /// Ends a dry run. Its file and its staging stay: it may be carried out.
  func rehearse(
    _ record: ImportRecord, _ request: MergeRequest, _ reject: @escaping Merger.Reject,
    over connection: PostgresConnection
  ) async throws {
    let merger = Merger(
      request, on: connection, watch: { _ in }, reject: reject,
      checkRejects: checking(record), profile: profile)
    let counts = try await services.metrics.timed("comparing") { try await merger.rehearse() }
    services.metrics.rehearsed(target: record.target)
    logger.info("dry run done", ["rows": "\(counts.read)"])
    // In a task of its own, as behind a merge.
    await Task { await tidy([("announce", { try await services.queue.announce(id) })]) }.value
  }
}
