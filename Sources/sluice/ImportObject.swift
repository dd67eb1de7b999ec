/// What the command reads of an import's object.
struct ImportObject: Decodable {
  let taskID: String
  let status: String
  let progress: Double
  let rowsRead: Int64
  let rowsBad: Int64
  let rowsSkipped: Int64
  let rowsInserted: Int64
  let rowsUpdated: Int64
  let rowsUnchanged: Int64
  let error: Failure?

  struct Failure: Decodable {
    let code: String
    let message: String
    let hint: String?
  }

  enum CodingKeys: String, CodingKey {
    case taskID = "task_id"
    case status, progress
    case rowsRead = "rows_read"
    case rowsBad = "rows_bad"
    case rowsSkipped = "rows_skipped"
    case rowsInserted = "rows_inserted"
    case rowsUpdated = "rows_updated"
    case rowsUnchanged = "rows_unchanged"
    case error
  }

  var hasEnded: Bool { ["done", "failed", "cancelled", "undone"].contains(status) }
}
