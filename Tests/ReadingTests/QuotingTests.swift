import ImportModel
import Reading
import Testing

@Suite("Quoting")
struct QuotingTests {
  /// What `\copy … (FORMAT csv, HEADER)` of Postgres 15 made of each field.
  private static let golden: [(field: String, value: String?)] = [
    ("", nil),
    ("a", "a"),
    (#""""#, ""),
    (#""a""#, "a"),
    (#""a,b""#, "a,b"),
    (#""a""b""#, #"a"b"#),
    (#""""""#, #"""#),
    (#""""""""#, #""""#),
    (#"ab"c,d"e"#, "abc,de"),
    (#""abc"def"#, "abcdef"),
    (#"abc"def""#, "abcdef"),
    (#""a"b"c""#, "abc"),
    (#"a""b"#, "ab"),
    (#"a"""b""""#, #"a"b""#),
    (#""a""""#, #"a""#),
    (#"" a ""#, " a "),
    (#" "a""#, " a"),
    (#""a" "#, "a "),
    ("\"a\nb\"", "a\nb"),
    ("\"a\r\nb\"", "a\r\nb"),
    ("\"a\rb\"", "a\rb"),
    ("a\"\n\"b", "a\nb"),
    (#""""a""""#, #""a""#),
    (#""a"",""b""#, #"a","b"#),
    (#"""a"""#, "a"),
  ]

  @Test("a field has the value that Postgres gives it, wherever it stands", arguments: golden)
  func postgres(field: String, value: String?) throws {
    for filler in ["", String(repeating: "x", count: 56), String(repeating: "y", count: 61)] {
      let rows = try ReadPlan().read("x,y,z\n\(field),\(filler),\(field)\n\(field),1,\(field)").rows
      let middle = filler.isEmpty ? nil : filler
      #expect(rows.map(\.fields) == [[value, middle, value], [value, "1", value]])
      #expect(rows.first?.raw == "\(field),\(filler),\(field)")
    }
  }

  @Test("an unquoted quote counts as quoting: such an empty field is no NULL")
  func emptyQuoted() throws {
    #expect(try ReadPlan().read("x,y\n,\"\"\n").rows.map(\.fields) == [[nil, ""]])
  }

  @Test("other delimiters and quotes take the place of comma and double quote")
  func otherDialect() throws {
    let plan = ReadPlan(dialect: CSVDialect(delimiter: 9, quote: UInt8(ascii: "'")))
    let file = try plan.read("a\t'b'\n'x\ty'\t'it''s \"so\"'\n1,2\t3")
    #expect(file.names == ["a", "b"])
    #expect(file.rows.map(\.fields) == [["x\ty", "it's \"so\""], ["1,2", "3"]])
  }

  @Test(
    "a dialect that contradicts itself is refused",
    arguments: [
      CSVDialect(delimiter: 34), CSVDialect(delimiter: 10), CSVDialect(delimiter: 44, quote: 13),
      CSVDialect(delimiter: 0), CSVDialect(delimiter: 0xA7),
    ])
  func badDialect(dialect: CSVDialect) {
    let error = #expect(throws: ReadingError.self) { try ReadPlan(dialect: dialect).read("a,b") }
    #expect(error?.code == .badDialect)
  }

  @Test("the values of a batch stand behind its rows, and the rows stay as they were")
  func scratch() throws {
    let reader = CSVReader(
      source: BytesSource(Array("a,b\n\"1\"\"2\",x\n\"3\"\"4\"\n5,\"\"\"6\"\"\"\n".utf8)))
    let batch = RecordBatch()
    #expect(try reader.read(into: batch))
    let values = batch.fields.map { String(decoding: batch.bytes(of: $0), as: UTF8.self) }
    #expect(values == ["1\"2", "x", "", "", "5", "\"6\""])
    #expect(
      batch.rows.map { String(decoding: batch.raw(of: $0), as: UTF8.self) } == [
        "\"1\"\"2\",x", "\"3\"\"4\"", "5,\"\"\"6\"\"\"",
      ])
    #expect(batch.count == "\"1\"\"2\",x\n\"3\"\"4\"\n5,\"\"\"6\"\"\"\n1\"2\"6\"".utf8.count)
  }
}
