import ImportModel
import Reading
import Testing

@Suite("Lines before the rows, and files without a header")
struct StartTests {
  @Test(
    "lines are passed over whatever is in them, and counted", arguments: ["\n", "\r\n", "\r"],
    [true, false])
  func skipRows(end: String, usesFastScanner: Bool) throws {
    let lines = ["Report \"of", "", "#\\", "a,b", "1,2", "", "3,4"]
    for skipRows in 0...3 {
      let text = lines[(3 - skipRows)...].joined(separator: end)
      let plan = ReadPlan(
        dialect: CSVDialect(skipRows: skipRows), limits: ReadingLimits(blockBytes: 1),
        blockSizes: [1, 3], usesFastScanner: usesFastScanner)
      let file = try plan.read("\u{FEFF}" + text)
      #expect(file.names == ["a", "b"])
      #expect(file.rows.map(\.fields) == [["1", "2"], ["3", "4"]])
      #expect(file.rows.map(\.line) == [Int64(skipRows) + 2, Int64(skipRows) + 4])
      #expect(file.ends.last?.byte == Int64(3 + text.utf8.count))
    }
  }

  @Test("a long line is passed over in little memory")
  func longLine() throws {
    let text = String(repeating: "\"", count: 1_000_000) + "\r\na,b\n1,2\n"
    let limits = ReadingLimits(maxRowBytes: 100, blockBytes: 1000)
    let file = try ReadPlan(dialect: CSVDialect(skipRows: 1), limits: limits).read(text)
    #expect(file.rows == [Row(number: 1, line: 3, fields: ["1", "2"], raw: "1,2")])
  }

  @Test("lines are passed over at the start of the file only, be the names given or not")
  func givenHeader() throws {
    var plan = ReadPlan(dialect: CSVDialect(skipRows: 2), maxRows: 1, header: ["a", "b"])
    let whole = try plan.read("x\ny\n1,2\n3,4\n")
    #expect(whole.rows.map(\.fields) == [["1", "2"], ["3", "4"]])
    #expect(whole.rows.map(\.line) == [3, 4])
    plan.from = whole.ends[0]
    #expect(try plan.read("3,4\n").rows == [whole.rows[1]])
  }

  @Test(
    "a file that ends before its rows is empty",
    arguments: [
      ("", 0, true), ("", 0, false), ("\n\n", 0, false), ("#\n#x", 0, true), ("#\n#x", 0, false),
      ("a,b\n1,2\n", 3, true), ("a,b\n1,2", 2, true), ("a,b\n1,2\n", 2, false), ("", 1, false),
      ("a\n", .max, true),
    ])
  func empty(text: String, skipRows: Int, hasHeader: Bool) throws {
    let dialect = CSVDialect(comment: [0x23], skipRows: skipRows, hasHeader: hasHeader)
    let error = #expect(throws: ReadingError.self) { try ReadPlan(dialect: dialect).read(text) }
    #expect(error?.code == .emptyFile)
  }

  @Test("lines that are to be skipped must be there, even where the names are given")
  func givenHeaderOfShortFile() throws {
    var plan = ReadPlan(dialect: CSVDialect(skipRows: 2), header: ["a", "b"])
    #expect(try plan.read("x\ny").rows == [])
    plan.dialect.skipRows = 3
    let error = #expect(throws: ReadingError.self) { try plan.read("x\ny\n") }
    #expect(error?.code == .emptyFile)
  }

  @Test("without a header the first row is read, under names made up for it")
  func noHeader() throws {
    let text = "\n1,\"2\n\",3\n\n4,5,6\n7,8"
    let reader = CSVReader(
      source: BytesSource(Array(text.utf8), blockSizes: [1]), dialect: CSVDialect(hasHeader: false))
    let header = try reader.readHeader()
    #expect(header.names == ["column_1", "column_2", "column_3"])
    #expect(header.raw.isEmpty)
    #expect(reader.position == FilePosition(byte: 1, row: 0, line: 1))
    #expect(try reader.readHeader() == header)

    let file = try ReadPlan(dialect: CSVDialect(hasHeader: false), maxBytes: 1).read(text)
    #expect(
      file.rows == [
        Row(number: 1, line: 2, fields: ["1", "2\n", "3"], raw: "1,\"2\n\",3"),
        Row(number: 2, line: 5, fields: ["4", "5", "6"], raw: "4,5,6"),
        Row(number: 3, line: 6, fields: [], raw: "7,8", fault: .fieldCount(found: 2)),
      ])
  }

  @Test("reading goes on from the first row's place as from any other")
  func noHeaderFromStart() throws {
    var plan = ReadPlan(dialect: CSVDialect(hasHeader: false), from: FilePosition(), header: ["x"])
    #expect(try plan.read("1\n2").rows.map(\.fields) == [["1"], ["2"]])
    plan.dialect.skipRows = 1
    #expect(try plan.read("1\n2").rows.map(\.line) == [2])
  }

  @Test("a first row from which the columns cannot be told stops the file")
  func badFirstRow() {
    func code(_ text: String, _ limits: ReadingLimits = ReadingLimits()) -> ReadingError.Code? {
      let plan = ReadPlan(dialect: CSVDialect(hasHeader: false), limits: limits)
      let error = #expect(throws: ReadingError.self) { try plan.read(text) }
      return error?.code
    }
    #expect(code("1,\"2\n3,4\n") == .headerUnterminatedQuote)
    #expect(code("1,2345678\n", ReadingLimits(maxRowBytes: 8, blockBytes: 4)) == .headerTooLong)
    #expect(code("1,2,3,4\n", ReadingLimits(maxColumns: 3)) == .tooManyColumns)
  }
}
