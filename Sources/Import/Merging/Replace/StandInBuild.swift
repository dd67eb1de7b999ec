import ImportModel
import Postgres

/// Builds a stand-in beside its table, inside a transaction.
struct StandInBuild: Sendable {
  let target: TargetTable
  let model: TableModel
  let standIn: StandIn
  let connection: PostgresConnection

  /// Makes the table without indexes; whatever an earlier attempt has left is dropped.
  func make() async throws {
    try await run(["DROP TABLE IF EXISTS \(standIn.name) CASCADE"] + model.making(standIn))
    let made = try await read()
    for (mine, theirs) in model.matchedIdentities(made) {
      try await TableSwap.carry(from: mine, to: theirs, on: connection)
    }
  }

  /// The stand-in as it is built.
  func read() async throws -> TableModel {
    try await TableModel.read(try await standIn.oid(on: connection), on: connection)
  }

  func makeIndexes() async throws {
    for number in model.indexes.indices { try await makeIndex(number) }
    try await markIndexes()
  }

  /// Makes an index without its constraint; nothing, where only its constraint makes it.
  func makeIndex(_ number: Int) async throws {
    try await run(model.building(number, of: standIn.name, as: standIn.index(number)))
  }

  /// Gives the indexes that were made their constraints and their marks.
  func markIndexes() async throws {
    for number in model.indexes.indices {
      try await run(
        model.marking(number, of: standIn.name, schema: "sluice", as: standIn.index(number)))
    }
    try await run([model.identifying(standIn)])
  }

  /// - Parameter areNew: whether the rows are those of a file.
  func makeReferences(areNew: Bool) async throws {
    try await run(model.referring(standIn, areNew: areNew))
  }

  /// Makes the foreign keys of other tables point here as well.
  ///
  /// - Throws: `ImportFailure` where rows of them would point to nothing.
  func makeReferrers() async throws {
    for (number, referrer) in model.referrers.enumerated() {
      do {
        try await connection.savepoint { _ in try await run([model.referral(number, to: standIn)]) }
      } catch let error as PostgresError where error.sqlState == "23503" {
        throw refusal(of: referrer, try await dangling(referrer))
      }
      // Postgres has looked at no row then. Those that refer to nothing already may go on to do so.
      guard referrer.definition.hasSuffix(TableModel.notValid) else { continue }
      let count = try await dangling(referrer, since: "ONLY \(model.fullName)")
      if count > 0 { throw refusal(of: referrer, count) }
    }
  }

  /// How many rows of another table would refer to nothing.
  ///
  /// - Parameter source: count only those that refer to a row of this table.
  private func dangling(
    _ referrer: TableModel.Referrer, since source: String? = nil
  ) async throws -> Int64 {
    let columns = referrer.columns.map { "f.\(quotedIdentifier($0))" }
    let others = referrer.referencedColumns.map { "r.\(quotedIdentifier($0))" }
    let equal = zip(zip(others, referrer.operators), columns).map { "\($0.0) \($0.1) \($1)" }
    let whole = columns.map { "\($0) IS NOT NULL" }
    let only = referrer.isPartitioned ? "" : "ONLY "
    func exists(_ table: String) -> String {
      "EXISTS (SELECT FROM \(table) r WHERE \(equal.joined(separator: " AND ")))"
    }
    let before = source.map { " AND \(exists($0))" } ?? ""
    return try await connection.query(
      """
      SELECT count(*) AS total FROM \(only)\(referrer.table) f
       WHERE \(whole.joined(separator: " AND ")) AND NOT \(exists(standIn.name))\(before)
      """
    ).rows[0].int64("total")
  }

  private func refusal(of referrer: TableModel.Referrer, _ count: Int64) -> ImportFailure {
    ImportFailure(
      .constraint,
      "\(count) rows of \(referrer.display) refer to rows of \(target.displayName) that would not "
        + "be there any more (foreign key \"\(referrer.name)\")",
      hint: "nothing was changed; add those rows to the file, or mend the rows that refer to them")
  }

  func makeStatistics() async throws {
    try await run(model.describing(standIn))
    try await connection.execute("ANALYZE \(standIn.name)")
  }

  func run(_ statements: [String]) async throws {
    for sql in statements { try await connection.execute(sql) }
  }
}

extension StandInBuild {
  /// As many rows of staging as go over at once, so that those who watch see them move.
  private static let rowsAtOnce = 100_000

  /// Puts all rows of staging into the table.
  func load(
    _ request: MergeRequest, _ counts: RowCounts, watch: Merger.Watch
  ) async throws -> RowCounts {
    let columns = request.layout.columns
    let names = columns.map { quotedIdentifier($0.name) }.joined(separator: ", ")
    let insert = """
      INSERT INTO \(standIn.name) (\(names)) OVERRIDING SYSTEM VALUE
      SELECT \(columns.map(request.value).joined(separator: ", ")) FROM \(request.staging) s
       WHERE s.ctid >= $1::tid AND s.ctid < $2::tid
      """
    let blocks = try await connection.query(
      MergeStatements.stagingBlocks, [.text(request.staging)]
    ).rows[0].int64("blocks")
    let parts = max(1, request.staged.ok / Int64(StandInBuild.rowsAtOnce))
    let step = max(1, (blocks + parts - 1) / parts)
    var counts = counts
    for start in stride(from: 0, to: blocks, by: Int64.Stride(step)) {
      let slice = StagedSlice(pages: start..<min(blocks, start + step))
      counts.inserted += Int64(try await connection.query(insert, slice.parameters).affected)
      try await watch(MergeProgress(counts: counts, isFinalizing: false))
    }
    return counts
  }
}
