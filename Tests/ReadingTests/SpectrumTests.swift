import FoundationEssentials
import Testing

/// The collection lies outside the repository: in the folder that SLUICE_CORPORA names, else beside the
/// package. Where the variable is set, a missing folder fails the tests; where neither is, they are skipped
/// and say so.
@Suite(
  "csv-spectrum, a collection of CSV files with what is in them",
  .enabled(if: Spectrum.isExpected, "no corpora: set SLUICE_CORPORA to their folder"))
struct SpectrumTests {
  @Test("each file gives what its JSON says", arguments: Spectrum.names)
  func spectrum(name: String) throws {
    let expected = try JSONDecoder().decode(
      [[String: String]].self, from: Spectrum.contents(of: "json/\(name).json"))

    let file = try ReadPlan().read(Array(Spectrum.contents(of: "csvs/\(name).csv")))

    #expect(file.rows.allSatisfy { $0.fault == nil })
    let found = file.rows.map { row in
      Dictionary(zip(file.names, row.fields.map { $0 ?? "" })) { first, _ in first }
    }
    #expect(found == expected)
  }

  @Test("stray quotes amid a field toggle, as in Postgres")
  func strayQuotes() throws {
    // The JSON of this one keeps the quotes, and has another telephone number than its own CSV.
    let file = try ReadPlan().read(Array(Spectrum.contents(of: "csvs/\(Spectrum.other).csv")))
    #expect(
      file.rows.map(\.fields) == [
        ["2095257564", "37\u{FFFD}36'37.8N 121\u{FFFD}2'17.9W", "Modesto", "Stanislaus"]
      ])
  }

  @Test("no file of the collection is left out")
  func complete() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: Spectrum.folder.appendingPathComponent("csvs").path)
    #expect(Set(files) == Set((Spectrum.names + [Spectrum.other]).map { "\($0).csv" }))
  }
}

/// Where the collection lies, and what is in it.
private enum Spectrum {
  static let names = [
    "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines",
    "newlines_crlf", "quotes_and_newlines", "simple", "simple_crlf", "utf8",
  ]
  static let other = "location_coordinates"

  private static let variable = ProcessInfo.processInfo.environment["SLUICE_CORPORA"]

  static var folder: URL {
    let corpora =
      variable.map { URL(fileURLWithPath: $0) }
      ?? URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared/corpora")
    return corpora.standardized.appendingPathComponent("csv-spectrum")
  }

  static var isExpected: Bool {
    variable != nil || FileManager.default.fileExists(atPath: folder.path)
  }

  static func contents(of path: String) throws -> Data {
    try Data(contentsOf: folder.appendingPathComponent(path))
  }
}
