/// What the command reads of an import's object.
struct ImportObject: Decodable {
  let taskID: String
  let status: String
  let dryRun: Bool
  let warnings: [Warning]
  let progress: Double
  let rowsRead: Int64
  let rowsBad: Int64
  let rowsSkipped: Int64
  let rowsInserted: Int64
  let rowsUpdated: Int64
  let rowsUnchanged: Int64
  let source: Source
  let error: Failure?

  /// How its file is read.
  struct Source: Decodable {
    let format: String
    let encoding: String
    let reading: Reading
  }

  struct Reading: Decodable {
    let sure: Bool
    let notes: [String]
  }

  struct Warning: Decodable {
    let message: String
  }

  struct Failure: Decodable {
    let code: String
    let message: String
    let hint: String?
  }

  enum CodingKeys: String, CodingKey {
    case taskID = "task_id"
    case status, warnings, progress
    case dryRun = "dry_run"
    case rowsRead = "rows_read"
    case rowsBad = "rows_bad"
    case rowsSkipped = "rows_skipped"
    case rowsInserted = "rows_inserted"
    case rowsUpdated = "rows_updated"
    case rowsUnchanged = "rows_unchanged"
    case source, error
  }

  var hasEnded: Bool { ["done", "failed", "cancelled", "undone"].contains(status) }
}
