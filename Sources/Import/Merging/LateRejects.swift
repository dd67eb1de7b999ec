import ImportModel
import Postgres

/// Rows that Postgres has refused in the merge so far, and the counts.
struct LateRejects: Sendable {
  /// A row that may pass once the others are in.
  struct PutOff: Sendable {
    var place: StagedPlace
    var error: PostgresError
  }

  /// Rejects that are kept for the report in case that the merge is given up.
  private static let keptLimit = 1000
  /// Rejects that are written at once.
  private static let groupSize = 500
  /// Rows that wait for a second try, at most; the others are rejected at once.
  private static let putOffLimit = 10_000

  var counts: RowCounts
  /// Rows that wait for a second try.
  var putOff: [PutOff] = []
  /// Whether the statement has gone through without rows, so that its failures are the rows' own.
  var isProbed = false
  /// How many rows lie between two refused ones, as far as is known.
  var gap: Double?
  private(set) var waiting: [RowBreach] = []
  private(set) var kept: [RowBreach] = []

  init(counts: RowCounts) {
    self.counts = counts
  }

  var canPutOff: Bool { putOff.count < LateRejects.putOffLimit }
  var isFull: Bool { waiting.count >= LateRejects.groupSize }

  mutating func add(_ breach: RowBreach) {
    counts.ok -= 1
    counts.bad += 1
    waiting.append(breach)
    if kept.count < LateRejects.keptLimit { kept.append(breach) }
  }

  /// What is to be written now, in the order of the file.
  mutating func take() -> [RowBreach] {
    defer { waiting.removeAll() }
    return waiting.sorted { $0.row < $1.row }
  }
}

/// Where a row lies in staging.
struct StagedPlace: Sendable, Equatable {
  var row: Int64
  var block: Int64
  var offset: Int64

  init(row: Int64, block: Int64, offset: Int64) {
    self.row = row
    self.block = block
    self.offset = offset
  }

  /// Reads a `ctid`, as `(block,offset)`.
  init(_ result: PostgresRow) throws {
    let text = try result.string("place")
    let parts = text.dropFirst().dropLast().split(separator: ",").compactMap { Int64($0) }
    guard parts.count == 2 else { throw ImportFailure(.internal, "\(text) is no place of a row") }
    self.init(row: try result.int64("row"), block: parts[0], offset: parts[1])
  }

  var slice: StagedSlice {
    StagedSlice(from: "(\(block),\(offset))", to: "(\(block),\(offset + 1))")
  }
}

/// A part of staging, as the half-open range of places.
struct StagedSlice: Sendable, Equatable {
  var from: String
  var to: String

  init(from: String, to: String) {
    self.from = from
    self.to = to
  }

  init(pages: Range<Int64>) {
    self.init(from: "(\(pages.lowerBound),0)", to: "(\(pages.upperBound),0)")
  }

  static let none = StagedSlice(from: "(0,0)", to: "(0,0)")

  var parameters: [PostgresParameter] { [.text(from), .text(to)] }
}

/// More rows were refused in the merge than may be.
struct TooManyRejects: Error {
  var failure: ImportFailure
  var rejects: LateRejects
}
