/// The batches of an import that are in, for people: `batches` of its object.
public struct BatchReport: Sendable, Codable, Equatable {
  /// How many.
  public var count: Int64
  /// The last row of the file that is settled.
  public var lastRow: Int64
  /// Rows of the file that the next batch takes, about.
  public var rowsPerBatch: Int64
  /// The 95th percentile of the times of the last batches, in seconds; nil before one of this size was timed.
  public var secondsP95: Double?

  /// Describes batches.
  public init(count: Int64, lastRow: Int64, rowsPerBatch: Int64, secondsP95: Double?) {
    self.count = count
    self.lastRow = lastRow
    self.rowsPerBatch = rowsPerBatch
    self.secondsP95 = secondsP95
  }

  private enum CodingKeys: String, CodingKey {
    case count
    case lastRow = "last_row"
    case rowsPerBatch = "rows_per_batch"
    case secondsP95 = "seconds_p95"
  }

  /// Writes every field, `null` where there is no value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(count, forKey: .count)
    try container.encode(lastRow, forKey: .lastRow)
    try container.encode(rowsPerBatch, forKey: .rowsPerBatch)
    try container.encode(secondsP95.map { rounded($0, places: 4) }, forKey: .secondsP95)
  }
}
