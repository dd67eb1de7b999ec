import FoundationEssentials
import ImportModel
import Reading
import Testing

@Suite("Shared texts of a workbook")
struct SharedTextTests {
  private let sheet = """
    <row r="1"><c t="s"><v>0</v></c><c t="s"><v>2</v></c></row>
    <row r="2"><c t="s"><v>1</v></c><c t="s"><v>0</v></c></row>
    """

  private func reader(_ workbook: TestWorkbook) throws -> XLSXReader {
    try XLSXWorkbook(
      file: MemoryFile(workbook.bytes), scratch: FileManager.default.temporaryDirectory.path
    ).reader()
  }

  @Test("are read for a header only as far as it names them")
  func header() throws {
    // The last text, which nobody names, has no end: that is told before the first row.
    let whole = (0..<4).map { "<si><t>text \($0)</t></si>" }.joined()
    var workbook = TestWorkbook(sheet)
    workbook.replaced["xl/sharedStrings.xml"] = Array("<sst>\(whole.dropLast(12))".utf8)
    let reader = try reader(workbook)
    #expect(try reader.readHeader().names == ["text 0", "text 2"])
    let error = #expect(throws: ReadingError.self) { try reader.read(into: RecordBatch()) }
    #expect(error?.code == .corruptFile)
    let other = try self.reader(TestWorkbook(sheet, strings: whole))
    #expect(try other.readHeader().names == ["text 0", "text 2"])
    #expect(
      try SheetReading().read(TestWorkbook(sheet, strings: whole)).fields == [
        ["'text 1", "'text 0"]
      ])
  }

  @Test(
    "are found wherever the header's stand, also where they lie in a file", arguments: [40, 20_000])
  func farAway(count: Int) throws {
    let long = String(repeating: "x", count: 1000)
    let strings = (0..<count).map { "<si><t>\($0) \(long)</t></si>" }.joined()
    let far = """
      <row r="1"><c t="s"><v>\(count * 3 / 4)</v></c><c t="s"><v>3</v></c></row>
      <row r="2"><c t="s"><v>0</v></c><c t="s"><v>\(count - 2)</v></c></row>
      """
    let found = try SheetReading().read(TestWorkbook(far, strings: strings))
    #expect(found.names == ["\(count * 3 / 4) \(long)", "3 \(long)"])
    #expect(found.fields == [["'0 \(long)", "'\(count - 2) \(long)"]])
  }

  @Test("that are not there are an error, in the header as in a row")
  func missing() {
    let strings = "<si><t>a</t></si>"
    for row in [1, 2] {
      let cells = (1...2).map { number in
        "<row r=\"\(number)\"><c t=\"s\"><v>\(number == row ? 7 : 0)</v></c></row>"
      }
      let error = SheetReading().error(TestWorkbook(cells.joined(), strings: strings))
      #expect(error?.code == .corruptFile)
      #expect(error?.message.contains("row \(row)") == true)
    }
  }
}
