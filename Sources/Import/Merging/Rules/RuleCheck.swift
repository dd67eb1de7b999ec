import ImportModel
import Postgres

/// Finds the rows of staging that break rules of the target, in sets, and removes them.
///
/// What it finds is the same that Postgres would refuse in the merge; what it cannot tell, Postgres finds
/// there. So a statement of it that fails is no failure of the import: its rule is left to the merge. Only
/// a column that no update can write is nothing that the merge would be refused for.
struct RuleCheck {
  private static let pageSize = 1000
  /// Rows that refer to removed rows are looked for so many times; what is left, the merge finds.
  private static let generations = 100

  private let request: MergeRequest
  private let rules: [Rule]
  private let statements: RuleStatements
  private let connection: PostgresConnection

  /// - Parameter slice: a part of staging, of which only that is asked what the merge would not be refused
  ///   for: all of it was looked at before.
  init(
    _ request: MergeRequest, rules: TargetRules, targetIsEmpty: Bool, in slice: StagedSlice? = nil,
    on connection: PostgresConnection
  ) {
    self.request = request
    let all = rules.found(in: request, targetIsEmpty: targetIsEmpty)
    self.rules = slice == nil ? all : all.filter(\.isUnnoticed)
    self.slice = slice
    statements = RuleStatements(request, rules: rules, targetIsEmpty: targetIsEmpty)
    self.targetIsEmpty = targetIsEmpty
    self.connection = connection
  }

  private let targetIsEmpty: Bool
  private let slice: StagedSlice?

  /// Whether there is anything to look for.
  var isNeeded: Bool { !rules.isEmpty }

  /// Whether the merge would find all that this does.
  var canWait: Bool { !rules.contains(where: \.isUnnoticed) }

  /// Removes the rows that break rules from staging.
  ///
  /// - Returns: how many.
  func sift() async throws -> Int64 {
    if try await !succeeds([RuleStatements.createBreaches]) {
      guard request.fixedColumns.isEmpty else { throw unknowable }
      return 0
    }
    for (index, rule) in rules.enumerated() {
      if case .fixed(let column) = rule {
        guard try await succeeds([statements.fixed(column, rule: index, in: slice)]) else {
          throw unknowable
        }
      }
      for statements in setStatements(rule, index) { _ = try await succeeds(statements) }
    }
    // Within the file a row is held against those only that break no other rule.
    for case (let index, .key(let key)) in rules.enumerated() {
      if key.exclusion == nil {
        _ = try await succeeds(statements.repetitions(of: key, rule: index).map { [$0] })
      } else {
        _ = try await succeeds(statements.exclusions(by: key, rule: index))
      }
    }
    var removed = try await removeBroken()
    if removed > 0 { try await removeOrphans(&removed) }
    return removed
  }

  private var unknowable: ImportFailure {
    let names = request.fixedColumns.map { "\"\($0.name)\"" }.joined(separator: ", ")
    return ImportFailure(
      .database, "whether rows of the file change \(names) could not be looked up",
      hint: "such an identity cannot be updated: leave it out of the file, or make it BY DEFAULT")
  }

  private func setStatements(_ rule: Rule, _ index: Int) -> [[String]?] {
    switch rule {
    case .fixed: []
    case .check(let check):
      [statements.check(check.expression, columns: check.columns, rule: index).map { [$0] }]
    case .required(let column):
      [
        statements.check(
          "\(quotedIdentifier(column.name)) IS NOT NULL", columns: [column.name], rule: index
        ).map { [$0] }
      ]
    case .reference(let reference):
      [statements.reference(reference, rule: index).map { [$0] }]
    case .key(let key):
      targetIsEmpty ? [] : [statements.collisions(with: key, rule: index).map { [$0] }]
    }
  }

  /// Runs statements as one; false where they fail, with nothing of them left.
  ///
  /// - Throws: what is no fault of the statements: a lost connection, a cancel, no memory.
  private func succeeds(_ statements: [String]?) async throws -> Bool {
    guard let statements else { return false }
    do {
      try await connection.savepoint { connection in
        for statement in statements { _ = try await connection.query(statement) }
      }
      return true
    } catch let error as PostgresError where !error.isOfCircumstances {
      // The merge comes to the same rows, and has the last word on each.
      return false
    }
  }

  private func removeBroken() async throws -> Int64 {
    let broken = try await connection.query(RuleStatements.countBroken).rows[0].int64("rows")
    guard broken > 0 else { return 0 }
    return Int64(try await connection.query(statements.removeBroken).affected)
  }

  /// A row whose only referenced row was removed points to nothing now.
  private func removeOrphans(_ removed: inout Int64) async throws {
    for case (let index, .reference(let reference)) in rules.enumerated() where reference.isOwn {
      for _ in 0..<RuleCheck.generations {
        guard
          try await succeeds(statements.reference(reference, rule: index).map { [$0] }),
          case let more = try await removeBroken(), more > 0
        else { break }
        removed += more
      }
    }
  }

  /// Hands over what was found, in the order of the file, all breaches of a row at once.
  func report(_ reject: Merger.Reject) async throws {
    try await connection.execute(
      "DECLARE breaches NO SCROLL CURSOR FOR \(RuleStatements.report)")
    var pages = BreachPages()
    while true {
      let page = try await connection.query("FETCH FORWARD \(RuleCheck.pageSize) FROM breaches")
        .rows
      let whole = pages.add(try page.map(breach))
      if !whole.isEmpty { try await reject(whole, connection) }
      if page.isEmpty { break }
    }
    try await connection.execute("CLOSE breaches")
  }

  private func breach(_ found: PostgresRow) throws -> RowBreach {
    let rule = rules[try found.int("rule")]
    let place = Rule.Place(rawValue: try found.int("place")) ?? .row
    return RowBreach(
      row: try found.int64("row"), code: rule.code, columns: rule.columns,
      message: rule.message(table: request.target.name, detail: found["detail"], place: place))
  }
}
