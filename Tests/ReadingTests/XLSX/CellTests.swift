import ImportModel
import Reading
import Testing

@Suite("Cells of a workbook")
struct CellTests {
  @Test(
    "what stands in a cell becomes a value",
    arguments: [
      ("<c r=\"A1\"><v>42</v></c>", "42"),
      ("<c r=\"A1\" t=\"n\"><v> 42 </v></c>", "42"),
      ("<c r=\"A1\" t=\"b\"><v>1</v></c>", "true"),
      ("<c r=\"A1\" t=\"b\"><v>0</v></c>", "false"),
      ("<c r=\"A1\" t=\"str\"><f>A2&amp;\"x\"</f><v>a,b</v></c>", "'a,b"),
      ("<c r=\"A1\"><f>1+1</f><v>2</v></c>", "2"),
      ("<c r=\"A1\" t=\"inlineStr\"><is><t xml:space=\"preserve\"> a </t></is></c>", "' a "),
      ("<c r=\"A1\" t=\"inlineStr\"><is><t> a </t></is></c>", "' a "),
      ("<c r=\"A1\" t=\"inlineStr\"><is><t/></is></c>", "'"),
      (
        "<c r=\"A1\" t=\"inlineStr\"><is><r><rPr><b/></rPr><t>ri</t></r><r><t>ch</t></r>"
          + "<rPh sb=\"0\" eb=\"1\"><t>no</t></rPh></is></c>", "'rich"
      ),
      ("<c r=\"A1\" t=\"inlineStr\"><is><t><![CDATA[<b> & c]]></t></is></c>", "'<b> & c"),
      ("<c r=\"A1\" t=\"inlineStr\"><v>text</v></c>", "'text"),
      ("<c r=\"A1\" t=\"s\"><v>1</v></c>", "'two"),
      ("<c r=\"A1\" s=\"\" t=\"s\"><v>0</v></c>", "'one"),
      ("<c r=\"A1\" t=\"s\"><v>2</v></c>", "'"),
      ("<c r=\"A1\" t=\"s\"><v>3</v></c>", "'run on"),
      ("<c r=\"A1\" t=\"d\"><v>2024-01-31T13:45:00</v></c>", "2024-01-31 13:45:00"),
      ("<c r=\"A1\" t=\"d\"><v>2024-01-31</v></c>", "2024-01-31"),
      ("<c r=\"A1\" t=\"d\"><v>13:45:00</v></c>", "13:45:00"),
      ("<c r=\"A1\" s=\"99\"><v>7</v></c>", "7"),
    ])
  func values(cell: String, expected: String) throws {
    let strings =
      "<si><t>one</t></si><si><t>two</t></si><si><t/></si><si><r><t>run</t></r>"
      + "<rPh sb=\"0\" eb=\"2\"><t>x</t></rPh><r><rPr><t/></rPr><t xml:space=\"preserve\"> on</t></r>"
      + "<phoneticPr fontId=\"1\"/></si>"
    let found = try SheetReading.fields(cell) { $0.strings = strings }
    #expect(found == [expected])
  }

  @Test(
    "a cell without a value is NULL",
    arguments: [
      "<c r=\"B1\"/>", "<c r=\"B1\" s=\"1\"></c>", "",
      "<c r=\"B1\" t=\"str\"><f>\"\"</f><v></v></c>", "<c r=\"B1\"><v></v></c>",
    ])
  func null(cell: String) throws {
    let cells = "<c r=\"A1\"><v>1</v></c>\(cell)<c r=\"C1\"><v>3</v></c>"
    #expect(try SheetReading.fields(cells) == ["1", nil, "3"])
  }

  @Test(
    "numbers keep their digits, and lose only those that a Double has not",
    arguments: [
      ("0", "0"), ("-0", "-0"), ("007", "007"), ("1.50", "1.50"), ("-12.25", "-12.25"),
      ("123456789012345", "123456789012345"), ("12345678901234567890", "12345678901234567890"),
      ("0.10000000000000001", "0.1"), ("1.1000000000000001", "1.1"),
      ("1.0000000000000001E-2", "0.01"), ("1E5", "100000"), ("1.5e3", "1500"),
      ("-2.5E-3", "-0.0025"), ("12.618328720000001", "12.618328720000001"),
      ("1E15", "1000000000000000"), ("1.2345678901234567E+16", "1.2345678901234568E+16"),
      ("1E+20", "1E+20"), ("1.5E-20", "1.5E-20"), ("1E-15", "0.000000000000001"),
      ("4.9406564584124654E-324", "5E-324"), ("+5", "5"), (".5", "0.5"), ("5.", "5"),
      ("0E0", "0"), ("-0.0E1", "-0"), ("1.7976931348623157E+308", "1.7976931348623157E+308"),
      ("9007199254740993.5", "9007199254740994"),
      ("0.00000000000000000000", "0.00000000000000000000"),
    ])
  func numbers(literal: String, expected: String) throws {
    #expect(try SheetReading.fields("<c r=\"A1\"><v>\(literal)</v></c>") == [expected])
  }

  @Test(
    "any Double comes back as it was written, whatever its size",
    arguments: 0..<8)
  func doubles(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let values = (0..<500).map { _ -> Double in
      while true {
        let value = Double(bitPattern: random.next())
        if value.isFinite { return value }
      }
    }
    let cells = values.map { "<c><v>\($0)</v></c>" }.joined()
    let found = try SheetReading.fields(cells)
    #expect(found.map { $0.flatMap { Double($0) }?.bitPattern } == values.map(\.bitPattern))
  }

  @Test(
    "an error in the place of a value makes the row faulty, and names the cell",
    arguments: [
      ("<c r=\"B1\" t=\"e\"><v>#DIV/0!</v></c>", "#DIV/0!"),
      ("<c r=\"B1\"><f>A1</f></c>", "#NOT_COMPUTED!"),
      ("<c r=\"B1\"><f>A1</f><v></v></c>", "#NOT_COMPUTED!"),
      ("<c r=\"B1\"><v>abc</v></c>", "abc"), ("<c r=\"B1\"><v>1E999</v></c>", "1E999"),
      ("<c r=\"B1\"><v>nan</v></c>", "nan"), ("<c r=\"B1\"><v>0x10</v></c>", "0x10"),
      ("<c r=\"B1\" t=\"b\"><v>2</v></c>", "2"), ("<c r=\"B1\" t=\"odd\"><v>2</v></c>", "2"),
      ("<c r=\"B1\" s=\"1\"><v>-1</v></c>", "-1"),
      ("<c r=\"B1\" s=\"1\"><v>2958466</v></c>", "2958466"),
    ])
  func bad(cell: String, text: String) throws {
    var workbook = TestWorkbook("<row r=\"1\"><c r=\"A1\"><v>1</v></c>\(cell)</row>")
    workbook.formats = ["yyyy-mm-dd"]
    let rows = try SheetReading(hasHeader: false).read(workbook).rows
    #expect(rows.map(\.fault) == [.badCells([BadCell(field: 1, text: text)])])
    #expect(rows.map(\.raw) == ["1,\(text)"])
  }

  @Test(
    "escapes in texts are undone",
    arguments: [
      ("a_x000D_b", "a\rb"), ("_x005F_x000D_", "_x000D_"), ("_x000d__x000A_", "\r\n"),
      ("_xD83D__xDE00_", "😀"), ("_xD83D_", "_xD83D_"), ("_xDE00_", "_xDE00_"), ("_x00E4_", "ä"),
      ("_x12_", "_x12_"), ("_x00G0_", "_x00G0_"), ("a_b_", "a_b_"), ("__x0041_", "_A"),
      ("_X0041_", "_X0041_"), ("_x0041", "_x0041"), ("_xD83D__x0041_", "_xD83D_A"),
      ("_x0041_x0042_", "Ax0042_"),
    ])
  func escapes(text: String, expected: String) throws {
    let inline = "<c r=\"A1\" t=\"inlineStr\"><is><t>\(text)</t></is></c>"
    let cells = inline + "<c r=\"B1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"str\"><v>\(text)</v></c>"
    let found = try SheetReading.fields(cells) { $0.strings = "<si><t>\(text)</t></si>" }
    #expect(found == ["'\(expected)", "'\(expected)", "'\(expected)"])
  }

  @Test("a batch knows whether its text is plain ASCII")
  func plainASCII() throws {
    func isPlain(_ text: String) throws -> [Bool] {
      let cell = "<row><c t=\"inlineStr\"><is><t>\(text)</t></is></c></row>"
      return try SheetReading(hasHeader: false).read(TestWorkbook(cell)).plainASCII
    }
    #expect(try isPlain("abcdefghijklmnop") == [true])
    #expect(try isPlain("abcdefghijklmnoä") == [false])
    #expect(try isPlain("äbcdefghijklmnop") == [false])
    #expect(try isPlain("abcdefgh_x0000_ij") == [false])
    #expect(try isPlain("_x0000_") == [false])
  }
}
