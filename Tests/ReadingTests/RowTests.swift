import ImportModel
import Reading
import Testing

@Suite("Rows and lines")
struct RowTests {
  @Test("LF, CRLF and CR end a row alike", arguments: ["\n", "\r\n", "\r"])
  func lineEnds(end: String) throws {
    let lines = ["a,b", "1,2", "\"3\(end)3\",\"4\"", ",", "5,6"]
    for ending in [end, ""] {
      let file = try ReadPlan().read(lines.joined(separator: end) + ending)
      #expect(file.names == ["a", "b"])
      #expect(
        file.rows.map(\.fields) == [["1", "2"], ["3\(end)3", "4"], [nil, nil], ["5", "6"]])
      #expect(file.rows.map(\.line) == [2, 3, 5, 6])
      #expect(file.rows.map(\.number) == [1, 2, 3, 4])
      #expect(file.rows.map(\.raw) == Array(lines.dropFirst()))
    }
  }

  @Test("line ends may be mixed")
  func mixedLineEnds() throws {
    let file = try ReadPlan().read("a,b\r1,2\n3,4\r\n5,6\r\r7,8")
    #expect(file.rows.map(\.fields) == [["1", "2"], ["3", "4"], ["5", "6"], ["7", "8"]])
    #expect(file.rows.map(\.line) == [2, 3, 4, 6])
  }

  @Test("an empty line is no row")
  func emptyLines() throws {
    let file = try ReadPlan().read("\n\r\na,b\n\n\n1,2\n\n")
    #expect(file.names == ["a", "b"])
    #expect(file.rows == [Row(number: 1, line: 6, fields: ["1", "2"], raw: "1,2")])
  }

  @Test("under a single column an empty line is a row with NULL, as in Postgres")
  func emptyLinesOfOneColumn() throws {
    let file = try ReadPlan().read("a\n1\n\n2\r\n\r\n\"\"\n")
    #expect(file.rows.map(\.fields) == [["1"], [nil], ["2"], [nil], [""]])
    #expect(file.rows.map(\.line) == [2, 3, 4, 5, 6])
  }

  @Test(
    "nothing behind the last line end is no row", arguments: ["a\n", "a", "a,b\r\n", "a,b\n\n\n"])
  func headerOnly(text: String) throws {
    #expect(try ReadPlan().read(text).rows == [])
  }

  @Test("a row with another number of fields is faulty, and the others are not")
  func ragged() throws {
    let file = try ReadPlan().read("a,b\n1\n2,3\n4,5,6\n7,\"8\"\"\",\"9\n\"\n10,11\nx")
    #expect(
      file.rows == [
        Row(number: 1, line: 2, fields: [], raw: "1", fault: .fieldCount(found: 1)),
        Row(number: 2, line: 3, fields: ["2", "3"], raw: "2,3"),
        Row(number: 3, line: 4, fields: [], raw: "4,5,6", fault: .fieldCount(found: 3)),
        Row(
          number: 4, line: 5, fields: [], raw: "7,\"8\"\"\",\"9\n\"", fault: .fieldCount(found: 3)),
        Row(number: 5, line: 7, fields: ["10", "11"], raw: "10,11"),
        Row(number: 6, line: 8, fields: [], raw: "x", fault: .fieldCount(found: 1)),
      ])
  }

  @Test("a faulty row still has its fields in the matrix, all empty")
  func matrix() throws {
    let reader = CSVReader(source: BytesSource(Array("a,b,c\n1,2\n1,2,3,4\n5,6,7\n".utf8)))
    let batch = RecordBatch()
    #expect(try reader.read(into: batch))
    #expect(batch.fieldsPerRow == 3)
    #expect(batch.fields.map(\.count) == [0, 0, 0, 0, 0, 0, 1, 1, 1])
  }

  @Test(
    "zero bytes and bytes above 0x7F are seen, and only in the rows of the batch",
    arguments: [
      ("a,b\n1,2\n", true), ("a,b\n1,é\n", false), ("a,b\n1,\0\n", false), ("ä,b\n1,2\n", true),
      ("a,b\n1,\"\u{7F}\"\n", true),
    ])
  func plainASCII(text: String, isPlain: Bool) throws {
    #expect(try ReadPlan().read(text).isPlainASCII == isPlain)
    let long = text + String(repeating: "1,2\n", count: 40)
    #expect(try ReadPlan().read(long).isPlainASCII == isPlain)
  }

  @Test("text that is not plain marks its own batch only")
  func plainASCIIPerBatch() throws {
    let reader = CSVReader(source: BytesSource(Array("a,b\n1,2\n3,é\n5,6\n".utf8)))
    let batch = RecordBatch()
    var flags: [Bool] = []
    while try reader.read(into: batch, maxRows: 1) { flags.append(batch.isPlainASCII) }
    #expect(flags == [true, false, true])
  }

  @Test("a batch keeps to its limits, and a longer row has one of its own")
  func batchLimits() throws {
    let long = String(repeating: "x", count: 300)
    let text = "a,b\n" + String(repeating: "1,2\n", count: 10) + "\(long),y\n3,4\n"
    let reader = CSVReader(source: BytesSource(Array(text.utf8)))
    let batch = RecordBatch()
    var counts: [Int] = []
    while try reader.read(into: batch, maxBytes: 17, maxRows: 3) { counts.append(batch.rows.count) }
    #expect(counts == [3, 3, 3, 1, 1, 1])
  }

  @Test("what the source throws comes through")
  func brokenSource() {
    #expect(throws: BrokenSource.Failure()) {
      let reader = CSVReader(source: BrokenSource())
      _ = try reader.readHeader()
    }
  }
}
