import ImportModel
import Postgres

/// The pages of staging that no batch has reached yet.
struct BatchGround: Sendable, Equatable {
  private(set) var start: Int64
  private let end: Int64
  private let rowsPerBlock: Double

  /// - Parameter rows: how many rows lie on the pages.
  init(pages: Range<Int64>, rows: Int64) {
    start = pages.lowerBound
    end = pages.upperBound
    rowsPerBlock = max(1, Double(rows) / Double(max(1, pages.count)))
  }

  /// Looks where the rows begin that are behind the last batch.
  static func read(
    _ request: MergeRequest, behind merged: MergedBatches, on connection: PostgresConnection
  ) async throws -> BatchGround {
    let statements = BatchStatements(request)
    let last: [PostgresParameter] = [.int(merged.lastRow)]
    guard let first = try await connection.query(statements.first, last).rows.first else {
      return BatchGround(pages: 0..<0, rows: 0)
    }
    let start = try StagedPlace(first).block
    let blocks = try await connection.query(
      MergeStatements.stagingBlocks, [.text(request.staging)]
    ).rows[0].int64("blocks")
    return BatchGround(
      pages: start..<max(start, blocks),
      rows: try await connection.query(statements.countRest, last).rows[0].int64("rows"))
  }

  var isAtEnd: Bool { start >= end }

  /// The pages of the next batch, about so many rows; nil behind the last one.
  func next(rows: Int) -> StagedSize? {
    guard !isAtEnd else { return nil }
    let blocks = min(end - start, max(1, Int64(Double(rows) / rowsPerBlock)))
    return StagedSize(
      first: start, blocks: blocks, rows: Int64(Double(blocks) * rowsPerBlock))
  }

  /// Goes on behind a part.
  mutating func passed(_ part: StagedSize) { start = part.first + part.blocks }
}
