import FoundationEssentials
public import ImportModel
public import Postgres

/// Merges a staging table into its target, all or nothing: invariants 5 and 6.
///
/// The rules of the target, the merge, the counts, the end of staging and `status = done` are one
/// transaction. Inside it, the rows go over in slices of staging's pages, so that those who watch see them
/// move, and a row that Postgres refuses costs no other.
public struct Merger: Sendable {
  /// Tells of the merge; awaited, so that the state is known before the commit.
  public typealias Watch = @Sendable (MergeProgress) async throws -> Void
  /// Makes rejects of rows of the file, and keeps them in the transaction at hand. The rows come in
  /// ascending order, all breaches of a row at once, and each row once.
  public typealias Reject = @Sendable ([RowBreach], PostgresConnection) async throws -> Void
  /// Says whether so many rejects may be, or throws an `ImportFailure`.
  public typealias CheckRejects = @Sendable (RowCounts) throws -> Void

  /// Who waits for a lock keeps a worker's place: after five seconds the import is handed back. A shorter
  /// limit of the role or the database stays.
  static let limitOfWaits = """
    SELECT set_config('lock_timeout', '5s', true)
     WHERE current_setting('lock_timeout') = '0' OR current_setting('lock_timeout')::interval > '5s'
    """

  let request: MergeRequest
  let duplicates: DuplicateStatements
  let connection: PostgresConnection
  /// A second session, for what does not have to wait for the first.
  let helper: PostgresConnection?
  let watch: Watch
  let reject: Reject
  let check: CheckRejects
  let profile: ProfileRecorder
  /// See `rehearse`.
  var original: TargetTable?
  /// Whether rows are locked before the first is changed: a merge before has ended in a deadlock.
  var locksFirst = false

  /// Prepares a merge over connections that nobody else uses.
  ///
  /// - Parameters:
  ///   - helper: another session of the same role, for a part of the work; all is done without it.
  ///   - profile: where it notes what its steps take; it is kept with the end.
  public init(
    _ request: MergeRequest, on connection: PostgresConnection,
    helpedBy helper: PostgresConnection? = nil, watch: @escaping Watch,
    reject: @escaping Reject, checkRejects check: @escaping CheckRejects,
    profile: ProfileRecorder = ProfileRecorder()
  ) {
    self.request = request
    duplicates = DuplicateStatements(request)
    self.connection = connection
    self.helper = helper
    self.watch = watch
    self.reject = reject
    self.check = check
    self.profile = profile
  }

  /// Merges and commits.
  ///
  /// - Throws: `LeaseLost` when the lease no longer holds or the import was called off; `ImportFailure`
  ///   when the counts do not add up, or when more rows are rejected than may be: those rejects are kept,
  ///   staging is given up, and nothing has reached the target; `PostgresError` when Postgres refuses for
  ///   a reason that lies in no row.
  public func run() async throws -> MergeOutcome {
    if request.mode == .replace { return try await replace() }
    var staged = request.staged
    if request.duplicates == .reject, request.hasKey {
      try await rejectDuplicates(&staged)
      try check(staged)
    }
    return try await mergeAmongOthers(staged)
  }

  func merge(_ staged: RowCounts) async throws -> MergeOutcome {
    do {
      if let outcome = try await attempt(staged, hopingFor: .empty) { return try outcome.get() }
    } catch let error as PostgresError where !error.isOfCircumstances {
      // The key is in the file twice or was written by somebody else meanwhile, or rows break a rule: the
      // other plan finds them.
      await abandonHelp()
    } catch is RowsSwallowed {
      // A trigger kept rows out: the other plan tells which of them the target lacks.
      await abandonHelp()
    }
    guard let outcome = try await attempt(staged) else {
      throw ImportFailure(.internal, "the merge had no plan")
    }
    return try outcome.get()
  }

  /// - Parameter hope: the only plan to take, or nil for whichever fits.
  /// - Returns: nil where the plan does not fit; a failure where too many rows were rejected, which are
  ///   committed then.
  private func attempt(
    _ staged: RowCounts, hopingFor hope: MergePlan? = nil
  ) async throws -> Result<MergeOutcome, ImportFailure>? {
    try await inTransaction { connection in
      let isEmpty = try await profile.measure(.lock) {
        try await prepare(hasHelp: helper != nil)
        return try await targetIsEmpty()
      }
      if hope == .empty, !isEmpty { return nil }
      let rules = try await profile.measure(.rules) {
        try await RuleCatalog.read(original ?? request.target, on: connection)
      }
      let sieve = RuleCheck(request, rules: rules, targetIsEmpty: isEmpty, on: connection)
      var counts = staged
      if request.hasKey, hope == nil || request.duplicates == .first {
        try await removeDuplicates(&counts)
      }
      // Most files go without a fault: rules are looked at if one does not. Nor is each fault looked for by itself
      // then, which a second session could not help with.
      let isLarge = request.hasKey && counts.ok - counts.skipped >= Merger.leastRowsForHelp
      // A copy of the target would be refused nothing for its references.
      let isRefused = original == nil || rules.references.isEmpty
      if hope == nil, !isEmpty, sieve.isNeeded || isLarge, sieve.canWait, isRefused,
        let merged = try await hoping(counts, of: staged, rules: rules, isEmpty: false)
      {
        return .success(try await end(merged))
      }
      if hope == nil, sieve.isNeeded, let failure = try await sift(sieve, &counts) {
        return .failure(failure)
      }
      if hope == nil, isEmpty,
        let merged = try await hoping(counts, of: staged, rules: rules, isEmpty: true)
      {
        return .success(try await end(merged))
      }
      if hope == .empty {
        let plan = try await plan(counts, of: staged, rules: rules, isEmpty: true)
        return .success(try await end(try await carryOut(plan, counts)))
      }
      let plan = try await plan(counts, of: nil, rules: rules, isEmpty: false)
      switch try await merge(counts, choice: plan.choice, ground: plan.ground) {
      case .failure(let failure):
        try await plan.ground.images.seal(RowCounts(), on: connection)
        return .failure(failure)
      case .success(let merged):
        return .success(try await end(Merged(counts: merged.counts, plan: plan)))
      }
    }
  }

  /// How rows are merged.
  private struct Plan: Sendable {
    let ground: MergeGround
    let choice: MergeChoice
    /// What is put back when all rows are in.
    let indexes: IndexesAside?
    let help: Help
  }

  /// What the second session does meanwhile.
  private enum Help: Sendable {
    case none
    case images(ImagesBeside)
    case changes(ChangesAhead)
  }

  private struct Merged: Sendable {
    let counts: RowCounts
    let plan: Plan
  }

  /// Merges without a look at the rules, which takes longer than the merge where most rows are known.
  ///
  /// - Returns: nil where rows are at fault, with nothing of it left.
  private func hoping(
    _ counts: RowCounts, of staged: RowCounts, rules: TargetRules, isEmpty: Bool
  ) async throws -> Merged? {
    do {
      return try await connection.savepoint { _ in
        let plan = try await plan(counts, of: staged, rules: rules, isEmpty: isEmpty)
        if plan.choice.plan == .onConflict { throw RowsSwallowed() }
        return try await carryOut(plan, counts)
      }
    } catch is RowsSwallowed {
      await abandonHelp()
      return nil
    } catch let error as PostgresError where !error.isOfCircumstances {
      await abandonHelp()
      return nil
    }
  }

  /// Merges all rows, or throws what the first one at fault brings up.
  private func carryOut(_ plan: Plan, _ counts: RowCounts) async throws -> Merged {
    profile.begin(.merge)
    defer { profile.end(.merge) }
    let merged: RowCounts
    switch plan.help {
    case .none:
      merged = try await fill(plan, counts, imagesAreBeside: false)
    case .images(let beside):
      let (filled, kept) = try await beside.run {
        try await fill(plan, counts, imagesAreBeside: true)
      }
      if filled.inserted != kept { throw RowsSwallowed() }
      try await beside.adopt(on: connection)
      merged = filled
    case .changes(let ahead):
      var ground = plan.ground
      ground.images = ahead.images
      merged = try await SliceMerge(self, choice: plan.choice, ground: ground)
        .whole(counts, behind: ahead)
    }
    return Merged(counts: merged, plan: plan)
  }

  private func fill(
    _ plan: Plan, _ counts: RowCounts, imagesAreBeside: Bool
  ) async throws -> RowCounts {
    let slices = SliceMerge(
      self, choice: plan.choice, ground: plan.ground, imagesAreBeside: imagesAreBeside)
    let merged = try await slices.whole(counts)
    try await plan.indexes?.putBack(on: connection)
    return merged
  }

  /// Drops what a second session has made for a merge that has come to nothing.
  func abandonHelp() async {
    guard let helper else { return }
    // In a task of its own: where this one was called off, they may be large.
    await Task { await BesideTables.abandon(of: request.lease, on: helper) }.value
  }

  /// Ends the import.
  private func end(_ merged: Merged) async throws -> MergeOutcome {
    let (counts, plan) = (merged.counts, merged.plan)
    try await watch(MergeProgress(counts: counts, isFinalizing: true))
    let outcome = MergeOutcome(
      counts: counts, plan: plan.choice.plan, report: plan.choice.report)
    guard original == nil else { return outcome }
    try await plan.ground.images.seal(counts, on: connection)
    try await finish(counts, plan.choice.report)
    return outcome
  }

  /// Nobody asks a view or another server, which may take long to answer.
  func targetIsEmpty() async throws -> Bool {
    guard request.target.shape.holdsRows else { return false }
    return try await connection.query(
      "SELECT NOT EXISTS (SELECT FROM \(request.targetSource)) AS empty"
    ).rows[0].bool("empty")
  }

  /// Looks at what there is to merge, chooses how, and makes room for what takes it back.
  ///
  /// - Parameter staged: the counts before the transaction has taken anything out of staging; nil where rows
  ///   may be at fault.
  private func plan(
    _ counts: RowCounts, of staged: RowCounts?, rules: TargetRules, isEmpty: Bool
  ) async throws -> Plan {
    profile.begin(.plan)
    defer { profile.end(.plan) }
    let rows = counts.ok - counts.skipped
    // Another session sees staging as it was before the transaction.
    let least = isEmpty ? ImagesBeside.leastRows : Merger.leastRowsForHelp
    let (helper, (ground, indexes)) = try await availableHelper(
      rows: counts == staged ? rows : 0, least: least,
      while: { try await look(rules, rows: rows, isEmpty: isEmpty) })
    if !isEmpty, locksFirst { try await lockDiffering(ground) }
    let choice: MergeChoice
    if isEmpty {
      choice = indexes == nil ? .empty(rows: rows) : .loadThenIndex(rows: rows)
    } else {
      choice = try await .choose(request, ground, rows: rows, on: connection, helpedBy: helper)
    }
    var help = Help.none
    if let helper {
      if isEmpty {
        if let beside = ImagesBeside(request, ground, on: helper) { help = .images(beside) }
      } else if let ahead = ChangesAhead(request, ground, choice, on: helper) {
        help = .changes(ahead)
      }
    }
    if case .images = help {} else { try await ground.images.createInserted(on: connection) }
    // In an empty table, there is nothing to change.
    if case .changes = help {
    } else if !isEmpty {
      try await ground.images.createUpdated(on: connection)
    }
    return Plan(ground: ground, choice: choice, indexes: indexes, help: help)
  }

  /// Looks at what a merge stands on, and puts indexes aside where that is of use.
  private func look(
    _ rules: TargetRules, rows: Int64, isEmpty: Bool
  ) async throws -> (MergeGround, IndexesAside?) {
    guard isEmpty else {
      return (try await MergeGround.read(request, rules: rules, on: connection), nil)
    }
    return try await connection.naming { connection in
      let ground = try await MergeGround.read(request, rules: rules, on: connection)
      // With a scope, others fill the table meanwhile.
      guard request.scope == nil else { return (ground, nil) }
      let indexes = try await IndexesAside.take(
        request, rows: rows, pages: ground.staged.blocks, on: connection)
      return (ground, indexes)
    }
  }

  /// With fewer rows, it takes longer to make tables than to fill them.
  static let leastRowsForHelp: Int64 = 20_000

  /// - Returns: nil where the second session is lost: it may have been idle for long, while the file was staged.
  func availableHelper(
    rows: Int64, least: Int64 = Merger.leastRowsForHelp
  ) async throws -> PostgresConnection? {
    guard let helper, rows >= least else { return nil }
    do {
      _ = try await helper.query("SELECT")
      return helper
    } catch let error as PostgresError where error.isOfCircumstances {
      return nil
    }
  }

  /// The same while a body runs.
  private func availableHelper<R: Sendable>(
    rows: Int64, least: Int64, while body: @Sendable () async throws -> R
  ) async throws -> (PostgresConnection?, R) {
    guard let helper, rows >= least else { return (nil, try await body()) }
    return try await helper.beside(
      { try await availableHelper(rows: rows, least: least) }, while: body)
  }

  /// Lets a session wait for another one inside its transaction, however long that takes.
  ///
  /// Where its worker is stopped meanwhile, whoever takes the import over ends it.
  static let patience = "SET LOCAL idle_in_transaction_session_timeout = 0"

  /// - Parameter hasHelp: whether it may have to wait for the second session.
  func prepare(hasHelp: Bool = false) async throws {
    try await Merger.makeSettings(on: connection, also: hasHelp ? [Merger.patience] : [])
    try await TargetLock(request.target, scope: request.scope).take(on: connection)
  }

  /// Makes the settings of each transaction of a merge.
  ///
  /// - Parameters:
  ///   - others: more of them, as statements.
  ///   - onlyAdds: whether all that is written goes to new pages, which have no images in the WAL.
  static func makeSettings(
    on connection: PostgresConnection, also others: [String] = [], onlyAdds: Bool = false
  ) async throws {
    let settings = MergeChoice.common.sorted { $0.key < $1.key }
      .map { "SET LOCAL \($0.key) = '\($0.value)'" }
    try await connection.execute((settings + others).joined(separator: "; "))
    _ = try await connection.queryCached(Merger.limitOfWaits)
    if !onlyAdds { try await PageImages.hasten(on: connection) }
  }

  /// Takes the rows that break rules out of staging.
  ///
  /// - Returns: a failure where they are more than may be.
  func sift(_ sieve: RuleCheck, _ counts: inout RowCounts) async throws -> ImportFailure? {
    profile.begin(.rules)
    defer { profile.end(.rules) }
    let removed = try await sieve.sift()
    guard removed > 0 else { return nil }
    counts.ok -= removed
    counts.bad += removed
    try await sieve.report(reject)
    do {
      try check(counts)
      return nil
    } catch let failure as ImportFailure {
      try await giveUp(counts)
      return failure
    }
  }

  /// Gives up what is staged, so that the rejects can be committed without the merge: whoever takes the
  /// import up again begins anew. Staging itself is dropped with the end of the import.
  ///
  /// - Parameter counts: with the rejects; they are kept with the import.
  func giveUp(_ counts: RowCounts) async throws {
    let lease = request.lease
    let id = PostgresParameter.text(lease.importID.description)
    let held = try await connection.query(
      """
      UPDATE sluice.imports SET rows_ok = $3, rows_bad = $4
       WHERE id = $1::uuid AND lease_id = $2::uuid AND NOT cancel_requested
      """, [id, .text(lease.id), .int(counts.ok), .int(counts.bad)])
    if held.affected == 0 { throw LeaseLost(lease) }
    _ = try await connection.query("DELETE FROM sluice.chunks WHERE import_id = $1::uuid", [id])
  }

  /// Ends the import, if its rows are conserved.
  ///
  /// - Parameters:
  ///   - report: how they were merged; nil where they were not.
  ///   - clearsLedger: whether nobody goes on from what is staged.
  ///   - isBatched: whether rows are in already.
  ///   - content: what the target held, where a dry run has told of it.
  func finish(
    _ counts: RowCounts, _ report: MergePlanReport?, clearsLedger: Bool = true,
    isBatched: Bool = false, content: String? = nil
  ) async throws {
    guard counts.isConserved else {
      let outcome = isBatched ? "the batches that are in can be undone" : "nothing was changed"
      throw ImportFailure(
        .notConserved,
        "\(counts.read) rows were read, but \(counts.bad + counts.merged) are accounted for",
        hint: "\(outcome); please report this with the import's id")
    }
    try await noteChanges(counts, content: content)
    var report = report
    if let made = report { report = try await PageImages.noted(in: made, on: connection) }
    let sql = """
      UPDATE sluice.imports SET
        status = 'done', finished_at = clock_timestamp(), lease_id = NULL, lease_expires_at = NULL,
        history = history || jsonb_build_object(
          'name', 'done', 'at', extract(epoch FROM clock_timestamp())),
        bytes_done = source_bytes, rows_total = $3, rows_read = $3, rows_ok = $4, rows_bad = $5,
        rows_skipped = $6, rows_inserted = $7, rows_updated = $8, rows_unchanged = $9,
        plan = $10::jsonb, profile = $11::jsonb
      WHERE id = $1::uuid AND lease_id = $2::uuid AND NOT cancel_requested
      """
    let ended = try await connection.queryCached(
      sql,
      [
        .text(request.lease.importID.description), .text(request.lease.id), .int(counts.read),
        .int(counts.ok), .int(counts.bad), .int(counts.skipped), .int(counts.inserted),
        .int(counts.updated), .int(counts.unchanged),
        try report.map { .text(String(decoding: try JSONEncoder().encode($0), as: UTF8.self)) }
          ?? .null,
        .text(try profile.profile.json),
      ])
    if ended.affected == 0 { throw LeaseLost(request.lease) }
    guard clearsLedger else { return }
    // Staging itself is dropped after the commit: whoever reads it must not hold up the end.
    _ = try await connection.queryCached(
      "DELETE FROM sluice.chunks WHERE import_id = $1::uuid",
      [.text(request.lease.importID.description)])
  }

  /// Refreshes the planner's statistics where the target has grown by a tenth or more.
  public func analyzeIfGrown(_ counts: RowCounts) async throws {
    let changed = counts.inserted + counts.updated
    // The table that was put into its place has statistics already.
    guard request.mode != .replace else { return }
    guard request.target.shape.holdsRows, changed * 10 > max(request.target.estimatedRows ?? 0, 1),
      changed > 1000
    else { return }
    try await connection.transaction { connection in
      _ = try await connection.query(Merger.limitOfWaits)
      try await connection.execute("ANALYZE \(request.targetName)")
    }
  }
}

/// Rows that were inserted are not there.
struct RowsSwallowed: Error {}
