public import ImportModel

/// Suggests a column of a target for each field of a file: what is told first, then what has the same
/// name, then what has it but for case, spaces and punctuation, and at last what shares its words.
///
/// Unlike `HeaderMapping` it never fails: where nothing fits it says so, field by field.
public struct MappingSuggestion {
  /// One entry a field, in order.
  public private(set) var fields: [SuggestedField]
  private let table: TargetTable
  private var taken: Set<String> = []

  /// Looks for columns.
  ///
  /// - Parameters:
  ///   - hasHeader: whether the names stand in the file; otherwise fields go by their places.
  ///   - told: a mapping that is given already.
  public init(
    header: [String], hasHeader: Bool, told: [String: String?]? = nil, table: TargetTable
  ) {
    self.table = table
    fields = header.enumerated().map { SuggestedField(field: $0, header: $1, column: nil) }
    var open = Set(fields.indices)
    apply(told ?? [:], &open)
    let writable = table.columns.filter { !$0.isGenerated }
    if !hasHeader, told == nil, writable.count == header.count {
      for field in fields.indices { take(writable[field], for: field, &open) }
    }
    matchAll(&open) { $0.name == $1 }
    matchAll(&open) { column, title in
      let folded = HeaderMapping.folded(title)
      return !folded.isEmpty && HeaderMapping.folded(column.name) == folded
    }
    matchAll(&open, note: true) { Self.sharesWords($0.name, $1) }
    for field in open { fields[field].reasons.append(reasonForNone(field)) }
  }

  private mutating func apply(_ told: [String: String?], _ open: inout Set<Int>) {
    for (title, name) in told {
      let folded = HeaderMapping.folded(title)
      let matches = fields.indices.filter {
        fields[$0].header == title
          || (!folded.isEmpty && HeaderMapping.folded(fields[$0].header) == folded)
      }
      for field in matches {
        if let name, let column = HeaderMapping.column(named: name, in: table) {
          take(column, for: field, &open)
        } else {
          open.remove(field)
          fields[field].reasons.append(
            name.map { "the mapping names \"\($0)\", which is no column" }
              ?? "is left out by the mapping")
        }
      }
    }
  }

  /// Gives each open field the only free column that fits it, where it is the only field that it fits.
  private mutating func matchAll(
    _ open: inout Set<Int>, note: Bool = false, _ fits: (TargetColumn, String) -> Bool
  ) {
    let free = table.columns.filter { !taken.contains($0.name) }
    for field in open.sorted() {
      let fitting = free.filter { !taken.contains($0.name) && fits($0, fields[field].header) }
      guard fitting.count == 1, let column = fitting.first else { continue }
      if note {
        guard open.count(where: { fits(column, fields[$0].header) }) == 1 else { continue }
        fields[field].reasons.append("has another name: see whether \"\(column.name)\" is meant")
      }
      take(column, for: field, &open)
    }
  }

  private mutating func take(_ column: TargetColumn, for field: Int, _ open: inout Set<Int>) {
    fields[field].column = column
    taken.insert(column.name)
    open.remove(field)
  }

  private func reasonForNone(_ field: Int) -> String {
    let folded = HeaderMapping.folded(fields[field].header)
    let same = table.columns.filter { HeaderMapping.folded($0.name) == folded && !folded.isEmpty }
    guard let column = same.first else { return "no column has a name like it" }
    return same.count > 1
      ? "fits several columns: \(same.map { "\"\($0.name)\"" }.joined(separator: ", "))"
      : "fits \"\(column.name)\", which another field goes into"
  }

  /// Whether all words of one name begin words of the other: `Unit price (EUR)` and `unit_price`.
  private static func sharesWords(_ column: String, _ title: String) -> Bool {
    let one = ColumnNames.words(of: column)
    let other = ColumnNames.words(of: title)
    let (fewer, more) = one.count <= other.count ? (one, other) : (other, one)
    return fewer.contains { $0.count >= 3 }
      && fewer.allSatisfy { word in more.contains { $0.hasPrefix(word) || word.hasPrefix($0) } }
  }
}
