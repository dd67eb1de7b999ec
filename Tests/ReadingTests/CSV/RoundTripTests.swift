import ImportModel
import Reading
import Testing

@Suite("Tables in any dialect")
struct RoundTripTests {
  @Test(
    "a table comes back as it was written, whole and from the end of any batch",
    arguments: NamedDialect.plain + NamedDialect.general, (1...5).map { UInt64($0) })
  func roundTrip(named: NamedDialect, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let file = WrittenFile(named.dialect, &random)
    for usesFastScanner in [true, false] {
      var plan = ReadPlan(
        dialect: named.dialect, blockSizes: random.blockSizes(),
        maxBytes: [1, 50, 2000, 1 << 20].randomElement(using: &random)!,
        maxRows: [1, 7, .max].randomElement(using: &random)!, usesFastScanner: usesFastScanner)
      let read = try plan.read(file.bytes)
      #expect(read.names == file.names, "seed \(seed)")
      #expect(read.rows == file.rows, "seed \(seed)")

      plan.header = read.names
      for end in read.ends.shuffled(using: &random).prefix(4) {
        plan.from = end
        let rest = try plan.read(Array(file.bytes[Int(end.byte)...]))
        #expect(rest.rows == Array(file.rows.dropFirst(Int(end.row))), "seed \(seed), from \(end)")
      }
    }
  }
}

/// A random table in a dialect, with all that may stand around its rows.
private struct WrittenFile {
  private(set) var bytes: [UInt8] = []
  private(set) var names: [String] = []
  private(set) var rows: [Row] = []
  /// The line of the file that comes next, counted as an editor does.
  private var line: Int64 = 1
  private let writer: DialectWriter

  init(_ dialect: CSVDialect, _ random: inout SeededGenerator) {
    writer = DialectWriter(
      dialect, lineEnd: ["\n", "\r\n", "\r"].randomElement(using: &random)!)
    let columns = Int.random(in: 2...6, using: &random)
    if Bool.random(using: &random) { bytes += Array("\u{FEFF}".utf8) }
    for _ in 0..<dialect.skipRows {
      addLine(Array(["", "Report \"of", "a,b||c\\", "#"].randomElement(using: &random)!.utf8))
    }
    addRemarks(&random)
    if dialect.hasHeader {
      names = (1...columns).map { column in
        let name = "c\(column)" + String(decoding: dialect.delimiter, as: UTF8.self) + "é\"x\\y'z"
        return writer.sayable(name, isFirst: column == 1)!
      }
      addLine(writer.row(names, &random))
    } else {
      names = (1...columns).map { "column_\($0)" }
    }
    for _ in 0..<50 {
      addRow(columns: columns, &random)
      addRemarks(&random)
    }
    if Bool.random(using: &random) { bytes.removeLast(writer.lineEnd.count) }
  }

  private mutating func addRow(columns: Int, _ random: inout SeededGenerator) {
    let dialect = writer.dialect
    // An escaped CR before an LF that ends the row would be an escaped CRLF.
    let carriageReturn = writer.lineEnd == [10] ? "r" : "\r"
    let parts =
      [
        "a", "\"", "'", ",", "\\", "\n", "\r\n", carriageReturn, "\t", " ", "é", "#", "//", "N",
        "^", "|", "x1",
      ]
      + [String(repeating: "some longer text ", count: 5)]
      + [String(decoding: dialect.delimiter, as: UTF8.self)]
    let values = (0..<columns).map { column -> String? in
      let length = Int.random(in: -1...5, using: &random)
      if length < 0 { return nil }
      let value = (0..<length).map { _ in parts.randomElement(using: &random)! }.joined()
      return writer.sayable(value, isFirst: column == 0)
    }
    let raw = writer.row(values, &random)
    rows.append(
      Row(
        number: Int64(rows.count + 1), line: line, fields: values,
        raw: String(decoding: raw, as: UTF8.self)))
    addLine(raw)
  }

  /// Comments and empty lines, which are no rows.
  private mutating func addRemarks(_ random: inout SeededGenerator) {
    guard Int.random(in: 0..<4, using: &random) == 0 else { return }
    addLine([])
    guard let comment = writer.dialect.comment else { return }
    addLine(comment + Array([" it\"s é, \\", "", "\\"].randomElement(using: &random)!.utf8))
  }

  private mutating func addLine(_ text: [UInt8]) {
    let text = text + writer.lineEnd
    bytes += text
    for (index, byte) in text.enumerated() where byte == 10 || byte == 13 {
      let isHalf = byte == 13 && index + 1 < text.count && text[index + 1] == 10
      line += isHalf ? 0 : 1
    }
  }
}
