import FoundationEssentials
import ImportModel
import Reading
import Testing

@Suite("Workbooks of many makers")
struct WorkbookTests {
  private static let row = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>"

  private func sheets(_ states: [String]) -> TestWorkbook {
    var workbook = TestWorkbook(WorkbookTests.row)
    let list = states.enumerated().map { index, state in
      "<sheet name=\"S\(index + 1)\" sheetId=\"\(index + 7)\" state=\"\(state)\" r:id=\"q\(index)\"/>"
    }
    workbook.replaced["xl/workbook.xml"] = Array(
      ("<workbook xmlns=\"\(TestWorkbook.main)\" xmlns:r=\"\(TestWorkbook.relations)\"><sheets>"
        + list.joined() + "</sheets></workbook>").utf8)
    let relations = states.indices.map { index in
      let kind = states[index] == "chart" ? "chartsheet" : "worksheet"
      return "<Relationship Id=\"q\(index)\" Type=\"\(TestWorkbook.relations)/\(kind)\" "
        + "Target=\"/xl/worksheets/sheet\(index + 1).xml\"/>"
    }
    workbook.replaced["xl/_rels/workbook.xml.rels"] = Array(
      "<Relationships xmlns=\"\(TestWorkbook.package)\">\(relations.joined())</Relationships>".utf8)
    for index in states.indices {
      let cells = "<row r=\"1\"><c r=\"A1\"><v>\(index + 1)</v></c></row>"
      workbook.replaced["xl/worksheets/sheet\(index + 1).xml"] = Array(
        "<worksheet><sheetData>\(cells)</sheetData></worksheet>".utf8)
    }
    return workbook
  }

  @Test("the first sheet that is not hidden is read, unless another one is told")
  func choice() throws {
    let workbook = sheets(["chart", "hidden", "veryHidden", "visible", "visible"])
    func value(_ choice: SheetChoice) throws -> String? {
      try SheetReading(sheet: choice, hasHeader: false).read(workbook).fields[0][0]
    }
    #expect(try value(.first) == "4")
    #expect(try value(.named("S2")) == "2")
    #expect(try value(.named("s5")) == "5")
    #expect(try value(.index(1)) == "2")
    #expect(try value(.index(4)) == "5")
    let book = try XLSXWorkbook(file: MemoryFile(workbook.bytes), scratch: "/tmp")
    #expect(book.sheets.map(\.name) == ["S2", "S3", "S4", "S5"])
    #expect(book.sheets.map(\.index) == [1, 2, 3, 4])
    #expect(book.sheets.map(\.isHidden) == [true, true, false, false])
  }

  @Test("where all sheets are hidden, the first one is read")
  func allHidden() throws {
    let file = try SheetReading(hasHeader: false).read(sheets(["hidden", "veryHidden"]))
    #expect(file.fields == [["1"]])
  }

  @Test(
    "a sheet that is not there is told with those that are",
    arguments: [SheetChoice.named("Nope"), .index(0), .index(3), .index(-1)])
  func unknown(choice: SheetChoice) throws {
    let error = SheetReading(sheet: choice).error(sheets(["visible", "hidden"]))
    #expect(error?.code == .unknownSheet)
    #expect(error?.hint == "Its sheets: 1 \"S1\", 2 \"S2\".")
  }

  @Test("a workbook with charts only has nothing to read")
  func chartsOnly() throws {
    #expect(SheetReading().error(sheets(["chart"]))?.code == .emptyFile)
  }

  @Test("prefixes, the strict names and a byte order mark make no difference")
  func prefixes() throws {
    let strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    let sheet =
      "<?xml version=\"1.0\"?><q:worksheet xmlns:q=\"\(strict)\"><q:sheetData><q:row q:r=\"1\">"
      + "<q:c r=\"A1\" t=\"inlineStr\"><q:is><q:t>x</q:t></q:is></q:c></q:row></q:sheetData></q:worksheet>"
    var workbook = TestWorkbook(sheet)
    #expect(try SheetReading(hasHeader: false).read(workbook).fields == [["'x"]])
    workbook.replaced["xl/worksheets/sheet1.xml"] = [0xEF, 0xBB, 0xBF] + Array(sheet.utf8)
    #expect(try SheetReading(hasHeader: false).read(workbook).fields == [["'x"]])
  }

  @Test("a document in UTF-16 is read", arguments: [true, false])
  func utf16(isLittle: Bool) throws {
    let sheet =
      "<?xml version=\"1.0\" encoding=\"UTF-16\"?><worksheet><sheetData><row r=\"1\">"
      + "<c r=\"A1\" t=\"inlineStr\"><is><t>Käse 😀</t></is></c></row></sheetData></worksheet>"
    let bytes = ("\u{FEFF}" + sheet).utf16.flatMap { unit -> [UInt8] in
      let halves = [UInt8(unit & 0xFF), UInt8(unit >> 8)]
      return isLittle ? halves : halves.reversed()
    }
    var workbook = TestWorkbook("")
    workbook.replaced["xl/worksheets/sheet1.xml"] = bytes
    #expect(try SheetReading(hasHeader: false).read(workbook).fields == [["'Käse 😀"]])
  }

  @Test("parts are found whatever the case and the slashes of their names")
  func partNames() throws {
    var archive = TestArchive()
    for (name, content) in TestWorkbook(WorkbookTests.row).parts {
      archive.add("/" + name.uppercased().replacing("/", with: "\\"), content)
    }
    #expect(try SheetReading(hasHeader: false).read(archive.bytes).fields == [["1"]])
  }

  @Test("the workbook part is found by relationship, by type of content, or by name")
  func mainPart() throws {
    let types =
      "<Types><Override PartName=\"/odd/book.xml\" ContentType=\"application/vnd.openxmlformats-"
      + "officedocument.spreadsheetml.sheet.main+xml\"/></Types>"
    let root =
      "<Relationships><Relationship Id=\"a\" Type=\"\(TestWorkbook.relations)/officeDocument\" "
      + "Target=\"./odd/../odd/book.xml\"/></Relationships>"
    for (extra, content) in [("[Content_Types].xml", types), ("_rels/.rels", root)] {
      var archive = TestArchive()
      for (name, content) in TestWorkbook(WorkbookTests.row).parts where name != "_rels/.rels" {
        archive.add(
          name.replacing("xl/", with: "odd/").replacing("workbook", with: "book"), content)
      }
      archive.add(extra, Array(content.utf8))
      #expect(try SheetReading(hasHeader: false).read(archive.bytes).fields == [["1"]])
    }
    var archive = TestArchive()
    for (name, content) in TestWorkbook(WorkbookTests.row).parts where name != "_rels/.rels" {
      archive.add(name, content)
    }
    #expect(try SheetReading(hasHeader: false).read(archive.bytes).fields == [["1"]])
  }

  @Test("elements of other kinds are passed over, wherever they stand")
  func extensions() throws {
    let sheet =
      "<worksheet><extLst><ext><sheetData><row r=\"9\"/></sheetData></ext></extLst><sheetData>"
      + "<row r=\"1\"><extLst><c r=\"A1\"><v>8</v></c></extLst><c r=\"A1\"><f><v>7</v></f><v>1</v>"
      + "<extLst><ext><v>9</v></ext></extLst></c></row></sheetData>"
      + "<mergeCells><mergeCell ref=\"A1:B1\"/></mergeCells></worksheet>"
    #expect(try SheetReading(hasHeader: false).read(TestWorkbook(sheet)).fields == [["1"]])
  }

  @Test("old workbooks, locked ones and other archives are told apart")
  func otherFiles() throws {
    let signature: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]
    let old = signature + [UInt8](repeating: 0, count: 5000)
    #expect(SheetReading().error(old)?.code == .unsupportedFormat)
    #expect(SheetReading().error(old)?.hint != nil)
    var locked = old
    locked[30] = 9
    let name = "EncryptedPackage".utf8.map { [$0, 0] }.joined()
    locked.replaceSubrange(1000..<(1000 + name.count), with: name)
    #expect(SheetReading().error(locked)?.code == .encryptedFile)
    #expect(SheetReading().error(signature)?.code == .unsupportedFormat)

    var archive = TestArchive()
    archive.add("a.csv", Array("a\n1\n".utf8))
    #expect(SheetReading().error(archive.bytes)?.code == .unsupportedFormat)
    #expect(SheetReading().error(Array("a,b\n1,2\n".utf8))?.code == .corruptFile)
    #expect(SheetReading().error([])?.code == .corruptFile)
  }

  @Test("a sheet whose entry in the archive is locked is refused")
  func lockedEntry() throws {
    var archive = TestArchive()
    for (name, content) in TestWorkbook(WorkbookTests.row).parts {
      archive.add(name, content, flags: name.contains("sheet1") ? 1 : 0)
    }
    #expect(SheetReading().error(archive.bytes)?.code == .encryptedFile)
  }

  @Test("a workbook that is cut off or has a wrong byte gives rows or one error, never a crash")
  func damaged() throws {
    let bytes = TestWorkbook(WorkbookTests.row, strings: "<si><t>a</t></si>").bytes
    var random = SeededGenerator(seed: 7)
    for _ in 0..<300 {
      var copy = bytes
      switch Int.random(in: 0..<3, using: &random) {
      case 0: copy.removeLast(Int.random(in: 1...copy.count, using: &random))
      case 1:
        copy[Int.random(in: 0..<copy.count, using: &random)] ^= UInt8.random(
          in: 1...255, using: &random)
      default: copy.removeSubrange(..<Int.random(in: 1..<copy.count, using: &random))
      }
      do {
        _ = try SheetReading(hasHeader: false).read(copy)
      } catch {
        #expect(error is ReadingError)
      }
    }
  }

  @Test("a wrong check sum is noticed")
  func checksum() throws {
    var bytes = TestWorkbook(WorkbookTests.row).bytes
    let mark = Array("<v>1</v>".utf8)
    let place = try #require(
      bytes.indices.first { bytes[$0...].starts(with: mark) })
    bytes[place + 3] = UInt8(ascii: "2")
    #expect(SheetReading(hasHeader: false).error(bytes)?.code == .corruptFile)
  }
}
