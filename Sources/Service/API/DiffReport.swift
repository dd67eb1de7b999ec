import FoundationEssentials
import ImportModel

/// The answer to `GET /imports/{id}/diff`.
struct DiffReport: Encodable {
  private struct Counts: Encodable {
    let counts: RowCounts
    let rows: ImportDiff.Rows

    private enum Key: String, CodingKey {
      case read, inserted, updated, unchanged, rejected, skipped, deleted
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(counts.read, forKey: .read)
      try container.encode(rows.inserted, forKey: .inserted)
      try container.encode(rows.updated, forKey: .updated)
      try container.encode(rows.unchanged, forKey: .unchanged)
      try container.encode(counts.bad, forKey: .rejected)
      try container.encode(counts.skipped, forKey: .skipped)
      try container.encode(rows.deleted, forKey: .deleted)
    }
  }

  private let taskID: String
  private let target: String
  private let mode: ImportOptions.Mode
  private let key: [String]
  private let isCommitted: Bool
  private let counts: Counts
  private let updatedColumns: [ImportDiff.Column]

  private enum CodingKeys: String, CodingKey {
    case taskID = "task_id"
    case target, mode, key
    case isCommitted = "committed"
    case counts
    case updatedColumns = "updated_columns"
  }

  init(_ record: ImportRecord, _ diff: ImportDiff) {
    taskID = record.id.description
    target = record.target
    mode = record.options.mode
    key = record.key
    isCommitted = !record.isDryRun
    counts = Counts(counts: diff.counts, rows: diff.rows)
    updatedColumns = diff.updatedColumns
  }

  /// The whole of it, with samples that are JSON already.
  func json(samples: String) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // It is an object, and has members.
    let own = try encoder.encode(self).dropLast()
    return Array(own) + Array(",\"samples\":\(samples)}".utf8)
  }
}
