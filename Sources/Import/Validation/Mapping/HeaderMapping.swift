public import ImportModel

/// Finds the column of the target for each field of the header.
///
/// A header fits a column of the same name; where there is none, one whose name is the same but for
/// case, spaces and punctuation. An explicit mapping comes first.
public struct HeaderMapping: Sendable {
  /// From a header to a column's name, or to nil where the header is to be left out.
  public var explicit: [String: String?]

  /// Whether the header is a row of the file, which may be no header after all.
  public var isRow: Bool

  /// Maps by name, but for what `explicit` says.
  public init(explicit: [String: String?] = [:], isRow: Bool = true) {
    self.explicit = explicit
    self.isRow = isRow
  }

  /// Maps a header to a table, in the order of the header.
  ///
  /// Columns that the file lacks are left to their defaults.
  ///
  /// - Throws: `MappingError`, before any row has been read.
  public func resolve(
    header: [String], table: TargetTable
  ) throws(MappingError) -> [MappedColumn] {
    var plan = MappingPlan(header: header, table: table, isRow: isRow)
    try plan.apply(explicit)
    plan.applyExactNames()
    try plan.applyFoldedNames()
    return try plan.finish()
  }

  /// Maps the fields of a file without a header to a table by their places: to all columns that can be
  /// written, in their order, as COPY does.
  ///
  /// - Parameter header: names that were made up for the fields.
  /// - Throws: `MappingError` where there are more fields than columns, or fewer.
  public func resolve(
    places header: [String], table: TargetTable
  ) throws(MappingError) -> [MappedColumn] {
    var plan = MappingPlan(header: header, table: table, isRow: false)
    try plan.applyPlaces()
    return try plan.finish()
  }

  /// Whether a column of the table would take a header by its name.
  public static func hasColumn(for header: String, in table: TargetTable) -> Bool {
    let folded = folded(header)
    return table.columns.contains { column in
      column.name == header || (!folded.isEmpty && HeaderMapping.folded(column.name) == folded)
    }
  }

  /// The column of a table that a mapping means by a name; nil where none fits, or several do.
  static func column(named name: String, in table: TargetTable) -> TargetColumn? {
    let fitting = matches(name, in: table.columns.map(\.name))
    return fitting.count == 1 ? table.columns[fitting[0]] : nil
  }

  /// Indexes of the names that are equal to one, or else of those that fold to the same.
  fileprivate static func matches(_ name: String, in names: [String]) -> [Int] {
    let exact = names.indices.filter { names[$0] == name }
    if !exact.isEmpty { return exact }
    let folded = folded(name)
    guard !folded.isEmpty else { return [] }
    return names.indices.filter { HeaderMapping.folded(names[$0]) == folded }
  }

  /// A name without case, spaces and punctuation.
  static func folded(_ name: String) -> String {
    String(name.lowercased().filter { $0.isLetter || $0.isNumber })
  }
}

/// A mapping in the making.
private struct MappingPlan {
  private enum Fate: Equatable {
    case open
    case leftOut
    case column(Int)
  }

  private let header: [String]
  private let table: TargetTable
  private let isRow: Bool
  private var fates: [Fate]

  init(header: [String], table: TargetTable, isRow: Bool) {
    self.header = header
    self.isRow = isRow
    self.table = table
    fates = Array(repeating: .open, count: header.count)
  }

  mutating func apply(_ explicit: [String: String?]) throws(MappingError) {
    var claims: [Int: String] = [:]
    for (name, target) in explicit.sorted(by: { $0.key < $1.key }) {
      var fields = HeaderMapping.matches(name, in: header)
      if let first = fields.first, header[first] != name {
        // What is spelled like a header means it, and nobody else does.
        fields.removeAll { explicit.index(forKey: header[$0]) != nil }
        if fields.isEmpty { continue }
        for field in fields {
          if let other = claims.updateValue(name, forKey: field) {
            throw MappingError(
              code: .ambiguous,
              message:
                "the mapping's \(quoted(other)) and \(quoted(name)) both fit \(places([field]))",
              hint: "write the header as it stands in the file")
          }
        }
      }
      guard let target else {
        for field in fields { fates[field] = .leftOut }
        continue
      }
      guard let field = fields.first else { throw unknownHeader(name) }
      guard fields.count == 1 else {
        throw MappingError(
          code: .ambiguous,
          message: "the mapping's \(quoted(name)) fits \(places(fields)) of the header",
          hint: "give the headers different names, or leave them out with null")
      }
      fates[field] = .column(try explicitColumn(target, for: name))
    }
  }

  mutating func applyPlaces() throws(MappingError) {
    let writable = table.columns.indices.filter { !table.columns[$0].isGenerated }
    guard writable.count == header.count else {
      throw MappingError(
        code: .unknownColumn,
        message: """
          the file has no header and \(header.count) \(header.count == 1 ? "field" : "fields") a row, but \
          \(table.displayName) has \(writable.count) columns that can be written
          """,
        hint: """
          add a header, set `header` to true if the first row is one, or name the columns with `mapping`: \
          {"column_1": \(quoted(table.columns[writable.first ?? 0].name)), …}
          """)
    }
    for (field, column) in writable.enumerated() { fates[field] = .column(column) }
  }

  mutating func applyExactNames() {
    let indexes = Dictionary(
      table.columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    for field in header.indices where fates[field] == .open {
      if let column = indexes[header[field]] { fates[field] = .column(column) }
    }
  }

  mutating func applyFoldedNames() throws(MappingError) {
    var unknown: [Int] = []
    for field in header.indices where fates[field] == .open {
      let fitting = foldedMatches(header[field])
      let free = fitting.filter { !fates.contains(.column($0)) }
      if free.count > 1 { throw ambiguousHeader(field, free) }
      // One that is taken is taken here as well: `finish` tells of the two headers.
      if let column = free.first ?? fitting.first {
        fates[field] = .column(column)
      } else {
        unknown.append(field)
      }
    }
    if !unknown.isEmpty { throw unknownColumns(unknown) }
  }

  func finish() throws(MappingError) -> [MappedColumn] {
    var mapped: [MappedColumn] = []
    var takenBy: [Int: Int] = [:]
    for field in header.indices {
      guard case .column(let index) = fates[field] else { continue }
      let column = table.columns[index]
      if let other = takenBy.updateValue(field, forKey: index) {
        throw MappingError(
          code: .duplicate,
          message:
            "\(places([other, field])) of the header both go into the column \(quoted(column.name))",
          hint: "leave one of them out with the mapping {\(quoted(header[field])): null}")
      }
      if column.isGenerated { throw generated(column, field) }
      mapped.append(MappedColumn(field: field, header: header[field], column: column))
    }
    try checkRequired(takenBy)
    guard !mapped.isEmpty else {
      throw MappingError(
        code: .nothingMapped,
        message: "no column of the file goes into \(table.displayName)", hint: columnList)
    }
    return mapped
  }

  private func checkRequired(_ takenBy: [Int: Int]) throws(MappingError) {
    let missing = table.columns.indices.filter { index in
      let column = table.columns[index]
      return takenBy[index] == nil && column.isRequired && column.defaultExpression == nil
        && column.identity == nil && !column.isGenerated
    }
    guard !missing.isEmpty else { return }
    let names = missing.map { quoted(table.columns[$0].name) }.joined(separator: ", ")
    throw MappingError(
      code: .required,
      message: "the file has no column for \(names), which must have a value and has no default",
      hint: "add it to the file, map a header to it, or give the column a default")
  }

  private func explicitColumn(_ name: String, for header: String) throws(MappingError) -> Int {
    let fitting = HeaderMapping.matches(name, in: table.columns.map(\.name))
    guard let column = fitting.first else {
      throw MappingError(
        code: .unknownColumn,
        message:
          "the mapping sends \(quoted(header)) to \(quoted(name)), which is no column of "
          + table.displayName,
        hint: columnList)
    }
    guard fitting.count == 1 else {
      let names = fitting.map { quoted(table.columns[$0].name) }.joined(separator: " and ")
      throw MappingError(
        code: .ambiguous, message: "the mapping's column \(quoted(name)) fits \(names)",
        hint: "write the column's name exactly as it is")
    }
    return column
  }

  private func foldedMatches(_ name: String) -> [Int] {
    let folded = HeaderMapping.folded(name)
    guard !folded.isEmpty else { return [] }
    return table.columns.indices.filter { HeaderMapping.folded(table.columns[$0].name) == folded }
  }
}

extension MappingPlan {
  private var columnList: String {
    let names = table.columns.filter { !$0.isGenerated }.map { quoted($0.name) }
    return "the columns of \(table.displayName) are \(names.joined(separator: ", "))"
  }

  private func quoted(_ name: String) -> String {
    "\"\(name.prefix(64))\""
  }

  private func places(_ fields: [Int]) -> String {
    fields.map { "\(quoted(header[$0])) (field \($0 + 1))" }.joined(separator: " and ")
  }

  private func unknownHeader(_ name: String) -> MappingError {
    let names = header.map { quoted($0) }.joined(separator: ", ")
    return MappingError(
      code: .unknownHeader,
      message: "the mapping names the header \(quoted(name)), which the file does not have",
      hint: "the headers of the file are \(names)")
  }

  private func unknownColumns(_ fields: [Int]) -> MappingError {
    let named = fields.filter { !header[$0].isEmpty }
    let example = quoted(header[named.first ?? fields[0]])
    let parts = fields.map { field in
      header[field].isEmpty ? "field \(field + 1), which has no name" : quoted(header[field])
    }
    let message = "no column of \(table.displayName) fits \(parts.joined(separator: ", "))"
    let noHeader = "if the first row is none, set `header` to false; "
    return MappingError(
      code: .unknownColumn, message: message,
      hint: (isRow && fields.count == header.count ? noHeader : "") + columnList
        + "; the mapping {\(example): null} leaves a header out")
  }

  private func ambiguousHeader(_ field: Int, _ columns: [Int]) -> MappingError {
    let names = columns.map { quoted(table.columns[$0].name) }
    return MappingError(
      code: .ambiguous,
      message: "\(quoted(header[field])) fits the columns \(names.joined(separator: " and "))",
      hint: "choose with the mapping {\(quoted(header[field])): \(names[0])}")
  }

  private func generated(_ column: TargetColumn, _ field: Int) -> MappingError {
    MappingError(
      code: .generated,
      message: "\(quoted(header[field])) goes into \(quoted(column.name)), a generated column, "
        + "which cannot be written",
      hint: "leave it out with the mapping {\(quoted(header[field])): null}")
  }
}
