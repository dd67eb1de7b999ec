import FoundationEssentials
import ImportModel
import Postgres

/// Takes a replacement back: the former table gets its place again, as long as nobody has changed a row of the
/// new one.
struct ReplaceUndo: UndoWay {
  private let id: ImportID
  private let connection: PostgresConnection

  /// Prepares the undo of one import, over a connection that nobody else uses.
  init(_ id: ImportID, on connection: PostgresConnection) {
    self.id = id
    self.connection = connection
  }

  /// What is known of the replacement.
  private struct Entry: Sendable {
    let target: UInt32
    let kept: UInt32
    let digest: KeptTable.Digest
    let structure: TableModel
  }

  private var standIn: StandIn { .kept(by: id) }

  /// Puts the former table back, inside the caller's open transaction, which also ends the import.
  ///
  /// - Throws: `ImportFailure` with the reason where it cannot be; `PostgresError`, also where the locks cannot
  ///   be had. The transaction is to be rolled back then.
  func run() async throws -> UndoOutcome {
    let entry = try await read()
    _ = try await connection.query(Merger.limitOfWaits)
    return try await connection.naming { _ in
      let model = try await current(entry)
      let target = model.asTarget
      // Nobody writes from here on, but everybody reads.
      try await connection.execute("LOCK TABLE ONLY \(model.fullName) IN SHARE ROW EXCLUSIVE MODE")
      try await checkUnchanged(entry, model)
      try await ReplaceObstacles.check(target, on: connection)
      try await dress(target, model)
      let gone = StandIn.undone(by: id)
      try await TableSwap(
        target: target, model: model, standIn: standIn, kept: gone, connection: connection
      ).run()
      try await connection.execute("DROP TABLE \(gone.name)")
      let rows = try await connection.query("SELECT count(*) AS total FROM ONLY \(model.fullName)")
      var outcome = UndoOutcome()
      outcome.deleted = entry.digest.rows
      outcome.restored = try rows.rows[0].int64("total")
      return outcome
    }
  }

  private func read() async throws -> Entry {
    let row = try await connection.query(
      """
      SELECT target_oid::bigint AS target, old_table_oid::bigint AS kept, digest::text AS digest,
             array_to_json(digest_columns)::text AS columns, rows_inserted,
             structure::text AS structure, to_regclass($2) = old_table_oid AS is_kept
        FROM sluice.undo WHERE import_id = $1::uuid AND kind = 'table' FOR UPDATE
      """, [.text(id.description), .text(standIn.name)]
    ).rows.first
    guard let row, try row.optionalBool("is_kept") == true else {
      throw ImportFailure(.targetChanged, "the former table is not kept any more")
    }
    return Entry(
      target: UInt32(try row.int64("target")), kept: UInt32(try row.int64("kept")),
      digest: KeptTable.Digest(
        rows: try row.int64("rows_inserted"), sum: try row.string("digest"),
        columns: try json(try row.string("columns"))),
      structure: try json(try row.string("structure")))
  }

  private func json<T: Decodable>(_ text: String) throws -> T {
    do {
      return try JSONDecoder().decode(T.self, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw ImportFailure(.internal, "what was noted of the former table cannot be read: \(error)")
    }
  }

  // MARK: Whether it can be

  private func current(_ entry: Entry) async throws -> TableModel {
    let known = try await connection.query(
      "SELECT FROM pg_class WHERE oid = $1::bigint::oid AND relnamespace <> 'sluice'::regnamespace",
      [.int(Int64(entry.target))])
    guard !known.rows.isEmpty else {
      throw ImportFailure(
        .targetChanged, "the table that the import made is not in its place any more",
        hint: "it was dropped, or replaced again: undo the later import first")
    }
    return try await TableModel.read(entry.target, on: connection)
  }

  private func checkUnchanged(_ entry: Entry, _ model: TableModel) async throws {
    let name = model.asTarget.displayName
    let altered = model.differences(from: entry.structure)
    guard altered.isEmpty else {
      throw ImportFailure(
        .targetChanged, "\(name) was altered since: \(altered.joined(separator: ", "))",
        hint: "the former table is still there, as \(standIn.name)")
    }
    let now = try await KeptTable.Digest.read(
      of: model.fullName, oid: entry.target, only: entry.digest.columns, on: connection)
    guard now == entry.digest else {
      let counts =
        now.rows == entry.digest.rows ? "" : ": it had \(entry.digest.rows) and has \(now.rows)"
      throw ImportFailure(
        .targetChanged, "rows of \(name) were changed since\(counts)",
        hint: "the former table is still there, as \(standIn.name)")
    }
  }

  /// Gives the former table what it lost when it was moved away, as the table has it now.
  private func dress(_ target: TargetTable, _ model: TableModel) async throws {
    let build = StandInBuild(
      target: target, model: model, standIn: standIn, connection: connection)
    try await build.run(model.partitionCheck(of: standIn))
    do {
      try await build.makeReferences(areNew: false)
    } catch let error as PostgresError where error.sqlState == "23503" {
      throw ImportFailure(
        .constraint,
        "rows of the former table refer to rows that are gone: \(error.detail ?? "")",
        hint: "nothing was changed; add the rows that are referred to")
    }
    try await build.makeReferrers()
    try await build.makeStatistics()
  }
}

extension TableModel {
  /// Who the table is; of its columns and keys nothing.
  fileprivate var asTarget: TargetTable {
    TargetTable(oid: oid, schema: schema, name: name, columns: [], keys: [])
  }
}
