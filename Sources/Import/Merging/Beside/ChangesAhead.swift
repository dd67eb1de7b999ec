import ImportModel
import Postgres

/// What a merge will find in the target, looked up by a second session a slice ahead of the one that writes:
/// which rows are new, which have changed, and what those were before.
///
/// Each slice is a transaction of the second session, and its finds are a small table of places: of the staged
/// row, of the target's row and its version. A row that somebody else has written since has another version;
/// the slice is then merged as if nobody had looked.
struct ChangesAhead: Sendable {
  /// What a look at a slice has found.
  struct Finds: Sendable {
    /// Rows of the slice.
    let total: Int64
    /// Rows that have changed, and have their former values in the images.
    let differing: Int64
    /// Rows that are new.
    let missing: Int64
    /// The table of places, quoted and qualified.
    let places: String
    /// The transaction that kept the images.
    let transaction: String
  }

  private let request: MergeRequest
  /// With the table that the second session fills.
  let images: UndoImages
  private let statements: MergeStatements
  private let choice: MergeChoice
  private let connection: PostgresConnection

  /// - Returns: nil where one statement does better, or where it has to be done in one.
  init?(
    _ request: MergeRequest, _ ground: MergeGround, _ choice: MergeChoice,
    on connection: PostgresConnection
  ) {
    guard choice.plan == .joinByScan, ChangesAhead.suits(request, ground) else { return nil }
    self.request = request
    self.choice = choice
    self.connection = connection
    var images = ground.images
    images.updated = BesideTables.name("updated", of: request.lease)
    self.images = images
    statements = MergeStatements(
      request, rules: ground.rules, images: images, countsSame: ground.hasTriggers)
  }

  /// Whether a merge may be parted into slices that are looked at beforehand, and has changes to look for.
  static func suits(_ request: MergeRequest, _ ground: MergeGround) -> Bool {
    request.keepsImages && !request.isPartitioned && !ground.rules.refersToItself
      && !ground.images.images.isEmpty && !request.writableColumns.isEmpty
  }

  /// Makes the table of images.
  func begin() async throws {
    try await connection.transaction { connection in
      try await connection.execute("DROP TABLE IF EXISTS \(images.updated)")
      try await images.createUpdated(on: connection)
    }
  }

  /// Looks at a slice while a body runs.
  func look<R: Sendable>(
    at slice: StagedSlice, number: Int, while body: @Sendable () async throws -> R
  ) async throws -> (Finds, R) {
    try await connection.beside({ try await look(at: slice, number: number) }, while: body)
  }

  /// Looks at a slice.
  func look(at slice: StagedSlice, number: Int) async throws -> Finds {
    try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
      try await Merger.makeSettings(on: connection)
      try await choice.makeSettings(on: connection)
      if choice.followsKey { try await connection.execute(SliceMerge.oneByOne) }
      let places = BesideTables.name("places\(number)", of: request.lease)
      try await connection.execute(
        """
        DROP TABLE IF EXISTS \(places);
        CREATE UNLOGGED TABLE \(places) (staged tid NOT NULL, place tid, version xid)
        """)
      let row = try await connection.query(statements.look(into: places), slice.parameters).rows[0]
      return Finds(
        total: try row.int64("total"), differing: try row.int64("differing"),
        missing: try row.int64("missing"), places: places,
        transaction: try row.string("transaction"))
    }
  }

  /// Whether there is so little to write that the session which does can look at slices as well.
  var isShared: Bool { choice.isMostlySame }

  /// Sizes of the slices, as shares of the plan's: of the first ones, and of those behind them. Until a look at the first
  /// one is done, nothing is written.
  ///
  /// An index needs no time before its first row, where a hash reads the whole target; and what a look at few rows has
  /// read is still in the processor's caches when they are written.
  var shares: (first: [Double], then: Double) {
    choice.followsKey ? ([0.04, 0.1], 0.2) : ([0.2, 0.5], 1)
  }

  /// Makes the table of images the import's own, in the transaction of the merge, and drops the others.
  func adopt(looks: Int, on merging: PostgresConnection) async throws {
    let places = (0..<looks).map { BesideTables.name("places\($0)", of: request.lease) }
    if !places.isEmpty {
      try await merging.execute("DROP TABLE \(places.joined(separator: ", "))")
    }
    try await merging.execute(
      UndoTables.adopting(images.updated, as: .updated, of: images.request.lease.importID))
  }
}

/// The same slice by slice, in the session that writes.
extension SliceMerge {
  static let oneByOne = settings { "SET LOCAL \($0.key) = \($0.value)" }
  private static let byPlan = settings { "SET LOCAL \($0.key) TO DEFAULT" }

  private static func settings(_ sql: ((key: String, value: String)) -> String) -> String {
    MergeChoice.rowByRow.sorted { $0.key < $1.key }.map(sql).joined(separator: "; ")
  }

  /// Merges all rows with a session that looks ahead, or throws what the first refused one brings up.
  func whole(_ counts: RowCounts, behind ahead: ChangesAhead) async throws -> RowCounts {
    try await ahead.begin()
    let (merged, looks) =
      ahead.isShared ? try await shared(counts, with: ahead) : try await behind(ahead, counts)
    try await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    try await ahead.adopt(looks: looks, on: connection)
    return merged
  }

  /// The other session looks at a slice while this one writes what it has found in the slice before.
  ///
  /// - Returns: the counts, and how many looks there were.
  private func behind(
    _ ahead: ChangesAhead, _ counts: RowCounts
  ) async throws -> (RowCounts, Int) {
    var counts = counts
    let slices = slices(ahead.shares)
    var found = slices.isEmpty ? nil : try await ahead.look(at: slices[0], number: 0)
    var number = 0
    while let finds = found {
      let next = number + 1
      let write: @Sendable () async throws -> RowCounts = { [counts, slice = slices[number]] in
        var counts = counts
        counts.add(try await merge(slice, finds, of: ahead))
        try await merger.watch(MergeProgress(counts: counts, isFinalizing: false))
        return counts
      }
      // One slice ahead, and no further: what is found grows old.
      (found, counts) =
        next < slices.count
        ? try await ahead.look(at: slices[next], number: next, while: write)
        : (nil, try await write())
      number = next
    }
    return (counts, slices.count)
  }

  /// The other session looks at a slice while this one merges the next by itself.
  private func shared(
    _ counts: RowCounts, with ahead: ChangesAhead
  ) async throws -> (RowCounts, Int) {
    var counts = counts
    let slices = slices()
    for first in stride(from: 0, to: slices.count, by: 2) {
      let (finds, joined) = try await ahead.look(at: slices[first], number: first / 2) {
        first + 1 < slices.count ? try await join(slices[first + 1]) : SliceOutcome()
      }
      counts.add(joined)
      counts.add(try await merge(slices[first], finds, of: ahead))
      try await merger.watch(MergeProgress(counts: counts, isFinalizing: false))
    }
    return (counts, (slices.count + 1) / 2)
  }

  private func merge(
    _ slice: StagedSlice, _ finds: ChangesAhead.Finds, of ahead: ChangesAhead
  ) async throws -> SliceOutcome {
    do {
      return try await connection.savepoint { connection in
        try await connection.execute(SliceMerge.oneByOne)
        let outcome = try await write(slice, finds)
        try await connection.execute(SliceMerge.byPlan)
        return outcome
      }
    } catch is RowsCrossed {
      // Somebody else has written what was found.
    } catch let error as PostgresError where isAboutKey(error) {
      // Somebody else has inserted it.
    }
    // The settings went back with the savepoint.
    _ = try await connection.query(
      "DELETE FROM \(ahead.images.updated) WHERE xmin = $1::xid", [.text(finds.transaction)])
    return try await join(slice)
  }

  private func write(
    _ slice: StagedSlice, _ finds: ChangesAhead.Finds
  ) async throws -> SliceOutcome {
    var outcome = SliceOutcome(unchanged: finds.total - finds.differing - finds.missing)
    if finds.differing > 0 {
      let updated = try await connection.query(statements.updateFound(finds.places)).affected
      guard updated == finds.differing else { throw RowsCrossed() }
      outcome.updated = finds.differing
    }
    if finds.missing > 0 {
      let statement = statements.insertFound(finds.places, isLarge: isLarge)
      outcome.inserted = try await connection.query(statement).rows[0].int64("inserted")
      guard outcome.inserted == finds.missing else { throw RowsCrossed() }
    }
    return outcome
  }
}

extension MergeStatements {
  /// Notes the places of rows that are new or would change theirs, and keeps the former values of those.
  func look(into places: String) -> String {
    """
    WITH met AS MATERIALIZED (\(met(isSorted: false, staged: "s.ctid AS sid"))),
    kept AS (\(images.keepUpdated("met", where: "tid IS NOT NULL"))),
    noted AS (INSERT INTO \(places) (staged, place, version) SELECT sid, tid, xm FROM met)
    SELECT count(*) FILTER (WHERE tid IS NOT NULL) AS differing,
           count(*) FILTER (WHERE tid IS NULL) AS missing, (\(countSlice)) AS total,
           pg_current_xact_id()::xid::text AS transaction FROM met
    """
  }

  func updateFound(_ places: String) -> String {
    let assignments = writableColumns.map { "\(quotedIdentifier($0.name)) = \(value($0))" }
    return """
      UPDATE \(request.targetSource) AS t SET \(assignments.joined(separator: ", "))
        FROM \(places) p JOIN \(request.staging) s ON s.ctid = p.staged
       WHERE t.ctid = p.place AND t.xmin = p.version
      """
  }

  func insertFound(_ places: String, isLarge: Bool) -> String {
    """
    WITH written AS (
      \(insertHead())SELECT \(values) FROM \(places) p JOIN \(request.staging) s ON s.ctid = p.staged
       WHERE p.place IS NULL ORDER BY \(keyColumns.map(value).joined(separator: ", "))
      RETURNING \(images.returned)
    ), kept AS (\(images.keepInserted("written", isLarge: isLarge)))
    SELECT count(*) AS inserted FROM written
    """
  }
}
