import ImportModel

/// An import as it stands in the database.
func record(
  _ status: ImportState, history: [(ImportState, Double)], asOf: Double = 1_000, ok: Int64 = 0,
  bad: Int64 = 0, skipped: Int64 = 0, inserted: Int64 = 0, bytes: Int64 = 1_000,
  bytesDone: Int64 = 0, total: Int64? = nil, rate: Double = 0
) -> ImportRecord {
  var counts = RowCounts()
  counts.ok = ok
  counts.bad = bad
  counts.read = ok + bad
  counts.skipped = skipped
  counts.inserted = inserted
  return ImportRecord(
    id: ImportID(), idempotencyKey: "k", status: status, target: "demo.sales", key: ["id"],
    options: ImportOptions(), attempt: 1,
    source: ImportSource(name: "sales.csv", bytes: bytes, sha256: "00"), bytesDone: bytesDone,
    rowsTotal: total, counts: counts, rowsPerSecond: rate,
    history: history.map { ImportRecord.Stage(name: $0.0, at: $0.1) }, asOf: asOf,
    createdAt: "2026-01-01T00:00:00.000Z", startedAt: nil, finishedAt: nil, failure: nil)
}
