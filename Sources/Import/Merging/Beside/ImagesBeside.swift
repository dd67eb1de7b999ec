import ImportModel
import Postgres

/// What takes the rows of an empty table back, kept by a second session beside the one that inserts them:
/// staging tells it all, so that neither waits for the other.
///
/// It counts only with the rows: the transaction of the merge makes the table that of the import's images.
struct ImagesBeside: Sendable {
  /// With fewer rows, it takes longer to make a table than to fill it.
  static let leastRows: Int64 = 10_000

  private let images: UndoImages
  private let insert: String
  private let staged: StagedSize
  private let connection: PostgresConnection

  /// - Returns: nil where the merge has to do it, as only the target can tell what stands in it.
  init?(_ request: MergeRequest, _ ground: MergeGround, on connection: PostgresConnection) {
    guard request.keepsImages, !ground.hasTriggers else { return nil }
    var images = ground.images
    images.inserted = BesideTables.name("inserted", of: request.lease)
    let statements = MergeStatements(
      request, rules: ground.rules, images: images, countsSame: false)
    guard let insert = statements.imagesOfStaged(isLarge: false, isBeside: true) else {
      return nil
    }
    self.images = images
    self.insert = insert
    self.connection = connection
    staged = ground.staged
  }

  /// Runs the body, and keeps images of all staged rows meanwhile.
  ///
  /// - Returns: what the body gives, and how many rows have images.
  func run<R: Sendable>(
    _ body: @Sendable () async throws -> R
  ) async throws -> (result: R, kept: Int64) {
    let (kept, result) = try await connection.beside({ try await keep() }, while: body)
    return (result, kept)
  }

  /// Makes the table that of the import's images, in the transaction of the merge.
  func adopt(on merging: PostgresConnection) async throws {
    try await merging.execute(
      UndoTables.adopting(images.inserted, as: .inserted, of: images.request.lease.importID))
  }

  private func keep() async throws -> Int64 {
    try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
      try await Merger.makeSettings(on: connection, onlyAdds: true)
      try await connection.execute(
        "DROP TABLE IF EXISTS \(images.inserted);\n\(images.creatingInserted)")
      let step = max(1, Int64(Double(UndoImages.groupSize / 4) / staged.rowsPerBlock))
      var kept: Int64 = 0
      for start in stride(from: 0, to: staged.blocks, by: Int64.Stride(step)) {
        let slice = staged.slice(start..<min(staged.blocks, start + step))
        kept += try await connection.query(insert, slice.parameters).rows[0].int64("kept")
      }
      return kept
    }
  }
}
