import FoundationEssentials
import ImportModel
import Reading
import Testing

/// The collection lies outside the repository: see `SpectrumTests`. What openpyxl reads in each workbook
/// stands in `expected`, as `generate.py` there wrote it.
@Suite(
  "xlsx, a collection of workbooks with what openpyxl reads in them",
  .enabled(if: Corpus.isExpected, "no corpora: set SLUICE_CORPORA to their folder"))
struct CorpusTests {
  @Test("each workbook gives what openpyxl reads", arguments: Corpus.names)
  func equal(name: String) throws {
    let expected = try Corpus.expected(name)
    let plan = SheetReading(hasHeader: false, header: Array(repeating: "x", count: Corpus.width))

    let found = try plan.read(Corpus.workbook(name)).rows

    #expect(found.map(\.line) == expected.map(\.line))
    for (row, wanted) in zip(found, expected) {
      var cells = row.fields.map { $0 ?? "" }
      while cells.last == "" { cells.removeLast() }
      if case .badCells(let bad)? = row.fault {
        for cell in bad { cells[cell.field] = "!" + cell.text }
      } else {
        #expect(row.fault == nil)
      }
      #expect(cells.count == wanted.cells.count)
      for (cell, value) in zip(cells, wanted.cells) {
        #expect(Corpus.isSame(cell, value), "\(cell) for \(value) in row \(row.line)")
      }
    }
  }

  @Test("a workbook with a password is refused, with advice")
  func password() throws {
    let error = try SheetReading().error(Corpus.workbook(Corpus.locked))
    #expect(error?.code == .encryptedFile)
    #expect(error?.hint != nil)
  }

  @Test("no workbook of the collection is left out")
  func complete() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Corpus.folder.path)
    let wanted = (Corpus.names + [Corpus.locked]).map { "\($0).xlsx" }
    #expect(Set(files.filter { $0.hasSuffix(".xlsx") }) == Set(wanted))
  }
}

/// Where the collection lies, and what is in it.
private enum Corpus {
  static let names = [
    "any_sheets", "date", "date_1904", "date_iso", "date_quoted_format", "empty_s_attribute",
    "empty_shared_string", "empty_shared_string_value", "empty_sheet", "encoded_entities",
    "errors", "has_x000D_", "has_x000D_inline", "header-row", "inlineStr_cdata",
    "inlineStr_with_value", "issue_419", "merge_cells", "non_monotonic_si",
    "nonstandard-xml-ns-prefix", "richtext-namespaced", "rph", "strict_iso_paths",
    "table_with_absolute_paths", "temperature",
  ]
  static let locked = "pass_protected"
  /// No sheet of the collection is wider.
  static let width = 30

  private static let variable = ProcessInfo.processInfo.environment["SLUICE_CORPORA"]
  private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  static var folder: URL {
    let corpora =
      variable.map { URL(fileURLWithPath: $0) }
      ?? here.appendingPathComponent("../../../../shared/corpora")
    return corpora.standardized.appendingPathComponent("xlsx")
  }

  static var isExpected: Bool {
    variable != nil || FileManager.default.fileExists(atPath: folder.path)
  }

  static func workbook(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent("\(name).xlsx")))
  }

  struct ExpectedRow {
    let line: Int64
    let cells: [String]
  }

  static func expected(_ name: String) throws -> [ExpectedRow] {
    let file = here.appendingPathComponent("expected/\(name).tsv")
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    return try text.split(separator: "\n").map { line in
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      return ExpectedRow(
        line: try #require(Int64(parts[0])), cells: parts[1...].map { unescaped($0) })
    }
  }

  private static func unescaped(_ text: Substring) -> String {
    var result = ""
    var isEscape = false
    for character in text {
      if isEscape {
        result.unicodeScalars.append(["n": "\n", "t": "\t", "r": "\r"][character] ?? "\\")
        isEscape = false
      } else if character == "\\" {
        isEscape = true
      } else {
        result.append(character)
      }
    }
    return result
  }

  /// Texts must be equal byte by byte, numbers by their value.
  static func isSame(_ cell: String, _ wanted: String) -> Bool {
    if Array(cell.utf8) == Array(wanted.utf8) { return true }
    guard let value = Double(cell), let other = Double(wanted) else { return false }
    return value == other
  }
}
