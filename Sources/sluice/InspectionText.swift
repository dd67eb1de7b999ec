import ImportModel
import Worker

/// What an inspection found, to be read by a person.
struct InspectionText {
  private static let widest = 32

  private let found: FileInspection
  private let path: String

  init(_ found: FileInspection, path: String) {
    self.found = found
    self.path = path
  }

  var text: String {
    var parts = [head, columns]
    let notes =
      found.notes
      + found.columns.flatMap { column in
        column.notes.map { "\(shown(column.header)): \($0)" }
      }
    parts.append(section("Notes", notes))
    parts.append(
      section(
        "Bad rows", found.badRows.map { "line \($0.line): \($0.code): \($0.message): \($0.raw)" }))
    parts.append(target)
    if found.target == nil { parts.append(proposal) }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  // MARK: File

  private var head: String {
    var words = [found.containers.reversed().joined(separator: " in "), found.format.uppercased()]
    words = [words.filter { !$0.isEmpty }.joined(separator: " of ")]
    if found.format != "xlsx" { words.append(found.encoding) }
    let dialect = found.dialect
    if let form = dialect.form { words.append(form) }
    if let sheet = dialect.sheet { words.append("sheet \(sheet)") }
    if let delimiter = dialect.delimiter {
      words.append("delimiter \(delimiter == "\t" ? "tab" : "\"\(delimiter)\"")")
    }
    if let skipped = dialect.skipRows, skipped > 0 {
      words.append("\(skipped) lines above the table")
    }
    if dialect.header == false { words.append("no header") }
    if !found.isSure { words.append("not sure of it") }
    return "\(path): \(words.joined(separator: ", "))\n\(rows)"
  }

  private var rows: String {
    let count = found.rowsRead == 1 ? "1 row" : "\(found.rowsRead) rows"
    let bad = found.rowsBad > 0 ? ", \(found.rowsBad) of them bad" : ""
    let values = [
      found.values.decimal.map { "decimal sign \"\($0)\"" },
      found.values.thousands.map { "\"\($0)\" between groups of digits" },
      found.values.dateOrder.map { "dates as \($0)" },
    ]
    .compactMap(\.self)
    return ([count + bad] + values).joined(separator: ", ")
  }

  // MARK: Columns

  private var columns: String {
    let rows = found.columns.map { column in
      [
        shown(column.header), shown(column.name), column.type, column.isNullable ? "yes" : "no",
        column.maxLength.map { "\($0)" } ?? "", column.samples.map(shown).joined(separator: " | "),
      ]
    }
    return table([["header", "column", "type", "null", "longest", "values"]] + rows)
  }

  private func table(_ rows: [[String]]) -> String {
    let widths = (rows.first ?? []).indices.map { place in
      rows.map { $0[place].count }.max() ?? 0
    }
    return rows.map { row in
      let line = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      return "  " + String(line.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }
    .joined(separator: "\n")
  }

  /// A text of the file on a line of its own: cut, and without what would move the cursor.
  private func shown(_ text: String) -> String {
    let plain = String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    return plain.count > Self.widest ? plain.prefix(Self.widest - 1) + "…" : plain
  }

  private func section(_ title: String, _ lines: [String]) -> String {
    lines.isEmpty ? "" : ([title] + lines.map { "  \($0)" }).joined(separator: "\n")
  }

  // MARK: Table

  private var proposal: String {
    var lines = found.proposal.ddl
    if let mapping = found.proposal.mapping {
      let pairs = mapping.sorted { $0.key < $1.key }.map { "\($0.key) -> \($0.value)" }
      lines += "\n\nAn import into it needs a mapping\n  " + pairs.joined(separator: "\n  ")
    }
    return lines
  }

  private var target: String {
    guard let fit = found.target else { return "" }
    let key = fit.key.map { ", key (\($0.joined(separator: ", ")))" } ?? ""
    let rows = fit.fields.map { field in
      [
        shown(field.header), field.column.map(shown) ?? "-", field.type ?? "",
        field.reasons.joined(separator: "; "),
      ]
    }
    let obstacles = fit.obstacles.map { obstacle in
      obstacle.message + (obstacle.hint.map { " (\($0))" } ?? "")
    }
    return ["Into \(fit.target)\(key)\n\(table(rows))", section("In the way", obstacles)]
      .filter { !$0.isEmpty }.joined(separator: "\n\n")
  }
}
