import FoundationEssentials
public import ImportModel
import Postgres

extension Merger {
  /// Does all that a merge does but for writing to the target, and ends the import.
  ///
  /// Duplicates and rows that break rules leave staging for good, with an entry in the ledger: whoever
  /// carries the dry run out goes on from what is left. Then staging is held against the target in sets.
  /// Rows that only the writing would refuse are not found.
  ///
  /// - Returns: the counts that a merge would have.
  /// - Throws: what `run` throws; the target is as it was in any case.
  public func rehearse() async throws -> RowCounts {
    var staged = request.staged
    if request.duplicates == .reject, request.hasKey {
      try await rejectDuplicates(&staged)
      try check(staged)
    }
    let counts = staged
    return try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { _ in
      try await rehearse(counts)
    }.get()
  }

  private func rehearse(_ staged: RowCounts) async throws -> Result<RowCounts, ImportFailure> {
    try await prepare()
    if request.mode == .replace {
      try await ReplaceObstacles.check(request.target, on: connection)
    }
    // A table that is replaced begins empty.
    let isEmpty = request.mode == .replace ? true : try await targetIsEmpty()
    let rules = try await RuleCatalog.read(request.target, on: connection)
    var counts = staged
    if request.hasKey { try await removeDuplicates(&counts) }
    let sieve = RuleCheck(request, rules: rules, targetIsEmpty: isEmpty, on: connection)
    if sieve.isNeeded, let failure = try await sift(sieve, &counts) { return .failure(failure) }
    let unrejected = counts
    let diff = try await profile.measure(.compare) {
      try await compare(unrejected, rules: rules)
    }
    profile.count(.compare, rows: diff.counts.merged - diff.counts.skipped)
    let removed = (bad: counts.bad - staged.bad, skipped: counts.skipped - staged.skipped)
    if removed.bad + removed.skipped > 0 {
      // Last, as heartbeats wait from here on.
      try await enter(rejected: removed.bad, skipped: removed.skipped)
    }
    try await keep(diff)
    try await finish(diff.counts, nil, clearsLedger: false)
    return .success(diff.counts)
  }

  private func compare(_ staged: RowCounts, rules: TargetRules) async throws -> ImportDiff {
    let statements = DiffStatements(request, rules: rules)
    let row = try await connection.query(
      statements.compare,
      [
        .text(request.lease.importID.description),
        .textArray(statements.compared.map(\.name)),
      ]
    ).rows[0]
    let total = try row.int64("total")
    var rows = ImportDiff.Rows(
      inserted: try row.int64("inserted"), updated: try row.int64("updated"), unchanged: 0,
      deleted: try row.optionalInt64("deleted"))
    rows.unchanged = total - rows.inserted - rows.updated
    var counts = staged
    let isReplaced = request.mode == .replace
    counts.inserted = isReplaced ? total : rows.inserted
    counts.updated = isReplaced ? 0 : rows.updated
    counts.unchanged = isReplaced ? 0 : rows.unchanged
    let changed = try JSONDecoder().decode(
      [Int64].self, from: Data(try row.string("changed").utf8))
    let columns = zip(statements.compared, changed).filter { $0.1 > 0 }
      .map { ImportDiff.Column(column: $0.0.name, rows: $0.1) }
    return ImportDiff(
      counts: counts, rows: rows, updatedColumns: columns, target: TargetOutline(request.target),
      content: isReplaced ? try await content() : nil)
  }

  private func keep(_ diff: ImportDiff) async throws {
    let sql = """
      UPDATE sluice.imports SET
        diff = $2::jsonb, commit_until = clock_timestamp() + make_interval(secs => $3)
      WHERE id = $1::uuid
      """
    let json = String(decoding: try JSONEncoder().encode(diff), as: UTF8.self)
    _ = try await connection.query(
      sql,
      [.text(request.lease.importID.description), .text(json), .int(ImportDiff.commitSeconds)])
  }
}
