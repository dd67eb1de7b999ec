import ImportModel
import Postgres

/// A stand-in that is filled and committed before the transaction in which it takes the table's place, so that a
/// second session can help.
///
/// It is staging itself (see `StraightReplacement`), or that of an attempt, as all `BesideTables` are. Of that,
/// nothing is left where rows are at fault, and one session does all of it in one transaction, which finds them.
struct StandInBeside: Sendable {
  let standIn: StandIn
  /// The table as the stand-in was built after it.
  let model: TableModel
  let counts: RowCounts
  /// What was told of the rows beforehand; nil where it is still to be read.
  let told: KeptTable.Digest?
}

extension Merger {
  /// Replaces the target by a stand-in that two sessions fill.
  ///
  /// - Returns: nil where one session has to do it; nothing is left of the stand-in then.
  func replaceBeside(_ staged: RowCounts) async throws -> MergeOutcome? {
    guard original == nil,
      let helper = try await availableHelper(rows: staged.ok - staged.skipped)
    else { return nil }
    do {
      return try await replace(staged, helpedBy: helper)
    } catch is AlteredMeanwhile {
      await abandonHelp()
      return nil
    } catch let error as PostgresError where !error.isOfCircumstances {
      // One session finds the rows at fault.
      await abandonHelp()
      return nil
    } catch {
      await abandonHelp()
      throw error
    }
  }

  private func replace(
    _ staged: RowCounts, helpedBy helper: PostgresConnection
  ) async throws -> MergeOutcome? {
    guard let filled = try await fill(staged, helpedBy: helper) else { return nil }
    return try await exchange(filled)
  }

  /// Gives a stand-in that is committed with its indexes the target's place.
  ///
  /// - Throws: `AlteredMeanwhile`.
  func exchange(_ filled: StandInBeside) async throws -> MergeOutcome {
    try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
      let build = try await begin(filled.standIn)
      guard build.model == filled.model else { throw AlteredMeanwhile() }
      // A worker that has lost its lease may still build one.
      try await connection.execute("LOCK TABLE \(filled.standIn.name) IN ACCESS EXCLUSIVE MODE")
      let expected = Set(build.model.committedIndexes.map(filled.standIn.index))
      guard Set(try await filled.standIn.indexNames(on: connection)) == expected else {
        throw AlteredMeanwhile()
      }
      try await profile.measure(.merge) {
        try await build.markIndexes()
        try await build.makeReferences(areNew: true)
      }
      return try await exchange(build, filled.counts, told: filled.told)
    }
  }

  /// Fills the stand-in and builds its indexes.
  ///
  /// - Returns: nil where a trigger shapes rows: what it makes of them is known only when they are written.
  private func fill(
    _ staged: RowCounts, helpedBy helper: PostgresConnection
  ) async throws -> StandInBeside? {
    profile.begin(.merge)
    defer { profile.end(.merge) }
    let filled = try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { _ in
      try await load(staged, helpedBy: helper)
    }
    if let filled {
      _ = try await makeIndexes(after: filled.model, of: filled.standIn, helpedBy: helper)
    }
    return filled
  }

  private func load(
    _ staged: RowCounts, helpedBy helper: PostgresConnection
  ) async throws -> StandInBeside? {
    let build = try await begin(.beside(request.lease))
    guard !build.model.triggers.contains(where: \.shapesRows) else { return nil }
    try await build.make()
    // From here on the table cannot be altered, and columns are those of the stand-in.
    let staging = StagedDigest(
      request,
      try await RowDigest.read(try await build.standIn.oid(on: connection), on: connection),
      rules: try await RuleCatalog.read(request.target, on: connection))
    try await connection.execute(Merger.patience)
    let (told, counts) = try await helper.beside({ try await staging?.read(on: helper) }) {
      try await build.load(request, staged, watch: watch)
    }
    return StandInBeside(standIn: build.standIn, model: build.model, counts: counts, told: told)
  }

  /// Lets both sessions build indexes, each the largest that is left.
  ///
  /// - Parameter first: what the helper does before that.
  /// - Returns: what the helper has found then.
  func makeIndexes(
    after model: TableModel, of standIn: StandIn, helpedBy helper: PostgresConnection?,
    first: @escaping @Sendable (PostgresConnection) async throws -> KeptTable.Digest? = { _ in nil }
  ) async throws -> KeptTable.Digest? {
    let left = IndexesLeft(try await model.indexesBySize(on: connection))
    func build(on session: PostgresConnection) async throws {
      try await StandInBuild(
        target: request.target, model: model, standIn: standIn, connection: session
      ).makeIndexes(of: left)
    }
    return try await withThrowingTaskGroup(of: KeptTable.Digest?.self) { group in
      group.addTask(executorPreference: connection.thread) {
        try await build(on: connection)
        return nil
      }
      if let helper {
        group.addTask(executorPreference: helper.thread) {
          let found = try await first(helper)
          try await build(on: helper)
          return found
        }
      }
      // The first that fails ends the other.
      return try await group.reduce(nil) { $0 ?? $1 }
    }
  }
}

/// The table is not any more as its stand-in was built after it, or the stand-in is not as it was built.
struct AlteredMeanwhile: Error {}

/// The indexes that no session has begun to build.
private actor IndexesLeft {
  private var numbers: ArraySlice<Int>

  init(_ numbers: [Int]) { self.numbers = numbers[...] }

  func next() -> Int? { numbers.popFirst() }
}

extension StandInBuild {
  /// Builds indexes in a transaction of its own, as long as there are any.
  fileprivate func makeIndexes(of left: IndexesLeft) async throws {
    try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
      try await Merger.makeSettings(on: connection)
      while let number = await left.next() { try await makeIndex(number) }
    }
  }
}

extension TableModel {
  /// The numbers of the indexes that are made before the transaction of the exchange.
  fileprivate var committedIndexes: [Int] {
    indexes.indices.filter { indexes[$0].constraint?.kind != "x" }
  }

  /// The numbers of the indexes, that of the largest first.
  fileprivate func indexesBySize(on connection: PostgresConnection) async throws -> [Int] {
    let sizes = try await connection.query(
      """
      SELECT x.number - 1 AS number FROM unnest($1::text[]) WITH ORDINALITY AS x(name, number)
       ORDER BY pg_relation_size(to_regclass(x.name)) DESC NULLS LAST, x.number
      """, [.textArray(indexes.map { qualified($0.name) })])
    return try sizes.rows.map { try $0.int("number") }
  }
}

/// Count and digests of rows as they will stand in a table, told by staging to another session than the one that
/// puts them there.
struct StagedDigest: Sendable {
  private let expression: String
  private let source: String
  private let columns: [String]

  /// - Returns: nil where only the table can tell.
  init?(_ request: MergeRequest, _ digest: RowDigest, rules: TargetRules) {
    let known = digest.columnNames.compactMap { name in
      request.inserted(name, rules: rules, isBeside: true).map { (name, $0) }
    }
    guard known.count == digest.columnNames.count else { return nil }
    let values = Dictionary(uniqueKeysWithValues: known)
    expression = digest.expression { values[$0] ?? "NULL" }
    source = "\(request.staging) s"
    columns = digest.columnNames
  }

  func read(on connection: PostgresConnection) async throws -> KeptTable.Digest {
    try await connection.transaction("ISOLATION LEVEL READ COMMITTED READ ONLY") { connection in
      try await Merger.makeSettings(on: connection)
      return try await KeptTable.Digest.read(
        expression, of: source, columns: columns, on: connection)
    }
  }
}
