import ImportModel
public import Postgres

/// What takes the rows of an empty table back, kept by a second session beside the one that inserts them:
/// staging tells it all, so that neither waits for the other.
///
/// The table has a name of the attempt's own until the transaction of the merge makes it the import's. So it
/// counts only with the rows; a worker that has lost its lease fills one that nobody asks for; and where the
/// merge ends otherwise, it is dropped or swept.
public struct ImagesBeside: Sendable {
  /// With fewer rows, it takes longer to make the table than to fill it.
  static let leastRows: Int64 = 20_000

  private let images: UndoImages
  private let insert: String
  private let staged: StagedSize
  private let connection: PostgresConnection

  /// - Returns: nil where the merge has to do it, as only the target can tell what stands in it, or where the
  ///   session is lost.
  static func begin(
    _ request: MergeRequest, _ ground: MergeGround, rows: Int64,
    on connection: PostgresConnection?
  ) async throws -> ImagesBeside? {
    guard let connection, rows >= leastRows, request.keepsImages, !ground.hasTriggers else {
      return nil
    }
    var images = ground.images
    images.inserted = name(of: request.lease)
    let statements = MergeStatements(
      request, rules: ground.rules, images: images, countsSame: false)
    guard let insert = statements.imagesOfStaged(isLarge: false) else { return nil }
    do {
      // It may have been idle for long, while the file was staged.
      _ = try await connection.query("SELECT")
    } catch let error as PostgresError where error.isOfCircumstances {
      return nil
    }
    return ImagesBeside(
      images: images, insert: insert, staged: ground.staged, connection: connection)
  }

  private init(
    images: UndoImages, insert: String, staged: StagedSize, connection: PostgresConnection
  ) {
    self.images = images
    self.insert = insert
    self.staged = staged
    self.connection = connection
  }

  /// Runs the body, and keeps images of all staged rows meanwhile.
  ///
  /// - Returns: what the body gives, and how many rows have images.
  func run<R: Sendable>(
    _ body: @Sendable () async throws -> R
  ) async throws -> (result: R, kept: Int64) {
    do {
      async let kept = keep()
      let result = try await body()
      return (result, try await kept)
    } catch {
      await drop()
      throw error
    }
  }

  /// Makes the table that of the import's images, in the transaction of the merge.
  func adopt(on merging: PostgresConnection) async throws {
    let name = "undo_\(images.request.lease.importID.digits)_inserted"
    try await merging.execute("ALTER TABLE \(images.inserted) RENAME TO \(quotedIdentifier(name))")
  }

  private func keep() async throws -> Int64 {
    try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
      _ = try await connection.query(Merger.limitOfWaits)
      try await connection.execute("SET LOCAL jit = off; DROP TABLE IF EXISTS \(images.inserted)")
      try await images.createInserted(on: connection)
      let step = max(1, Int64(Double(UndoImages.groupSize / 2) / staged.rowsPerBlock))
      var kept: Int64 = 0
      for start in stride(from: 0, to: staged.blocks, by: Int64.Stride(step)) {
        let slice = staged.slice(start..<min(staged.blocks, start + step))
        kept += try await connection.query(insert, slice.parameters).rows[0].int64("kept")
      }
      return kept
    }
  }

  private func drop() async {
    do {
      try await connection.execute("DROP TABLE IF EXISTS \(images.inserted)")
    } catch {
      // Why the merge has ended matters more; the table is swept.
    }
  }

  // MARK: What is left

  private static func name(of lease: Lease) -> String {
    let attempt = lease.id.filter { $0 != "-" }.prefix(16)
    return "sluice.\(quotedIdentifier("beside_\(lease.importID.digits)_\(attempt)"))"
  }

  /// The tables, quoted and qualified, whose attempts have ended.
  public static func leftovers(on connection: PostgresConnection) async throws -> [String] {
    let sql = """
      SELECT c.oid::regclass::text AS name FROM pg_class c
       WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind = 'r'
         AND c.relname ~ '^beside_[0-9a-f]{32}_[0-9a-f]{16}$'
         AND NOT EXISTS (
           SELECT FROM sluice.imports i WHERE i.id = substr(c.relname, 8, 32)::uuid
              AND starts_with(replace(i.lease_id::text, '-', ''), substr(c.relname, 41)))
      """
    return try await connection.query(sql).rows.map { try $0.string("name") }
  }

  /// Drops what an attempt has left.
  ///
  /// - Parameter name: out of `leftovers(on:)`.
  /// - Throws: `PostgresError`, also where somebody reads the table for longer than two seconds.
  public static func sweep(_ name: String, on connection: PostgresConnection) async throws {
    try await connection.transaction { connection in
      try await connection.execute("SET LOCAL lock_timeout = '2s'; DROP TABLE IF EXISTS \(name)")
    }
  }
}
