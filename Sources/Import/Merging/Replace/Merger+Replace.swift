import ImportModel
import Postgres

/// Mode `replace`: what is staged becomes the table's whole content.
///
/// A stand-in is built and filled beside the table, and takes its place at the very end of one transaction:
/// until then nobody waits for anything, and nothing is left where it fails. Large files are tried in another way
/// first, see `StandInBeside`. See `docs/decisions/013-replace-by-swap.md`.
extension Merger {
  func replace() async throws -> MergeOutcome {
    guard request.layout.numbersRows else { return try await replaceStraight() }
    var staged = request.staged
    if request.duplicates == .reject, request.hasKey {
      try await rejectDuplicates(&staged)
      try check(staged)
    }
    let counts = staged
    if let outcome = try await replaceBeside(counts) { return outcome }
    let result = try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { _ in
      try await replaceInside(counts)
    }
    return try result.get()
  }

  private func replaceInside(
    _ staged: RowCounts
  ) async throws -> Result<MergeOutcome, ImportFailure> {
    let build = try await begin(.replacing(by: request.lease.importID))
    switch try await fill(build, staged) {
    case .failure(let failure): return .failure(failure)
    case .success(let counts): return .success(try await exchange(build, counts))
    }
  }

  /// Begins a transaction that builds a stand-in for the target, or puts it into its place.
  func begin(_ standIn: StandIn) async throws -> StandInBuild {
    try await prepare()
    let target = request.target
    let model = try await connection.naming { connection in
      try await ReplaceObstacles.check(target, on: connection)
      return try await TableModel.read(target.oid, on: connection)
    }
    return StandInBuild(
      target: request.target, model: model, standIn: standIn, connection: connection)
  }

  // MARK: Filling the stand-in

  /// Fills the stand-in, the faster way first: most files go without a fault.
  ///
  /// - Returns: a failure where more rows are rejected than may be; the rejects are kept then.
  private func fill(
    _ build: StandInBuild, _ staged: RowCounts
  ) async throws -> Result<RowCounts, ImportFailure> {
    let shapesRows = build.model.triggers.contains(where: \.shapesRows)
    // What a trigger makes of a row is known only when it is written.
    if !shapesRows, let counts = try await fillAtOnce(build, staged) { return .success(counts) }
    var counts = staged
    if request.hasKey { try await removeDuplicates(&counts) }
    let rules = try await RuleCatalog.read(request.target, on: connection)
    let sieve = RuleCheck(request, rules: rules, targetIsEmpty: true, on: connection)
    if sieve.isNeeded, let failure = try await sift(sieve, &counts) { return .failure(failure) }
    if !shapesRows, let counts = try await fillAtOnce(build, counts) { return .success(counts) }
    return try await fillRowByRow(build, counts)
  }

  /// Puts all rows in, and builds the indexes over them.
  ///
  /// - Returns: nil where rows of the file are at fault, with nothing of it left.
  private func fillAtOnce(
    _ build: StandInBuild, _ staged: RowCounts
  ) async throws -> RowCounts? {
    profile.begin(.merge)
    defer { profile.end(.merge) }
    do {
      return try await connection.savepoint { _ in
        try await build.make()
        let counts = try await build.load(request, staged, watch: watch)
        try await build.makeIndexes()
        try await build.makeReferences(areNew: true)
        return counts
      }
    } catch let error as PostgresError where !error.isOfCircumstances {
      return nil
    }
  }

  /// Puts the rows into a table that has its indexes already, so that Postgres says of each which it refuses.
  private func fillRowByRow(
    _ build: StandInBuild, _ staged: RowCounts
  ) async throws -> Result<RowCounts, ImportFailure> {
    try await build.make()
    try await build.makeIndexes()
    try await build.makeReferences(areNew: true)
    try await build.run(build.model.shaping(build.standIn))
    let merger = try await inner(build)
    let rules = try await RuleCatalog.read(merger.request.target, on: connection)
    let ground = try await MergeGround.read(merger.request, rules: rules, on: connection)
    let choice = try await MergeChoice.choose(
      merger.request, ground, rows: staged.ok - staged.skipped, on: connection)
    try await ground.images.create(on: connection)
    let filled = try await merger.merge(staged, choice: choice, ground: ground)
    // Rows of the stand-in are taken back with it.
    try await ground.images.seal(RowCounts(), on: connection)
    switch filled {
    case .success: try await build.run(build.model.unshaping(build.standIn))
    case .failure: try await build.run(["DROP TABLE \(build.standIn.name)"])
    }
    return filled.map(\.counts)
  }

  /// Appends to the stand-in, and speaks of the target.
  private func inner(_ build: StandInBuild) async throws -> Merger {
    var inner = request
    inner.target = try await build.asTarget()
    (inner.mode, inner.key, inner.isPartitioned) = (.append, .none, false)
    let names = build.finalNames
    let reject = self.reject
    return Merger(
      inner, on: connection, watch: watch,
      reject: { try await reject($0.map { $0.renamed(names) }, $1) }, checkRejects: check,
      profile: profile)
  }

  // MARK: The exchange

  /// Gives a stand-in that is filled and has its indexes and references the table's place.
  ///
  /// - Parameter told: what staging tells of its rows, where it does.
  func exchange(
    _ build: StandInBuild, _ counts: RowCounts, told: KeptTable.Digest? = nil
  ) async throws -> MergeOutcome {
    try await build.makeReferrers()
    try await build.makeStatistics()
    let digest = try await build.digest(told: told)
    guard digest.rows == counts.inserted, counts.updated == 0, counts.unchanged == 0 else {
      throw ImportFailure(
        .notConserved,
        "\(counts.inserted) rows were put in, but the new table has \(digest.rows)",
        hint: "nothing was changed; a trigger of the table may keep rows out")
    }
    try await watch(MergeProgress(counts: counts, isFinalizing: true))
    let content = try await lastContent()
    let kept = StandIn.kept(by: request.lease.importID)
    let new = try await build.standIn.oid(on: connection)
    _ = try await connection.query(Merger.limitOfWaits)
    try await connection.naming { connection in
      try await TableSwap(
        target: request.target, model: build.model, standIn: build.standIn, kept: kept,
        connection: connection
      ).run()
    }
    try await KeptTable.enter(
      request, model: build.model, newTable: new, digest: digest, on: connection)
    let report = try await report(counts)
    try await finish(counts, report, content: content)
    return MergeOutcome(counts: counts, plan: .replace, report: report)
  }

  /// What the target holds in the end, where a dry run has told of it: all rows are looked at, and who writes
  /// waits for that, but who reads does not.
  private func lastContent() async throws -> String? {
    guard request.foreseen?.content != nil else { return nil }
    try await connection.execute(
      "LOCK TABLE ONLY \(request.targetName) IN SHARE ROW EXCLUSIVE MODE")
    return try await content()
  }

  private func report(_ counts: RowCounts) async throws -> MergePlanReport {
    let memory = try await connection.query("SHOW maintenance_work_mem").rows[0]
      .string("maintenance_work_mem")
    let way = request.layout.numbersRows ? "a new table was filled" : "it was read into a new table"
    return MergePlanReport(
      name: MergePlan.replace.rawValue,
      reason: "the file is the whole content: \(way), which took the place of the old one",
      targetRows: request.target.estimatedRows, stagedRows: counts.inserted,
      settings: MergeChoice.common.merging(["maintenance_work_mem": memory]) { $1 })
  }
}

extension StandInBuild {
  /// The stand-in as a target.
  func asTarget() async throws -> TargetTable {
    var target = self.target
    target.oid = try await standIn.oid(on: connection)
    (target.schema, target.name) = ("sluice", standIn.table)
    return target
  }

  /// How many rows the stand-in has, and the sum of their digests.
  ///
  /// - Parameter told: by staging; it counts where it is of as many rows.
  func digest(told: KeptTable.Digest?) async throws -> KeptTable.Digest {
    if let told {
      let found = try await connection.query("SELECT count(*) AS total FROM ONLY \(standIn.name)")
      if try found.rows[0].int64("total") == told.rows { return told }
    }
    return try await KeptTable.Digest.read(
      of: standIn.name, oid: try await standIn.oid(on: connection), only: nil, on: connection)
  }

  /// The names that the stand-in's parts will have, the longest first.
  var finalNames: [(String, String)] {
    let indexes = model.indexes.enumerated().map { (standIn.index($0), $1.name) }
    let check = [(standIn.partitionCheck, "\(model.name) partition")]
    return indexes.sorted { $0.0.utf8.count > $1.0.utf8.count } + check + [
      (standIn.table, model.name)
    ]
  }
}

extension RowBreach {
  /// In the words of the table that the row was meant for.
  fileprivate func renamed(_ names: [(String, String)]) -> RowBreach {
    var breach = self
    for (name, final) in names { breach.message = breach.message.replacing(name, with: final) }
    return breach
  }
}

extension PostgresConnection {
  /// Runs a body that reads the catalog, with all names written with their schema.
  func naming<R: Sendable>(
    _ body: @Sendable (PostgresConnection) async throws -> R
  ) async throws -> R {
    try await planningOnce(searchPath: "pg_catalog", body)
  }
}
