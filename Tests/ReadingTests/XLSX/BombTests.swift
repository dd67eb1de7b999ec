import ImportModel
import Reading
import Testing

@Suite("Workbooks that unfold beyond reason")
struct BombTests {
  /// 67,109,015 bytes of a sheet in 65,369: one row, and 64 MiB of spaces.
  private static var spaces: [UInt8] {
    let turns = [
      "15f6e0400000000000c8ffb51154", "d88303010000000020ffd74650", "610f0e040000000080fc5f1b41",
      "853d38100000000000f27f6d04",
    ]
    var bytes = hex(
      "eccb516ac3300c06e0ab841c606ef7b087e21a06bb88c9bc66ac4e8213da1e7f69cff17d20907e49f13eb7bf752c65"
        + "eb1ef53aade77edcb6e514c23a8ca5e6f56d5ecab46f7ee656f3b68fed12d6a595fcfd7aaad7f07e387c849a7fa73e"
        + "c557f695b79c629bef5d3bf7c73d1d9ecde7b3bba5630cb714c3b0d77e913a")
    bytes += repeatElement(0, count: 4069) + hex("e09f3d38100000000000f27f6d04")
    for turn in 0..<13 { bytes += repeatElement(85, count: 4095) + hex(turns[turn % 4]) }
    bytes += repeatElement(85, count: 4095)
    bytes += hex("da8f831300200000802359405e16f150ca43a1acaf8ca1bbdf01")
    return bytes + repeatElement(0, count: 3616) + hex("c0f76258add69dcb2e298633667f4f17")
  }

  private static func hex(_ text: String) -> [UInt8] {
    let digits = text.utf8.map { UInt8($0 <= 57 ? $0 - 48 : $0 - 87) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  @Test(
    "a sheet that inflates 1,000-fold is refused, with advice",
    arguments: [67_109_015, 1000] as [UInt32])
  func thousandfold(declared: UInt32) throws {
    // Whether the archive's directory tells the truth or not.
    var workbook = TestWorkbook("")
    workbook.packedSheet = PackedPart(deflated: BombTests.spaces, declaredSize: declared)
    let error = SheetReading(hasHeader: false).error(workbook)
    #expect(error?.code == .tooExpansive)
    #expect(error?.hint != nil)
  }

  @Test("shared texts and styles are guarded in the same way")
  func otherParts() throws {
    for name in ["xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml", "_rels/.rels"] {
      var archive = TestArchive()
      let usual = TestWorkbook("<row r=\"1\"><c><v>1</v></c></row>")
      for (part, content) in usual.parts where part != name { archive.add(part, content) }
      archive.add(name, packed: PackedPart(deflated: BombTests.spaces, declaredSize: 1000))
      #expect(SheetReading().error(archive.bytes)?.code == .tooExpansive, "\(name)")
    }
  }

  @Test(
    "a document with a DOCTYPE is refused, whatever it declares",
    arguments: [
      "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml",
      "_rels/.rels", "xl/_rels/workbook.xml.rels",
    ])
  func entities(part: String) throws {
    var declarations = "<!ENTITY a0 \"lol\">"
    for level in 1...9 {
      let inner = String(repeating: "&a\(level - 1);", count: 10)
      declarations += "<!ENTITY a\(level) \"\(inner)\">"
    }
    var workbook = TestWorkbook("<row r=\"1\"><c><v>1</v></c></row>")
    workbook.replaced[part] = Array("<!DOCTYPE x [\(declarations)]><x>&a9;</x>".utf8)
    let error = SheetReading().error(workbook)
    #expect(error?.code == .tooExpansive)
    #expect(error?.hint != nil)
  }

  @Test("a tag without an end does not fill the memory")
  func endlessTag() throws {
    let tag = "<row " + String(repeating: "a", count: 9 << 20)
    let sheet = "<worksheet><sheetData>\(tag)"
    #expect(SheetReading().error(TestWorkbook(sheet))?.code == .tooExpansive)
  }

  @Test("elements that are nested without end are refused")
  func nested() throws {
    let count = 100_000
    let sheet =
      "<worksheet>" + String(repeating: "<a>", count: count)
      + String(repeating: "</a>", count: count) + "</worksheet>"
    #expect(SheetReading().error(TestWorkbook(sheet))?.code == .corruptFile)
  }

  @Test("ever new names of attributes are refused")
  func attributes() throws {
    let rows = (1...2000).map { "<row r=\"\($0)\" a\($0)=\"1\"/>" }.joined()
    #expect(SheetReading().error(TestWorkbook(rows))?.code == .tooExpansive)
  }

  @Test("an archive that says it has more files than it can have is refused")
  func entries() throws {
    var bytes = TestWorkbook("").bytes
    // The count of the larger kind of directory, whose record is put in front of its announcement.
    let end = Array(bytes.suffix(22))
    bytes.removeLast(22)
    let record = UInt64(bytes.count)
    var large = [UInt8]([0x50, 0x4B, 6, 6]) + [UInt8](repeating: 0, count: 52)
    for index in 24..<40 { large[index] = 0x7F }
    bytes += large + [0x50, 0x4B, 6, 7, 0, 0, 0, 0]
    bytes += withUnsafeBytes(of: record.littleEndian) { Array($0) } + [1, 0, 0, 0] + end
    let error = SheetReading().error(bytes)
    #expect(error?.code == .corruptFile)
    #expect(error?.message.contains("files") == true)
  }
}
