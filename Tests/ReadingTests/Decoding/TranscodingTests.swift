import ImportModel
import Reading
import Testing

@Suite("Text in other encodings")
struct TranscodingTests {
  private func decode(
    _ bytes: [UInt8], _ encoding: String, blocks: [Int] = [.max], pieces: [Int] = [4096]
  ) throws -> [UInt8] {
    let source = TranscodingSource(
      BytesSource(bytes, blockSizes: blocks), from: try #require(TextEncoding(named: encoding)))
    return try source.readAll(pieces: pieces)
  }

  @Test("comes out as the same text in UTF-8", arguments: EncodedSample.all)
  func roundTrip(sample: EncodedSample) throws {
    let bytes = try decode(base64(sample.encoded), sample.encoding)
    #expect(String(decoding: bytes, as: UTF8.self) == sample.text)
  }

  @Test("comes out the same, whatever blocks it comes in", arguments: EncodedSample.all)
  func blocks(sample: EncodedSample) throws {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<6 {
      let bytes = try decode(
        base64(sample.encoded), sample.encoding, blocks: random.blockSizes(),
        pieces: random.blockSizes())
      #expect(bytes == Array(sample.text.utf8))
    }
  }

  @Test("loses its byte order mark, once")
  func marks() throws {
    #expect(try decode([0xEF, 0xBB, 0xBF, 0x61], "utf8") == [0x61])
    #expect(
      try decode([0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF, 0x61], "utf8") == [0xEF, 0xBB, 0xBF, 0x61])
    #expect(try decode([0xFF, 0xFE, 0x61, 0], "UTF-16LE") == [0x61])
    #expect(try decode([0xFE, 0xFF, 0, 0x61], "UTF-16") == [0x61])
    #expect(try decode([0x61, 0], "UTF-16") == [0x61])
    #expect(try decode([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x61], "UTF-32") == [0x61])
    #expect(try decode([0x84, 0x31, 0x95, 0x33, 0x61], "GB18030") == [0x61])
    #expect(try decode([0xEF, 0xBB, 0xBF, 0x61], "windows-1252") == [0x61])
    #expect(try decode([0xEF, 0xBB], "UTF-8") == [0xEF, 0xBB])
    #expect(try decode([], "UTF-16") == [])
  }

  @Test("is refused where its mark is that of the other byte order")
  func contradiction() throws {
    let error = readingError { _ = try decode([0xFE, 0xFF, 0, 0x61], "UTF-16LE") }
    #expect(error?.code == .badEncoding)
    #expect(error?.hint?.contains("UTF-16BE") == true)
  }

  @Test(
    "keeps a place for each byte that is no text",
    arguments: [
      ("windows-1252", [0x61, 0x81, 0x8D, 0x62], [0x61, 0xFF, 0xFF, 0x62]),
      ("Shift_JIS", [0x81, 0x0A, 0x61], [0xFF, 0x0A, 0x61]),
      ("EUC-JP", [0x61, 0x8F, 0xA1], [0x61, 0xFF, 0xFF]),
      ("UTF-16LE", [0x61, 0, 0x00, 0xDC, 0x62, 0], [0x61, 0xFF, 0x62]),
      ("UTF-16LE", [0x61, 0, 0x3D, 0xD8], [0x61, 0xFF]),
      ("UTF-16BE", [0, 0x61, 0x0A], [0x61, 0xFF]),
      ("UTF-32LE", [0x61, 0, 0, 0, 0, 0, 0x11, 0, 0x62, 0, 0, 0], [0x61, 0xFF, 0x62]),
      ("UTF-16LE", [0, 0, 0x61, 0], [0, 0x61]),
      ("US-ASCII", [0x61, 0xE4, 0x62], [0x61, 0xFF, 0x62]),
      // The letter is held back, for a point might follow it.
      ("windows-1255", [0xE0, 0xFF, 0x61], [0xD7, 0x90, 0xFF, 0x61]),
      ("windows-1255", [0x61, 0xE0], [0x61, 0xD7, 0x90]),
      ("UTF-8", [0x61, 0xE4, 0x62], [0x61, 0xE4, 0x62]),
    ] as [(String, [UInt8], [UInt8])])
  func badBytes(encoding: String, bytes: [UInt8], expected: [UInt8]) throws {
    for blocks in [[Int.max], [1], [3, 1, 2]] {
      for pieces in [[4096], [1], [64, 3]] {
        #expect(try decode(bytes, encoding, blocks: blocks, pieces: pieces) == expected)
      }
    }
  }

  @Test("with a bad byte in a long run loses nothing else")
  func longRun() throws {
    var text = [UInt8](repeating: 0xE4, count: 300_000)
    for place in stride(from: 0, to: text.count, by: 977) { text[place] = 0x81 }
    let decoded = try decode(text, "windows-1252", blocks: [70, 4096], pieces: [100, 5000])
    let expected = text.flatMap { $0 == 0x81 ? [0xFF] : [0xC3, 0xA4] as [UInt8] }
    #expect(decoded == expected)
  }

  @Test("reaches a row as bytes that are not valid UTF-8")
  func badRow() throws {
    let bytes: [UInt8] = Array("a,b\n1,x".utf8) + [0x81] + Array("y\n2,z\n".utf8)
    let encoding = try #require(TextEncoding(named: "cp1252"))
    let reader = CSVReader(source: TranscodingSource(BytesSource(bytes), from: encoding))
    let batch = RecordBatch(capacity: 64)
    #expect(try reader.read(into: batch))
    #expect(Array(batch.bytes(of: batch.fields[1])) == [0x78, 0xFF, 0x79])
    #expect(batch.rows.count == 2)
  }

  @Test("counts the bytes as they are stored")
  func bytesTaken() throws {
    let source = TranscodingSource(
      BytesSource([0x61, 0, 0x62, 0]), from: try #require(TextEncoding(named: "utf-16le")))
    #expect(try source.readAll() == [0x61, 0x62])
    #expect(source.bytesTaken == 4)
  }

  @Test(
    "is found by its usual names",
    arguments: [
      ("latin1", "ISO-8859-1"), ("LATIN-1", "ISO-8859-1"), ("cp1252", "windows-1252"),
      ("Windows_1252", "windows-1252"), ("sjis", "Shift_JIS"), ("SHIFT-JIS", "Shift_JIS"),
      ("utf8", "UTF-8"), ("Utf-8", "UTF-8"), ("utf16", "UTF-16"), ("utf-16le", "UTF-16LE"),
      ("iso8859-15", "ISO-8859-15"), ("gb2312", "GBK"), ("gb18030", "GB18030"),
      ("euckr", "EUC-KR"), ("big5", "Big5"), ("koi8r", "KOI8-R"), ("macroman", "macintosh"),
      ("iso-2022-jp", "ISO-2022-JP"),
    ])
  func names(alias: String, name: String) throws {
    #expect(TextEncoding(named: alias)?.name == name)
    #expect(TextEncoding(named: name)?.name == name)
  }

  @Test(
    "is not found by names of no encoding",
    arguments: [
      "", " ", "no-such-thing", "UTF-8//IGNORE", "../x", "INTERNAL", "wchar_t", "utf8\0", "ü",
      String(repeating: "a", count: 1000),
    ])
  func unknownNames(name: String) {
    #expect(TextEncoding(named: name) == nil)
  }

  @Test("goes on at a byte of the decoded text")
  func skipping() throws {
    let sample = EncodedSample.all[0]
    let encoding = try #require(TextEncoding(named: sample.encoding))
    let whole = Array(sample.text.utf8)
    for skipped in [0, 1, 40, whole.count] {
      let source = SkippingSource(
        TranscodingSource(BytesSource(base64(sample.encoded), blockSizes: [7]), from: encoding),
        skipping: Int64(skipped))
      #expect(try source.readAll(pieces: [5]) == Array(whole[skipped...]))
    }
    let beyond = SkippingSource(BytesSource([1, 2]), skipping: 3)
    #expect(readingError { _ = try beyond.readAll() }?.code == .corruptFile)
  }
}
