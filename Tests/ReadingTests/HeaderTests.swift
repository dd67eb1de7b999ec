import ImportModel
import Reading
import Testing

@Suite("The start of a file")
struct HeaderTests {
  private func code(
    _ bytes: [UInt8], dialect: CSVDialect = CSVDialect(), limits: ReadingLimits = ReadingLimits()
  ) -> ReadingError.Code? {
    do {
      _ = try ReadPlan(dialect: dialect, limits: limits).read(bytes)
      return nil
    } catch {
      return (error as? ReadingError)?.code
    }
  }

  @Test("names lose their quotes and the white space around them")
  func names() throws {
    let file = try ReadPlan().read(" a ,\"b \"\"c\"\"\",\"d,\ne\",, é\u{A0}\r\n")
    #expect(file.names == ["a", "b \"c\"", "d,\ne", "", "é"])
  }

  @Test("the header carries its row as it stands, and lines go on behind it")
  func raw() throws {
    let text = "\n\"a\nb\",c\n1,2\n"
    let reader = CSVReader(source: BytesSource(Array(text.utf8), blockSizes: [1]))
    let header = try reader.readHeader()
    #expect(header.raw == Array("\"a\nb\",c".utf8))
    #expect(header.delimiter == [UInt8(ascii: ",")])
    #expect(reader.position == FilePosition(byte: 9, row: 0, line: 3))
    #expect(try reader.readHeader() == header)
    #expect(try ReadPlan().read(text).rows.map(\.line) == [4])
  }

  @Test("a byte order mark is no part of the first name, but of the position")
  func byteOrderMark() throws {
    let bytes: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("a,b\n1,2\n".utf8)
    let file = try ReadPlan(blockSizes: [2, 1]).read(bytes)
    #expect(file.names == ["a", "b"])
    #expect(file.ends == [FilePosition(byte: 11, row: 1, line: 2)])
  }

  @Test("a header given from outside makes the first row of the file a row")
  func givenHeader() throws {
    let file = try ReadPlan(header: ["x", "y"]).read([0xEF, 0xBB, 0xBF] + Array("1,2\n3,4".utf8))
    #expect(file.names == ["x", "y"])
    #expect(file.rows.map(\.fields) == [["1", "2"], ["3", "4"]])
    #expect(file.rows.map(\.line) == [1, 2])
    #expect(try ReadPlan(header: ["x"]).read("").rows == [])
  }

  @Test(
    "a file with nothing in it is empty", arguments: ["", "\u{FEFF}", "\n\r\n\r", "\u{FEFF}\n"])
  func empty(text: String) {
    #expect(code(Array(text.utf8)) == .emptyFile)
  }

  @Test("a header that cannot be read says why")
  func badHeaders() {
    #expect(code([0x61, 0x2C, 0xE9, 0x0A]) == .headerEncoding)
    #expect(code(Array("a,\"b\n1,2\n".utf8)) == .headerUnterminatedQuote)
    #expect(code(Array("abc,\0def\n".utf8)) == .unsupportedFormat)
    var escaping = CSVDialect()
    escaping.escape = .backslash
    #expect(code(Array("abc,\\x0\n".utf8), dialect: escaping) == .headerEncoding)
    let tight = ReadingLimits(maxRowBytes: 8, maxColumns: 3, blockBytes: 4)
    #expect(code(Array("abcd,efgh\n".utf8), limits: tight) == .headerTooLong)
    #expect(code(Array("abcd,efg\n".utf8), limits: tight) == nil)
    #expect(code(Array("\"abcd,efg\nx\nx\nx".utf8), limits: tight) == .headerTooLong)
    #expect(code(Array("a,b,c,d\n".utf8), limits: tight) == .tooManyColumns)
  }

  @Test(
    "a file of another kind is named",
    arguments: [
      ([0x1F, 0x8B, 8, 0], "gzip"), ([0x50, 0x4B, 3, 4, 20], "Excel"),
      ([0xFF, 0xFE, 0x61, 0], "UTF-16"),
      ([0xFE, 0xFF, 0, 0x61], "UTF-16"), ([0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0], "UTF-32"),
      ([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x61], "UTF-32"), ([0x61, 0, 0x2C, 0, 0x62, 0], "UTF-16"),
      ([0, 0x61, 0, 0x2C], "UTF-16"), ([0x28, 0xB5, 0x2F, 0xFD, 0], "zstd"),
      ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0], ".xls"),
      (Array("%PDF-1.7".utf8), "PDF"),
    ] as [([UInt8], String)])
  func otherFormats(bytes: [UInt8], name: String) throws {
    let error = #expect(throws: ReadingError.self) {
      try ReadPlan(blockSizes: [1]).read(bytes)
    }
    #expect(error?.code == .unsupportedFormat)
    #expect(error?.message.contains(name) == true)
  }
}
