import ImportModel
import Reading

/// The rows of a file, which can be gone over again and again; of a start only those that are whole.
struct RowsToInspect {
  /// Most rows of a start: a small workbook may unfold to many.
  private static let startRows: Int64 = 1_000_000

  let file: any FileBytes
  let plan: FilePlan
  let header: FileHeader
  private let start: FilePosition
  private let scratch: String
  /// How many rows are looked at; nil for all.
  private(set) var limit: Int64?
  /// Whether rows behind the limit were left out.
  private(set) var isCut = false

  /// - Parameter names: what the file's columns are called; nil to read it.
  init(_ file: any FileBytes, plan: FilePlan, scratch: String) throws {
    self.file = file
    self.plan = plan
    self.scratch = scratch
    let reader = try plan.reader(of: file, scratch: scratch)
    header = try reader.readHeader()
    start = reader.position
  }

  /// Goes over the rows.
  func each(_ body: (RecordBatch) -> Void) throws {
    let reader = try plan.reader(of: file, scratch: scratch, from: start, header: header.names)
    let batch = RecordBatch(capacity: 2 * BatchProducer.batchBytes)
    var left = limit ?? .max
    while left > 0,
      try reader.read(into: batch, maxBytes: BatchProducer.batchBytes, maxRows: Int(clamping: left))
    {
      left -= Int64(batch.rows.count)
      body(batch)
    }
  }

  /// Leaves out what is cut off at the end.
  ///
  /// - Parameters:
  ///   - isCut: whether the file goes on behind its last byte.
  ///   - endsWithLine: whether the last line is whole.
  mutating func keepWholeRows(isCut: Bool, endsWithLine: Bool) throws {
    limit = Self.startRows
    var last: RecordRow?
    var unterminated: Int64?
    var count: Int64 = 0
    try each { batch in
      count += Int64(batch.rows.count)
      last = batch.rows.last ?? last
      if unterminated == nil {
        unterminated = batch.rows.first { $0.fault == .unterminatedQuote }?.number
      }
    }
    self.isCut = isCut || count >= Self.startRows
    guard isCut, count < Self.startRows else { return }
    if let unterminated, let last, last.number - unterminated <= 20 {
      // A quote that is open at the end is that of the row that is cut off. One further up is a fault.
      limit = unterminated - 1
    } else if let last, !endsWithLine && plan.format == .csv || isUnfinished(last) {
      limit = last.number - 1
    }
  }

  /// Whether a record at the end of a start may be one that goes on.
  private func isUnfinished(_ row: RecordRow) -> Bool {
    if case .syntax? = row.fault { return true }
    return false
  }
}
