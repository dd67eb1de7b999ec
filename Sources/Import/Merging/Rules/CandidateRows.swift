import ImportModel
import Postgres

/// The rows of staging as they would stand in the target, as SQL: what the file does not have comes from
/// the row that would be updated, or else from the default; generated columns are computed.
struct CandidateRows {
  private let request: MergeRequest
  private let rules: TargetRules
  /// Whether all rows are new.
  private let targetIsEmpty: Bool
  /// Whether only those rows matter whose key the target does not have.
  private let isInsert: Bool
  /// Name of the column that holds the row's number, quoted: no column of the target has it.
  let number: String

  init(_ request: MergeRequest, rules: TargetRules, targetIsEmpty: Bool) {
    self.request = request
    self.rules = rules
    // Rows that the target has already are passed by where nothing is updated.
    self.targetIsEmpty = targetIsEmpty || request.mode != .upsert
    isInsert = request.mode == .insert && !targetIsEmpty
    var name = "sluice_number"
    while rules.column(name) != nil { name += "_" }
    number = quotedIdentifier(name)
  }

  /// The target's own name, under which expressions of the catalog may speak of it.
  private var alias: String { quotedIdentifier(request.target.name) }

  /// The rows with some of their columns, as an item of `FROM`; nil where it cannot be known before a row
  /// is written what a column will hold.
  func rows(with names: some Sequence<String>) -> String? {
    let wanted = Set(names)
    let needed = rules.columns.filter { wanted.contains($0.name) }
    let generated = needed.filter(\.isGenerated)
    // What a generated column is computed from is not told; it may be any that is known.
    let base = rules.columns.filter { column in
      !column.isGenerated
        && (wanted.contains(column.name) || !generated.isEmpty && isKnown(column))
    }
    guard base.allSatisfy(isKnown) else { return nil }
    let rows = select(base)
    guard !generated.isEmpty else { return "(\(rows)) AS \(alias)" }
    let computed = generated.map {
      ", (\($0.expression ?? "NULL")) AS \(quotedIdentifier($0.name))"
    }
    return "(SELECT \(alias).*\(computed.joined()) FROM (\(rows)) AS \(alias)) AS \(alias)"
  }

  /// A key with a NULL that is equal to another NULL cannot be joined by a hash: rows that have one are left
  /// to the merge.
  private var wholeKeys: String {
    guard request.key.nullsAreEqual else { return "" }
    let whole = request.keyColumns.map { "s.\(quotedIdentifier($0.name)) IS NOT NULL" }
    return " WHERE \(whole.joined(separator: " AND "))"
  }

  private func isKnown(_ column: TargetRules.Column) -> Bool {
    column.isSettled || request.layout.columns.contains { $0.name == column.name }
  }

  private func select(_ columns: [TargetRules.Column]) -> String {
    var items = ["s.\(quotedIdentifier(request.layout.rowColumn)) AS \(number)"]
    var isJoined = false
    for column in columns {
      let name = quotedIdentifier(column.name)
      if let staged = request.layout.columns.first(where: { $0.name == column.name }) {
        items.append("\(request.value(staged)) AS \(name)")
      } else if targetIsEmpty {
        items.append("\(column.filledIn) AS \(name)")
      } else {
        isJoined = true
        items.append("\(column.filledInOrKept) AS \(name)")
      }
    }
    let list = items.joined(separator: ", ")
    guard isJoined else {
      let new =
        isInsert ? " WHERE NOT \(KeyMatch(request, rules: rules).isHeld(where: "true"))" : ""
      return "SELECT \(list) FROM \(request.staging) s\(new)"
    }
    return "SELECT \(list) FROM \(request.staging) s "
      + "\(KeyMatch(request, rules: rules).joinOfExisting)\(wholeKeys)"
  }
}

extension TargetRules.Column {
  /// What a new row holds where the file does not say.
  var filledIn: String {
    "CAST(\(expression.map { "(\($0))" } ?? "NULL") AS \(type))"
  }

  /// What a row holds then that may be there already, as `e`.
  var filledInOrKept: String {
    "CASE WHEN e.tableoid IS NULL THEN \(filledIn) ELSE e.\(quotedIdentifier(name)) END"
  }
}

extension MergeRequest {
  var targetName: String {
    "\(quotedIdentifier(target.schema)).\(quotedIdentifier(target.name))"
  }

  /// The same as an item of `FROM`: tables that inherit from the target hold none of its rows.
  var targetSource: String { isPartitioned ? targetName : "ONLY \(targetName)" }

  var keyColumns: [StagingLayout.Column] {
    key.columns.compactMap { name in layout.columns.first { $0.name == name } }
  }

  /// A staged value as the target's type.
  func value(_ column: StagingLayout.Column) -> String {
    let name = "s." + quotedIdentifier(column.name)
    return column.castTo.map { "CAST(\(name) AS \($0))" } ?? name
  }
}
