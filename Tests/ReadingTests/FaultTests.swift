import ImportModel
import Reading
import Testing

@Suite("Rows without an end")
struct FaultTests {
  private let tight = ReadingLimits(maxRowBytes: 100, maxRawBytes: 20, blockBytes: 32)

  @Test("a quote left open on the last line makes that line faulty")
  func openQuoteAtEnd() throws {
    let file = try ReadPlan().read("a,b\n1,2\n3,\"4")
    #expect(file.rows.map(\.fault) == [nil, .unterminatedQuote])
    #expect(
      file.rows.last == Row(number: 2, line: 3, fields: [], raw: "3,\"4", fault: .unterminatedQuote)
    )
  }

  @Test("a quote left open earlier costs its line and no other")
  func openQuote() throws {
    let file = try ReadPlan().read("a,b\n1,2\n3,\"4\r\n5,6\n\n7,\"8\"\n\"9\"\"\",0")
    #expect(
      file.rows == [
        Row(number: 1, line: 2, fields: ["1", "2"], raw: "1,2"),
        Row(number: 2, line: 3, fields: [], raw: "3,\"4", fault: .unterminatedQuote),
        Row(number: 3, line: 4, fields: ["5", "6"], raw: "5,6"),
        Row(number: 4, line: 6, fields: ["7", "8"], raw: "7,\"8\""),
        Row(number: 5, line: 7, fields: ["9\"", "0"], raw: "\"9\"\"\",0"),
      ])
  }

  @Test(
    "a row is too long from the first byte beyond the limit on, wherever the bytes are cut",
    arguments: ["\n", "\r\n", "\r", ""], [1, 101, 102, 103, 1 << 20])
  func tooLong(end: String, maxBytes: Int) throws {
    for count in Array(97...110) + Array(4190...4202) {
      let plan = ReadPlan(limits: tight, maxBytes: maxBytes)
      let line = "1,\(String(repeating: "x", count: count))"
      let rows = try plan.read("a,b\n\(line)\(end)\(end.isEmpty ? "" : "3,4")").rows
      let isTooLong = count + 2 > 100
      #expect(rows.first?.fault == (isTooLong ? .tooLong(limit: 100) : nil))
      #expect(rows.first?.raw == (isTooLong ? String(line.prefix(20)) : line))
      let next = Row(number: 2, line: 3, fields: ["3", "4"], raw: "3,4")
      #expect(rows.dropFirst() == (end.isEmpty ? [] : [next]))
    }
  }

  @Test("a quoted row that is too long is given up, and its further lines are rows")
  func tooLongInQuotes() throws {
    let text = "a,b\n1,\"2\n" + (1...60).map { "x\($0),y\n" }.joined() + "3,\"4\n"
    for maxBytes in [8, 200, 1 << 20] {
      let rows = try ReadPlan(limits: tight, blockSizes: [7], maxBytes: maxBytes).read(text).rows
      #expect(rows.count == 62)
      #expect(rows[0].fault == .tooLong(limit: 100))
      #expect(rows[0].raw == "1,\"2")
      #expect(rows[1...60].map(\.fields) == (1...60).map { ["x\($0)", "y"] })
      #expect(rows[1...60].map(\.line) == (3...62).map { Int64($0) })
      #expect(rows[61].fault == .unterminatedQuote)
    }
  }

  @Test(
    "a line much longer than the limit is passed over in little memory",
    arguments: ["\n", "\r\n", "\r"])
  func endlessLine(end: String) throws {
    let line = String(repeating: "z", count: 3_000_000)
    for sizes in [[Int.max], [4095], [4096, 1, 1]] {
      let limits = ReadingLimits(maxRowBytes: 10_000, blockBytes: 4096)
      let plan = ReadPlan(limits: limits, blockSizes: sizes, maxBytes: 50_000)
      let file = try plan.read("a,b\n1,2\n\(line)\(end)3,4\n\(line)")
      #expect(file.rows.map(\.fields) == [["1", "2"], [], ["3", "4"], []])
      #expect(file.rows.map(\.line) == [2, 3, 4, 5])
      #expect(file.rows[1].raw == String(repeating: "z", count: 10_000))
      #expect(file.storageBytes < 200_000)
      #expect(file.ends.last?.byte == Int64(8 + 3_000_000 + end.utf8.count + 4 + 3_000_000))
    }
  }

  @Test("a file full of stray quotes is read to its end, in little memory")
  func strayQuotes() throws {
    // Every 50th line leaves a quote open, and the next such line would close it: just beyond the limit.
    let limits = ReadingLimits(maxRowBytes: 150, blockBytes: 1024)
    var text = "a,b\n"
    for row in 1...20_000 { text += row % 50 == 0 ? "\(row),\"y\n" : "\(row),y\n" }
    let file = try ReadPlan(limits: limits, maxBytes: 4096).read(text)
    #expect(file.rows.count == 20_000)
    for row in file.rows {
      if row.number % 50 != 0 {
        #expect(row.fields == ["\(row.number)", "y"])
      } else {
        #expect(row.fault == (row.number == 20_000 ? .unterminatedQuote : .tooLong(limit: 150)))
      }
      #expect(row.line == row.number + 1)
    }
    #expect(file.storageBytes < 32_768)
  }

  @Test("short rows under a wide header do not fill the memory with empty fields")
  func wideHeader() throws {
    let header = (1...4000).map { "c\($0)" }.joined(separator: ",")
    let text = header + "\n" + String(repeating: "x\n", count: 1000)
    let reader = CSVReader(source: BytesSource(Array(text.utf8)))
    let batch = RecordBatch()
    var rows = 0
    while try reader.read(into: batch) {
      rows += batch.rows.count
      #expect(batch.fields.count == batch.rows.count * 4000)
      #expect(batch.fields.count <= 1 << 19)
    }
    #expect(rows == 1000)
  }
}
