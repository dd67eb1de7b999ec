import ImportModel
import Reading
import Testing

@Suite("Dates and times in a workbook")
struct DateTests {
  private func text(_ serial: String, _ format: String, is1904: Bool = false) throws -> String? {
    let cell = "<c r=\"A1\" s=\"1\"><v>\(serial)</v></c>"
    return try SheetReading.fields(cell) {
      $0.formats = [format]
      if is1904 { $0.workbookProperties = "<workbookPr date1904=\"1\"/>" }
    }[0]
  }

  @Test(
    "serial numbers are days from 1900 on, to the millisecond",
    arguments: [
      ("45322", "yyyy-mm-dd", "2024-01-31"), ("45322.5", "yyyy-mm-dd", "2024-01-31 12:00:00"),
      ("45322.5729166667", "yyyy-mm-dd hh:mm", "2024-01-31 13:45:00"),
      ("45322", "d.m.yyyy h:mm", "2024-01-31 00:00:00"), ("0.5729166667", "hh:mm", "13:45:00"),
      ("0", "hh:mm", "00:00:00"), ("0.75", "yyyy-mm-dd", "18:00:00"),
      ("1", "yyyy-mm-dd", "1900-01-01"), ("59", "yyyy-mm-dd", "1900-02-28"),
      ("60", "yyyy-mm-dd", "1900-02-28"), ("61", "yyyy-mm-dd", "1900-03-01"),
      ("36585", "yyyy-mm-dd", "2000-02-29"), ("2958465", "yyyy-mm-dd", "9999-12-31"),
      ("1.25", "hh:mm", "1900-01-01 06:00:00"), ("0.99999999999", "hh:mm", "1900-01-01 00:00:00"),
      ("44197.000011574073", "yyyy-mm-dd hh:mm:ss", "2021-01-01 00:00:01"),
      ("44197.0000001", "yyyy-mm-dd hh:mm:ss.000", "2021-01-01 00:00:00.009"),
      ("1.5637384259259258", "[h]:mm:ss", "37:31:47"),
      ("10.6320601851852", "[hh]:mm:ss", "255:10:10"),
      ("0.5", "[mm]:ss", "12:00:00"), ("-0.5", "[h]:mm", "-12:00:00"),
      ("4E4", "yyyy", "2009-07-06"),
    ])
  func since1900(serial: String, format: String, expected: String) throws {
    #expect(try text(serial, format) == expected)
  }

  @Test(
    "and from 1904 on where the workbook says so",
    arguments: [
      ("42735", "yyyy-mm-dd", "2021-01-01"), ("0", "yyyy-mm-dd", "1904-01-01"),
      ("59", "yyyy-mm-dd", "1904-02-29"), ("0.25", "hh:mm", "06:00:00"),
      ("1.5", "yyyy-mm-dd hh:mm", "1904-01-02 12:00:00"), ("1.5", "[h]:mm", "36:00:00"),
    ])
  func since1904(serial: String, format: String, expected: String) throws {
    #expect(try text(serial, format, is1904: true) == expected)
  }

  /// What 45322.5 becomes under a format tells which kind the format is.
  private static let kinds: [(format: String, expected: String)] = [
    ("General", "45322.5"), ("0.00", "45322.5"), ("#,##0.00_-", "45322.5"), ("0.00E+00", "45322.5"),
    ("0.0e-0", "45322.5"), ("@", "45322.5"), ("[Red]0.0", "45322.5"), ("0 \"days\"", "45322.5"),
    ("\"mdyhs\"0", "45322.5"), ("\\d0", "45322.5"), ("0_d", "45322.5"), ("0*y", "45322.5"),
    ("[$USD-409]#,##0", "45322.5"), ("[$-409]General", "45322.5"), ("Standard", "45322.5"),
    ("0;yyyy", "45322.5"), ("[>100]0.0", "45322.5"), ("", "45322.5"), ("\"open", "45322.5"),
    ("[open", "45322.5"), ("\\", "45322.5"), ("# ?/?", "45322.5"),
    ("yyyy-mm-dd", "2024-01-31 12:00:00"), ("[$-409]d/m/yy h:mm AM/PM;@", "2024-01-31 12:00:00"),
    ("mmm", "2024-01-31 12:00:00"), ("h:mm a/p", "2024-01-31 12:00:00"),
    ("[$-411]ggge\"年\"m\"月\"d\"日\";@", "2024-01-31 12:00:00"), ("[Red]dd", "2024-01-31 12:00:00"),
    ("yyyy\"-\"mm\"-\"dd", "2024-01-31 12:00:00"), ("YYYY\\-MM\\-DD", "2024-01-31 12:00:00"),
    ("[h]:mm", "1087740:00:00"), ("[HH]:mm:ss.00", "1087740:00:00"), ("[ss]", "1087740:00:00"),
    ("[$-409][h]", "1087740:00:00"),
  ]

  @Test("the code of a format tells dates from numbers", arguments: kinds)
  func kind(format: String, expected: String) throws {
    #expect(try text("45322.5", format) == expected)
  }

  @Test(
    "the code of a format tells dates from times",
    arguments: [
      ("m", "2024-01-31"), ("d", "2024-01-31"), ("mmmm yyyy", "2024-01-31"),
      ("mm:ss", "2024-01-31 00:00:00"), ("h:mm", "2024-01-31 00:00:00"),
      ("d h", "2024-01-31 00:00:00"), ("h AM/PM", "2024-01-31 00:00:00"),
    ])
  func midnight(format: String, expected: String) throws {
    #expect(try text("45322", format) == expected)
  }

  @Test("formats that are known by number only")
  func builtIn() throws {
    for id in 0...80 {
      let found = try SheetReading.fields("<c r=\"A1\" s=\"1\"><v>45322</v></c>") {
        $0.builtIns = [id]
      }
      switch id {
      case 14...17, 27...31, 34...36, 50...58: #expect(found == ["2024-01-31"], "\(id)")
      case 18...22, 32, 33, 45, 47: #expect(found == ["2024-01-31 00:00:00"], "\(id)")
      case 46: #expect(found == ["1087728:00:00"])
      default: #expect(found == ["45322"], "\(id)")
      }
    }
  }

  @Test("a workbook's own format goes before the one that the number means elsewhere")
  func redefined() throws {
    let styles =
      "<styleSheet xmlns=\"\(TestWorkbook.main)\"><numFmts><numFmt numFmtId=\"14\" formatCode=\"0.0\"/>"
      + "</numFmts><cellXfs><xf numFmtId=\"22\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
    let found = try SheetReading.fields("<c><v>1</v></c><c s=\"1\"><v>1</v></c>") {
      $0.replaced["xl/styles.xml"] = Array(styles.utf8)
    }
    #expect(found == ["1900-01-01 00:00:00", "1"])
  }

  @Test("an ISO date at midnight under a format of dates is a date")
  func isoMidnight() throws {
    let cell = "<c s=\"1\" t=\"d\"><v>2024-01-31T00:00:00.000</v></c>"
    #expect(try SheetReading.fields(cell) { $0.formats = ["d/m/yy"] } == ["2024-01-31"])
    #expect(try SheetReading.fields(cell) == ["2024-01-31 00:00:00.000"])
  }
}
