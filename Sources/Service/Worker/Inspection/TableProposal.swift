import ImportModel
import Postgres
import Validation

/// A table that would take a file: one column a field, of the narrowest type.
struct TableProposal {
  let ddl: String
  /// The mapping that an import needs because names alone would not do.
  let mapping: [String: String]?
  /// What a person should know of it.
  let notes: [String]

  /// - Parameters:
  ///   - key: columns of the primary key, by their names or by the headers; empty for none.
  ///   - isComplete: whether all rows were seen: otherwise no column forbids NULL for what it has.
  /// - Throws: `OptionError` where the key names no field.
  init(
    _ columns: [InferredColumn], named name: QualifiedName, key: [String], hasHeader: Bool,
    isComplete: Bool
  ) throws(OptionError) {
    // Spreadsheets write columns that are empty but for a format; an import passes over them.
    let columns = columns.filter { !hasHeader || !$0.header.isEmpty || $0.valueCount > 0 }
    let key = try TableProposal.resolve(key, in: columns)
    var lines = columns.map { column in
      let isRequired = key.contains(column.name) || (isComplete && !column.isNullable)
      return "  \(quotedIdentifier(column.name)) \(column.type.sqlName)"
        + (isRequired ? " NOT NULL" : "")
    }
    if !key.isEmpty {
      lines.append("  PRIMARY KEY (\(key.map(quotedIdentifier).joined(separator: ", ")))")
    }
    ddl = """
      CREATE TABLE \(quotedIdentifier(name.schema)).\(quotedIdentifier(name.name)) (
      \(lines.joined(separator: ",\n"))
      );
      """
    let needed = hasHeader ? TableProposal.mapping(columns) : nil
    mapping = needed
    let isRepeated = needed != nil && Set(columns.map(\.header)).count < columns.count
    let repeated = "several columns of the file have one name: give them different ones first"
    notes =
      (isRepeated ? [repeated] : [])
      + columns.filter { key.contains($0.name) && $0.nullCount > 0 }.map {
        "\"\($0.name)\" is to be part of the key, but \($0.nullCount) rows have no value for it (key)"
      }
  }

  private static func resolve(
    _ key: [String], in columns: [InferredColumn]
  ) throws(OptionError) -> [String] {
    var names: [String] = []
    for word in key {
      let found = columns.first { $0.name == word } ?? columns.first { $0.header == word }
      guard let found else {
        throw OptionError(
          "key", "names \"\(word.prefix(64))\", which is no column of the file",
          hint: "its columns are \(columns.prefix(50).map(\.name).joined(separator: ", "))")
      }
      if !names.contains(found.name) { names.append(found.name) }
    }
    return names
  }

  /// Nil where each header finds its column by its name.
  private static func mapping(_ columns: [InferredColumn]) -> [String: String]? {
    let table = TargetTable(
      oid: 0, schema: "", name: "",
      columns: columns.enumerated().map { place, column in
        TargetColumn(
          name: column.name, number: Int16(truncatingIfNeeded: place + 1),
          type: ColumnType(oid: 0, sqlName: column.type.sqlName, base: column.type.base))
      }, keys: [])
    do {
      let found = try HeaderMapping().resolve(header: columns.map(\.header), table: table)
      if found.map(\.column.name) == columns.map(\.name) { return nil }
    } catch {
      // Names alone will not do, whatever the reason: each is told.
    }
    return Dictionary(
      columns.map { ($0.header, $0.name) }, uniquingKeysWith: { first, _ in first })
  }
}
