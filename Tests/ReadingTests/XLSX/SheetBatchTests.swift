import FoundationEssentials
import ImportModel
import Reading
import Testing

@Suite("Batches of a sheet")
struct SheetBatchTests {
  /// Rows of every kind, some missing, some faulty.
  private static func workbook(rows: Int, seed: UInt64) -> TestWorkbook {
    var random = SeededGenerator(seed: seed)
    let names = (0...2).map { "<c t=\"s\"><v>\($0)</v></c>" }.joined()
    var sheet = "<row r=\"1\">\(names)</row>"
    var row = 1
    for _ in 0..<rows {
      row += Int.random(in: 1...3, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: sheet += "<row r=\"\(row)\"/>"
      case 1: sheet += "<row r=\"\(row)\"><c r=\"D\(row)\"><v>1</v></c></row>"
      case 2: sheet += "<row r=\"\(row)\"><c r=\"B\(row)\" t=\"e\"><v>#N/A</v></c></row>"
      default:
        let text = String(repeating: "ä\"x", count: Int.random(in: 0...9, using: &random))
        sheet +=
          "<row r=\"\(row)\"><c r=\"A\(row)\"><v>\(row)</v></c><c r=\"B\(row)\" t=\"s\">"
          + "<v>\(Int.random(in: 0..<500, using: &random))</v></c><c r=\"C\(row)\" "
          + "t=\"inlineStr\"><is><t>\(text)</t></is></c></row>"
      }
    }
    let strings = (0..<500).map { "<si><t>text \($0)</t></si>" }.joined()
    return TestWorkbook(sheet, strings: strings)
  }

  @Test("however the bytes are cut and the batches are limited, the rows are the same")
  func limits() throws {
    let bytes = SheetBatchTests.workbook(rows: 400, seed: 1).bytes
    let whole = try SheetReading().read(bytes)
    #expect(whole.rows.count > 200)
    var random = SeededGenerator(seed: 2)
    for _ in 0..<30 {
      let block = [1, 7, 100, 4096, 1 << 17].randomElement(using: &random) ?? 1
      let plan = SheetReading(
        limits: ReadingLimits(blockBytes: block),
        maxBytes: Int.random(in: 1...2000, using: &random),
        maxRows: Int.random(in: 1...50, using: &random))
      let found = try plan.read(bytes)
      #expect(found.rows == whole.rows)
      #expect(found.ends.last == whole.ends.last)
      #expect(found.batchRows.allSatisfy { $0 <= plan.maxRows })
      #expect(found.bytesTaken == found.bytesTaken.sorted())
      #expect(found.bytesTaken.last == Int64(bytes.count))
      let again = SheetReading(
        limits: ReadingLimits(blockBytes: 64), maxBytes: plan.maxBytes, maxRows: plan.maxRows)
      #expect(try again.read(bytes).ends == found.ends)
    }
  }

  @Test("a batch takes no more than it may, but for a row that is longer by itself")
  func maxBytes() throws {
    let bytes = SheetBatchTests.workbook(rows: 200, seed: 3).bytes
    let book = try XLSXWorkbook(file: MemoryFile(bytes), scratch: "/tmp")
    let reader = try book.reader()
    let batch = RecordBatch(capacity: 64)
    while try reader.read(into: batch, maxBytes: 40, maxRows: .max) {
      #expect(batch.count <= 40 || batch.rows.count == 1)
      #expect(batch.fields.count == batch.rows.count * batch.fieldsPerRow)
    }
    #expect(batch.rows.isEmpty)
    #expect(try !reader.read(into: batch))
  }

  @Test("reading goes on from the end of any batch as if it had never stopped")
  func resume() throws {
    let bytes = SheetBatchTests.workbook(rows: 120, seed: 4).bytes
    let whole = try SheetReading(maxRows: 7).read(bytes)
    var read = 0
    for (index, end) in whole.ends.enumerated() {
      read += whole.batchRows[index]
      let rest = try SheetReading(from: end, header: whole.names, maxRows: 7).read(bytes)
      #expect(rest.rows == Array(whole.rows[read...]))
      #expect(rest.ends == Array(whole.ends[(index + 1)...]))
    }
  }

  @Test("a position is that of the sheet's XML, behind the row")
  func position() throws {
    let workbook = SheetBatchTests.workbook(rows: 60, seed: 5)
    let xml = Array(workbook.sheetXML.utf8)
    for end in try SheetReading(maxRows: 1).read(workbook).ends {
      #expect(xml[..<Int(end.byte)].suffix(6) == Array("</row>".utf8)[...])
    }
  }

  @Test("texts beyond the memory for them are read from disk, and none is mixed up")
  func spilled() throws {
    // 700,000 texts of 24 bytes, and eight bytes of each for its place: both are over their limits.
    let count = 700_000
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-spill-\(UInt64.random(in: 0...UInt64.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
    var strings = ""
    strings.reserveCapacity(count * 50)
    for index in 0..<count { strings += "<si><t>a text with number \(1_000_000 + index)</t></si>" }
    var random = SeededGenerator(seed: 6)
    let order =
      [0, count - 1] + (0..<5000).map { _ in Int.random(in: 0..<count, using: &random) }
    let rows = order.map { "<row><c t=\"s\"><v>\($0)</v></c></row>" }.joined()
    let bytes = TestWorkbook(rows, strings: strings).bytes

    let book = try XLSXWorkbook(file: MemoryFile(bytes), scratch: folder.path)
    let reader = try book.reader(header: ["a"])
    let batch = RecordBatch()
    var found: [String] = []
    while try reader.read(into: batch) {
      found += batch.fields.map { String(decoding: batch.bytes(of: $0), as: UTF8.self) }
    }

    #expect(found == order.map { "a text with number \(1_000_000 + $0)" })
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    let missing = try XLSXWorkbook(
      file: MemoryFile(bytes), scratch: folder.appendingPathComponent("none").path)
    #expect(throws: SpillError.self) { try missing.reader(header: ["a"]).read(into: batch) }
  }
}
