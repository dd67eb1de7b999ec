import ImportModel
import Reading
import Testing

@Suite("Dialects")
struct DialectTests {
  /// A file in a dialect, and what is in it.
  struct Golden: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let dialect: CSVDialect
    let text: String
    let names: [String]
    let rows: [[String?]]
    let lines: [Int64]

    init(
      _ name: String, _ dialect: CSVDialect, _ text: String, _ names: [String],
      _ rows: [[String?]], lines: [Int64]
    ) {
      testDescription = name
      self.dialect = dialect
      self.text = text
      self.names = names
      self.rows = rows
      self.lines = lines
    }
  }

  private static let slash = NamedDialect.backslash

  private static let goldens = [
    Golden(
      "a delimiter of several bytes, and single ones of them as data",
      CSVDialect(delimiter: Array("||".utf8)), "a||b\n1|2||\"3||4\"\n|||x\n\"5\"\"\"||||\n||6|",
      ["a", "b"], [["1|2", "3||4"], [nil, "|x"], [nil, "6|"]],
      lines: [2, 3, 5]),
    Golden(
      "a delimiter beyond ASCII", CSVDialect(delimiter: Array("§".utf8)),
      "a§\"b\"\n\u{A9}§\"§\"\n§", ["a", "b"], [["\u{A9}", "§"], [nil, nil]], lines: [2, 3]),
    Golden(
      "no quote: quotes are data", CSVDialect(quote: nil), "\"a,b\n1\",\"\"\n\",\n", ["\"a", "b"],
      [["1\"", "\"\""], ["\"", nil]], lines: [2, 3]),
    Golden(
      "an escape within quotes and without", CSVDialect(escape: .character(slash)),
      "a,b\n\"1\\\"2\",3\\,4\n\"\\\\\",\\\"5\\n\n\"6\"\"7\",\"8\\\n9\"\n10\\\r\n11,12\n\\\\,x\\",
      ["a", "b"],
      [
        ["1\"2", "3,4"], ["\\", "\"5n"], ["6\"7", "8\n9"], ["10\r\n11", "12"], ["\\", "x\\"],
      ], lines: [2, 3, 4, 6, 8]),
    Golden(
      "an escape that is the quote is doubling", CSVDialect(escape: .character(0x22)),
      "a,b\n\"1\"\"2\",\\", ["a", "b"], [["1\"2", "\\"]], lines: [2]),
    Golden(
      "COPY text", CSVDialect(delimiter: [9], quote: nil, escape: .backslash),
      "a\tb\\tc\n\\N\t1\\n2\n\\\\N\t\"\\\t\"\n\\\n\t\\N \n\n\t\\N\n", ["a", "b\tc"],
      [[nil, "1\n2"], ["\\N", "\"\t\""], ["\n", "N "], [nil, nil]], lines: [2, 3, 4, 7]),
    Golden(
      "backslash sequences within quotes, where no NULL is",
      CSVDialect(escape: .backslash), "a,b\n\"1\\t2\\x41\",\"\\N\"\n\"\",\"\"\n\\N,\n", ["a", "b"],
      [["1\t2A", "N"], ["", ""], [nil, nil]], lines: [2, 3, 4]),
    Golden(
      "comments at the start of a line", CSVDialect(comment: Array("#".utf8)),
      "# he said \"\r\n#\na,b\n#\n1,#2\n\"3\n# 4\",5\n #6,7\n#8,9", ["a", "b"],
      [["1", "#2"], ["3\n# 4", "5"], [" #6", "7"]], lines: [5, 6, 8]),
    Golden(
      "a comment of several bytes, and less than that",
      CSVDialect(quote: nil, comment: Array("//".utf8)), "a,b\n/,1\n//,2\n3,4\n//\n/", ["a", "b"],
      [["/", "1"], ["3", "4"]], lines: [2, 4]),
  ]

  @Test("a file gives its rows, wherever the bytes are cut", arguments: goldens)
  func golden(golden: Golden) throws {
    for sizes in [[Int.max], [1], [2, 3], [5]] {
      for maxBytes in [1, 9, 1 << 20] {
        let plan = ReadPlan(
          dialect: golden.dialect, limits: ReadingLimits(blockBytes: 7), blockSizes: sizes,
          maxBytes: maxBytes)
        let file = try plan.read(golden.text)
        let rows = file.rows.filter { $0.fault == nil }
        #expect(file.names == golden.names)
        #expect(rows.map(\.fields) == golden.rows)
        #expect(rows.map(\.line) == golden.lines)
      }
    }
  }

  @Test(
    "a backslash sequence has the value that Postgres gives it",
    arguments: [
      (#"\b\f\n\r\t\v"#, "\u{8}\u{C}\n\r\t\u{B}"), (#"\101\60\7x"#, "A0\u{7}x"),
      (#"\1012"#, "A2"), (#"\x41\x4g\xg\X41"#, "A\u{4}gxgX41"), (#"\x414"#, "A4"),
      (#"\303\251\xc3\xA9"#, "éé"), (#"\8\a\'\N"#, "8a'N"), (#"\\"#, #"\"#), (#"\\N"#, #"\N"#),
      (#"\501"#, "A"), (#"\\\N"#, #"\N"#),
    ])
  func sequences(text: String, value: String) throws {
    let dialect = CSVDialect(delimiter: [9], quote: nil, escape: .backslash)
    let rows = try ReadPlan(dialect: dialect).read("a\tb\n\(text)\t\(text)\n").rows
    #expect(rows.map(\.fields) == [[value, value]])
  }

  @Test("a byte beyond ASCII that a sequence stands for is seen")
  func plainASCII() throws {
    var plan = ReadPlan(dialect: CSVDialect(escape: .backslash), maxRows: 1)
    #expect(try plan.read("a,b\n1,\\101\n").isPlainASCII)
    #expect(try !plan.read("a,b\n1,\\351\n").isPlainASCII)
    #expect(try !plan.read("a,b\n1,\\0\n").isPlainASCII)
    plan.dialect = CSVDialect(escape: .character(NamedDialect.backslash))
    #expect(try !plan.read("a,b\n1,\\é\n").isPlainASCII)
  }

  @Test("a field with an escape in it counts as quoted, so that it is no word for NULL")
  func quoted() throws {
    let source = BytesSource(Array("a,b,c,d\nn/a,\\n/a,\\N,\"\"\n".utf8))
    let reader = CSVReader(source: source, dialect: CSVDialect(escape: .backslash))
    let batch = RecordBatch()
    #expect(try reader.read(into: batch))
    #expect(batch.fields.map(\.isQuoted) == [false, true, false, true])
    #expect(batch.fields.map(\.count) == [3, 3, 0, 0])
  }

  @Test("the header carries its row and its delimiter as they stand")
  func header() throws {
    let dialect = CSVDialect(
      delimiter: Array("||".utf8), escape: .character(NamedDialect.backslash), comment: [0x23],
      skipRows: 1)
    let text = "x\n\n# \"\n\"a\\\"\n\"|| b\\|| \n1||2"
    let reader = CSVReader(source: BytesSource(Array(text.utf8), blockSizes: [1]), dialect: dialect)
    let header = try reader.readHeader()
    #expect(header.names == ["a\"", "b||"])
    #expect(header.raw == Array("\"a\\\"\n\"|| b\\|| ".utf8))
    #expect(header.delimiter == Array("||".utf8))
    #expect(reader.position == FilePosition(byte: Int64(text.utf8.count - 4), row: 0, line: 5))
  }
}
