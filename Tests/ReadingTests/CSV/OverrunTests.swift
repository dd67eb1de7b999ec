import ImportModel
import Reading
import Testing

@Suite("Rows and comments without an end, in other dialects")
struct OverrunTests {
  private static let escaped = CSVDialect(
    delimiter: Array("||".utf8), escape: .character(NamedDialect.backslash), comment: [0x23])

  @Test("a quote left open costs its line and no other", arguments: [1, 20, 1 << 20])
  func openQuote(maxBytes: Int) throws {
    let text = "a||b\n1||\"2\\\"\n3||4\n# 5\n6||7\\\n8\n\"9\\\"||\"||10"
    let rows = try ReadPlan(dialect: Self.escaped, maxBytes: maxBytes).read(text).rows
    #expect(
      rows == [
        Row(number: 1, line: 2, fields: [], raw: "1||\"2\\\"", fault: .unterminatedQuote),
        Row(number: 2, line: 3, fields: ["3", "4"], raw: "3||4"),
        Row(number: 3, line: 5, fields: ["6", "7\n8"], raw: "6||7\\\n8"),
        Row(number: 4, line: 7, fields: ["9\"||", "10"], raw: "\"9\\\"||\"||10"),
      ])
  }

  @Test("an escaped line end does not end the faulty line", arguments: ["\n", "\r\n", "\r"])
  func escapedLineEnd(end: String) throws {
    for sizes in [[Int.max], [1], [2], [3, 1]] {
      let plan = ReadPlan(
        dialect: Self.escaped, limits: ReadingLimits(blockBytes: 1), blockSizes: sizes)
      let rows = try plan.read("a||b\n1||\"2\\\(end)3\(end)4||5").rows
      #expect(rows.map(\.fault) == [.unterminatedQuote, nil])
      #expect(rows.map(\.raw) == ["1||\"2\\\(end)3", "4||5"])
      #expect(rows.map(\.line) == [2, 4])
    }
  }

  @Test(
    "a file of escaped line ends is one row that is too long, and is passed over in little memory",
    arguments: ["\n", "\r\n", "\r"])
  func endlessEscapes(end: String) throws {
    let lines = 15_000
    let text = "a||b\n" + String(repeating: "1||2\\\(end)", count: lines) + "3\(end)4||5"
    for sizes in [[Int.max], [4095], [4096, 1, 1]] {
      let plan = ReadPlan(
        dialect: Self.escaped, limits: ReadingLimits(maxRowBytes: 500, blockBytes: 64),
        blockSizes: sizes, maxBytes: 1000)
      let file = try plan.read(text)
      #expect(file.rows.map(\.fault) == [.tooLong(limit: 500), nil])
      #expect(file.rows.map(\.line) == [2, Int64(lines) + 3])
      #expect(file.rows.last?.fields == ["4", "5"])
      #expect(file.ends.last?.byte == Int64(text.utf8.count))
      #expect(file.storageBytes < 16_384)
    }
  }

  @Test(
    "a row is too long from the first byte beyond the limit on, wherever the bytes are cut",
    arguments: ["\n", "\r\n", "\r", ""], NamedDialect.general)
  func tooLong(end: String, named: NamedDialect) throws {
    var dialect = named.dialect
    (dialect.skipRows, dialect.hasHeader) = (0, true)
    let delimiter = String(decoding: dialect.delimiter, as: UTF8.self)
    for length in 98...104 {
      for maxBytes in [1, 101, 108, 1 << 20] {
        let limits = ReadingLimits(maxRowBytes: 100, maxRawBytes: 20, blockBytes: 32)
        let plan = ReadPlan(dialect: dialect, limits: limits, maxBytes: maxBytes)
        let start = "1" + delimiter
        let line = start + String(repeating: "x", count: length - start.utf8.count)
        let next = end.isEmpty ? "" : "3\(delimiter)4"
        let rows = try plan.read("a\(delimiter)b\n\(line)\(end)\(next)").rows
        #expect(rows.first?.fault == (length > 100 ? .tooLong(limit: 100) : nil))
        #expect(rows.first?.raw.utf8.count == (length > 100 ? 20 : length))
        #expect(rows.dropFirst().map(\.fields) == (end.isEmpty ? [] : [["3", "4"]]))
        #expect(rows.dropFirst().allSatisfy { $0.line == 3 && $0.number == 2 })
      }
    }
  }

  @Test("a comment may be as long as it likes, and takes little memory", arguments: ["\n", "\r\n"])
  func longComment(end: String) throws {
    let comment = "#" + String(repeating: "\"\\", count: 60_000) + end
    for sizes in [[Int.max], [4095], [4096, 1, 1]] {
      let plan = ReadPlan(
        dialect: Self.escaped, limits: ReadingLimits(maxRowBytes: 1000, blockBytes: 4096),
        blockSizes: sizes, maxBytes: 5000)
      let text = comment + "a||b\n" + comment + "1||2\n" + comment + comment + "3||4\n" + comment
      let file = try plan.read(text)
      #expect(file.names == ["a", "b"])
      #expect(file.rows.map(\.fields) == [["1", "2"], ["3", "4"]])
      #expect(file.rows.map(\.line) == [4, 7])
      #expect(file.storageBytes < 32_768)
    }
  }

  @Test("the rows behind a comment that was cut off go on from their own place")
  func resumeBehindComment() throws {
    let text = "a||b\n1||2\n#" + String(repeating: "x", count: 300) + "\n3||4\n5||6"
    var plan = ReadPlan(
      dialect: Self.escaped, limits: ReadingLimits(maxRowBytes: 20, blockBytes: 8), maxRows: 1)
    let whole = try plan.read(text)
    #expect(whole.rows.map(\.line) == [2, 4, 5])
    plan.header = whole.names
    for end in whole.ends {
      plan.from = end
      let rest = try plan.read(Array(Array(text.utf8)[Int(end.byte)...]))
      #expect(rest.rows == Array(whole.rows[Int(end.row)...]))
    }
  }
}
