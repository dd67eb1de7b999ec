import Foundation
import Testing

@testable import ImportModel

@Suite("The object of an import as JSON")
struct ImportRecordJSONTests {
  private func object(_ record: ImportRecord) throws -> [String: Any] {
    let data = try JSONEncoder().encode(record)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test("it has exactly the fields of the contract")
  func fields() throws {
    let fields = try object(record(.queued, history: [(.queued, 1)]))
    #expect(
      Set(fields.keys) == [
        "task_id", "idempotency_key", "status", "target", "mode", "key", "scope", "dry_run",
        "commit",
        "priority", "attempt", "source", "bytes_total", "bytes_done", "rows_total", "rows_read",
        "rows_ok", "rows_bad", "rows_skipped", "rows_inserted", "rows_updated", "rows_unchanged",
        "throughput_rps", "eta_seconds", "progress", "created_at", "started_at", "finished_at",
        "stages", "error", "plan", "batches", "profile", "warnings", "undo", "links",
      ])
    let source = try #require(fields["source"] as? [String: Any])
    #expect(
      Set(source.keys) == [
        "name", "format", "bytes", "sha256", "encoding", "dialect", "reading",
      ])
    let undo = try #require(fields["undo"] as? [String: Any])
    #expect(
      Set(undo.keys) == [
        "available", "until", "requested", "deleted", "restored", "left", "error",
      ])
    let links = try #require(fields["links"] as? [String: Any])
    #expect(Set(links.keys) == ["self", "errors", "events"])
    let stage = try #require((fields["stages"] as? [[String: Any]])?.first)
    #expect(Set(stage.keys).isSuperset(of: ["name", "started_at", "seconds"]))
  }

  @Test(
    "what is not known is null, not absent",
    arguments: ["scope", "rows_total", "eta_seconds", "started_at", "finished_at", "error"])
  func nulls(field: String) throws {
    #expect(try object(record(.queued, history: [(.queued, 1)]))[field] is NSNull)
  }

  @Test("the numbers are those of the record")
  func numbers() throws {
    var failed = record(
      .failed, history: [(.parsing, 1), (.failed, 2)], ok: 7, bad: 3, bytesDone: 123, total: 10,
      rate: 12.345)
    failed.failure = ImportFailure(.constraint, "no", hint: "yes")
    let fields = try object(failed)
    #expect(fields["task_id"] as? String == failed.id.description)
    #expect(fields["status"] as? String == "failed")
    #expect(fields["rows_read"] as? Int == 10)
    #expect(fields["rows_ok"] as? Int == 7)
    #expect(fields["rows_bad"] as? Int == 3)
    #expect(fields["rows_total"] as? Int == 10)
    #expect(fields["bytes_done"] as? Int == 123)
    #expect(fields["bytes_total"] as? Int == 1_000)
    #expect(fields["throughput_rps"] as? Double == 12.3)
    #expect(
      fields["error"] as? [String: String] == [
        "code": "constraint", "message": "no", "hint": "yes",
      ])
  }

  @Test(
    "moments are RFC 3339 in UTC, to the millisecond",
    arguments: [
      (0.0, "1970-01-01T00:00:00.000Z"), (1_700_000_000.1234, "2023-11-14T22:13:20.123Z"),
      (951_782_400, "2000-02-29T00:00:00.000Z"), (-0.5, "1969-12-31T23:59:59.500Z"),
    ])
  func moments(seconds: Double, expected: String) {
    #expect(rfc3339(seconds) == expected)
  }
}
