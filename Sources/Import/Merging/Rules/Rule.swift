import ImportModel

/// One rule of a target that is looked for in sets.
enum Rule: Sendable, Equatable {
  case check(TargetRules.Check)
  /// A generated column that must have a value.
  case required(TargetRules.Column)
  /// An identity that is `GENERATED ALWAYS`: a row may bring its value along, but not change it.
  case fixed(StagingLayout.Column)
  case reference(TargetRules.Reference)
  case key(TargetRules.Key)

  /// Where a breach was found; it changes the message only.
  enum Place: Int, Sendable {
    case row = 0
    case target, file
  }

  /// The columns that it looks at.
  var columns: [String] {
    switch self {
    case .check(let check): check.columns
    case .required(let column): [column.name]
    case .fixed(let column): [column.name]
    case .reference(let reference): reference.columns
    case .key(let key): key.columns
    }
  }

  /// Whether Postgres refuses no row for it: an update leaves such a column out.
  var isUnnoticed: Bool {
    if case .fixed = self { true } else { false }
  }

  var code: RejectCode {
    switch self {
    case .check: .check
    case .required: .required
    case .fixed: .database
    case .reference: .foreignKey
    case .key: .unique
    }
  }

  /// A breach in the words of Postgres.
  ///
  /// - Parameter detail: the values at fault; nil where NULLs are.
  func message(table: String, detail: String?, place: Place) -> String {
    switch self {
    case .check(let check):
      return "new row for relation \"\(table)\" violates check constraint \"\(check.name)\""
    case .required(let column):
      return
        "null value in column \"\(column.name)\" of relation \"\(table)\" violates not-null constraint"
    case .fixed(let column):
      return "column \"\(column.name)\" can only be updated to DEFAULT (SQLSTATE 428C9)"
    case .reference(let reference):
      let head =
        "insert or update on table \"\(table)\" violates foreign key constraint \"\(reference.name)\": "
      guard let detail else {
        return head + "MATCH FULL does not allow mixing of null and nonnull key values"
      }
      return head + "Key (\(reference.columns.joined(separator: ", ")))=(\(detail)) "
        + "is not present in table \"\(reference.table)\""
    case .key(let key):
      let values = "Key (\(key.labels.joined(separator: ", ")))=(\(detail ?? "null"))"
      if key.exclusion != nil {
        return "conflicting key value violates exclusion constraint \"\(key.name)\": \(values) "
          + "conflicts with \(place == .file ? "another row of the file" : "an existing row")"
      }
      return "duplicate key value violates unique constraint \"\(key.name)\": \(values) "
        + (place == .file ? "is in another row of the file" : "already exists")
    }
  }
}

extension TargetRules {
  /// The rules that rows of a file with these columns could break, and that sets can tell of.
  func found(in request: MergeRequest, targetIsEmpty: Bool) -> [Rule] {
    let fixed = targetIsEmpty || request.mode != .upsert ? [] : request.fixedColumns.map(Rule.fixed)
    // What a trigger makes of a row is known only when it is written.
    if mayRewriteRows { return fixed }
    let given = Set(request.layout.columns.map(\.name))
    let generated = Set(columns.filter(\.isGenerated).map(\.name))
    let isTouched = { (names: [String]) in
      names.contains { given.contains($0) || generated.contains($0) }
    }
    let own = Set(request.key.columns)
    let required = columns.filter { $0.isGenerated && $0.isRequired }
    let readable = references.filter { reference in
      reference.isReadable && isTouched(reference.columns)
        && (!reference.isOwn || given.isSuperset(of: reference.referencedColumns))
    }
    let others = keys.filter { key in
      isTouched(key.columns) && !(key.isPlain && key.exclusion == nil && Set(key.columns) == own)
    }
    let checks = checks.filter { isTouched($0.columns) }
    return fixed + checks.map(Rule.check) + required.map(Rule.required)
      + readable.map(Rule.reference) + others.map(Rule.key)
  }
}

extension MergeRequest {
  /// Columns beside the key that an insert can write and an update cannot.
  var fixedColumns: [StagingLayout.Column] {
    let fixed = Set(target.columns.filter { $0.identity == .always }.map(\.name))
    return layout.columns.filter { fixed.contains($0.name) && !key.columns.contains($0.name) }
  }
}
