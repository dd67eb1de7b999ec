import ImportModel
import Reading
import Testing

@Suite("Rows of a sheet")
struct SheetRowTests {
  private func texts(_ row: Int, _ values: String?...) -> String {
    let cells = values.enumerated().map { index, value -> String in
      guard let value else { return "" }
      let column = ["A", "B", "C", "D", "E"][index]
      return "<c r=\"\(column)\(row)\" t=\"inlineStr\"><is><t>\(value)</t></is></c>"
    }
    return "<row r=\"\(row)\">\(cells.joined())</row>"
  }

  @Test("the first row with a value is the header, and rows without one are lines only")
  func header() throws {
    let sheet =
      "<row r=\"1\"/><row r=\"2\"><c r=\"A2\" s=\"1\"/></row>" + texts(3, " a ", "b", "", "")
      + "<row r=\"4\"/>" + texts(7, "1", "2") + texts(9, nil, "4") + "<row r=\"12\"/>"
    let file = try SheetReading().read(TestWorkbook(sheet))
    #expect(file.names == ["a", "b"])
    #expect(
      file.rows == [
        .init(number: 1, line: 7, fields: ["'1", "'2"], raw: "1,2"),
        .init(number: 2, line: 9, fields: [nil, "'4"], raw: ",4"),
      ])
    #expect(file.ends.last?.line == 12)
    #expect(file.ends.last?.row == 2)
  }

  @Test("the header carries its row as CSV, and the position is behind it")
  func headerRaw() throws {
    let sheet = texts(2, "a", "b,c") + texts(3, "1")
    let book = try XLSXWorkbook(
      file: MemoryFile(TestWorkbook(sheet).bytes), scratch: "/tmp")
    let reader = try book.reader()
    let header = try reader.readHeader()
    #expect(header.raw == Array("a,\"b,c\"".utf8))
    let xml = Array(TestWorkbook(sheet).sheetXML.utf8)
    let mark = Array("</row>".utf8)
    let end = try #require(xml.indices.first { xml[$0...].starts(with: mark) }) + mark.count
    #expect(reader.position == FilePosition(byte: Int64(end), row: 0, line: 2))
  }

  @Test("rows above the header can be skipped, empty ones counted")
  func skipRows() throws {
    let sheet = texts(2, "title") + texts(4, "a", "b") + texts(5, "1", "2")
    for skip in 2...3 {
      let file = try SheetReading(skipRows: skip).read(TestWorkbook(sheet))
      #expect(file.names == ["a", "b"])
      #expect(file.fields == [["'1", "'2"]])
    }
    #expect(try SheetReading(skipRows: 1).read(TestWorkbook(sheet)).names == ["title"])
  }

  @Test("without a header the first row says how many columns there are")
  func noHeader() throws {
    let sheet = texts(1, "a", nil, "c") + texts(2, "d") + texts(3, "e", "f", "g", "h")
    let file = try SheetReading(hasHeader: false).read(TestWorkbook(sheet))
    #expect(file.names == ["column_1", "column_2", "column_3"])
    #expect(file.fields.prefix(2) == [["'a", nil, "'c"], ["'d", nil, nil]])
    #expect(file.rows.map(\.fault) == [nil, nil, .fieldCount(found: 4)])
    #expect(file.rows.map(\.raw) == ["a,,c", "d,,", "e,f,g,h"])
  }

  @Test("a header given from outside makes the first row a row")
  func givenHeader() throws {
    let file = try SheetReading(header: ["x", "y"]).read(TestWorkbook(texts(1, "a", "b")))
    #expect(file.names == ["x", "y"])
    #expect(file.fields == [["'a", "'b"]])
    #expect(try SheetReading(header: ["x"]).read(TestWorkbook("")).rows == [])
  }

  @Test("a value beyond the header makes a row faulty, a formatted cell does not")
  func beyond() throws {
    let sheet =
      texts(1, "a", "b") + "<row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"D2\" s=\"1\"/></row>"
      + "<row r=\"3\"><c r=\"A3\"><v>1</v></c><c r=\"D3\"><v>2</v></c></row>"
    let rows = try SheetReading().read(TestWorkbook(sheet)).rows
    #expect(rows.map(\.fault) == [nil, .fieldCount(found: 4)])
    #expect(rows.map(\.raw) == ["1,", "1,,,2"])
  }

  @Test("a row's text is CSV, quoted only where it must be")
  func raw() throws {
    let sheet =
      texts(1, "a", "b", "c", "d", "e")
      + texts(2, "x,y", "say \"hi\"", "two\nlines", "", " plain ")
    let row = try SheetReading().read(TestWorkbook(sheet)).rows[0]
    #expect(row.raw == "\"x,y\",\"say \"\"hi\"\"\",\"two\nlines\",\"\", plain ")
    #expect(row.fields == ["'x,y", "'say \"hi\"", "'two\nlines", "'", "' plain "])
  }

  @Test("cells and rows without a reference stand behind the last one")
  func uncounted() throws {
    let sheet =
      "<row><c><v>1</v></c><c><v>2</v></c></row><row><c r=\"B2\"><v>3</v></c><c><v>4</v></c></row>"
      + "<row r=\"5\"><c><v>5</v></c></row><row><c r=\"A9\"><v>6</v></c></row><row><c><v>7</v></c></row>"
    let rows = try SheetReading(header: ["a", "b", "c"]).read(TestWorkbook(sheet)).rows
    #expect(
      rows.map(\.fields) == [
        ["1", "2", nil], [nil, "3", "4"], ["5", nil, nil], ["6", nil, nil], ["7", nil, nil],
      ])
    #expect(rows.map(\.line) == [1, 2, 5, 9, 10])
  }

  @Test(
    "rows and cells that are not in order, or beyond a sheet, make the file a damaged one",
    arguments: [
      "<row r=\"2\"/><row r=\"1\"/>", "<row r=\"2\"/><row r=\"2\"/>", "<row r=\"0\"/>",
      "<row r=\"-1\"/>", "<row r=\"x\"/>", "<row r=\"1048577\"/>", "<row r=\"1048576\"/><row/>",
      "<row r=\"99999999999999999999999\"/>",
      "<row r=\"1\"><c r=\"B1\"/><c r=\"A1\"/></row>",
      "<row r=\"1\"><c r=\"A1\"/><c r=\"A1\"/></row>",
      "<row r=\"1\"><c r=\"A2\"/></row>", "<row r=\"1\"><c r=\"XFE1\"/></row>",
      "<row r=\"1\"><c r=\"AAAAAAAAAAAAAAAAAAAA1\"/></row>", "<row r=\"1\"><c r=\"1\"/></row>",
      "<row r=\"1\"><c r=\"A\"/></row>", "<row r=\"1\"><c r=\"\"/></row>",
      "<row r=\"1\"><c r=\"XFD1\"/><c/></row>", "<row r=\"1\"><c t=\"s\"><v>0</v></c></row>",
      "<row r=\"1\"><c t=\"s\"><v>-1</v></c></row>", "<row r=\"1\"><c><v>1</c></row>",
    ])
  func disorder(sheet: String) throws {
    let error = SheetReading(header: ["a"]).error(TestWorkbook(sheet))
    #expect(error?.code == .corruptFile)
  }

  @Test("the last cell of a sheet is read")
  func lastCell() throws {
    let sheet = "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>"
    let file = try SheetReading(hasHeader: false).read(TestWorkbook(sheet))
    #expect(file.names.count == 16_384)
    #expect(file.fields[0].last == "1")
    #expect(file.rows[0].line == 1_048_576)
  }

  @Test("a row that is too long is faulty, and its text is cut off", arguments: [1, 2, 3])
  func tooLong(column: Int) throws {
    let long = String(repeating: "x", count: 300)
    let values: [String?] = (1...3).map { $0 == column ? long : "s" }
    let sheet = texts(1, values[0], values[1], values[2]) + texts(2, "1", "2", "3")
    let limits = ReadingLimits(maxRowBytes: 100, maxRawBytes: 20)
    let rows = try SheetReading(header: ["a", "b", "c"], limits: limits).read(TestWorkbook(sheet))
      .rows
    #expect(rows.map(\.fault) == [.tooLong(limit: 100), nil])
    #expect(rows[0].raw.utf8.count == 20)
    #expect(rows[1].raw == "1,2,3")
  }

  @Test("a header with too many columns, too long, or missing is refused")
  func badHeader() throws {
    let sheet = TestWorkbook(texts(1, "a", "b", "c"))
    let narrow = ReadingLimits(maxColumns: 2)
    #expect(SheetReading(limits: narrow).error(sheet)?.code == .tooManyColumns)
    #expect(SheetReading(hasHeader: false, limits: narrow).error(sheet)?.code == .tooManyColumns)
    let tight = ReadingLimits(maxRowBytes: 4)
    #expect(SheetReading(limits: tight).error(sheet)?.code == .headerTooLong)
    #expect(SheetReading().error(TestWorkbook(""))?.code == .emptyFile)
    #expect(SheetReading(skipRows: 1).error(sheet)?.code == .emptyFile)
  }
}
