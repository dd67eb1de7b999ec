import Foundation
import ImportModel
import Testing

@Suite("Batches that are in")
struct MergedBatchesTests {
  @Test("rows up to the last one are settled, but for those that wait")
  func settled() {
    var merged = MergedBatches()
    #expect(!merged.holds(1))
    merged.lastRow = 10
    merged.waiting = [3, 7]
    #expect((1...12).filter(merged.holds) == [1, 2, 4, 5, 6, 8, 9, 10])
  }

  @Test("rows that have met the target are counted without rejects")
  func rows() {
    var merged = MergedBatches()
    merged.counts.inserted = 1
    merged.counts.updated = 20
    merged.counts.unchanged = 300
    merged.counts.bad = 4000
    #expect(merged.rows == 321)
  }

  @Test("the object tells of them with every field, and reads what it has written")
  func json() throws {
    let report = BatchReport(count: 3, lastRow: 30_000, rowsPerBatch: 12_000, secondsP95: nil)
    let data = try JSONEncoder().encode(report)
    let fields = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(Set(fields.keys) == ["count", "last_row", "rows_per_batch", "seconds_p95"])
    #expect(fields["seconds_p95"] is NSNull)
    #expect(try JSONDecoder().decode(BatchReport.self, from: data) == report)
  }
}
