import ImportModel
import Reading
import Testing

@Suite("the start of a file")
struct FileStartTests {
  static func text(
    _ bytes: [UInt8], isCut: Bool = true, encoding: String? = nil
  ) throws -> (text: [UInt8], isCut: Bool, endsWithLine: Bool) {
    let start = try FileStart(
      MemoryFile(bytes), isCut: isCut, encoding: encoding.flatMap { TextEncoding(named: $0) })
    var text = [UInt8](repeating: 0, count: Int(start.text.size))
    let count = try text.withUnsafeMutableBytes { try start.text.read(into: $0, at: 0) }
    #expect(count == text.count)
    return (text, start.isCut, start.endsWithLine)
  }

  @Test("a line that is cut off is left out, a whole file is left alone")
  func lines() throws {
    let bytes = Array("a,b\n1,2\n3".utf8)
    #expect(try Self.text(bytes).text == Array("a,b\n1,2\n".utf8))
    #expect(try Self.text(bytes).endsWithLine)
    let whole = try Self.text(bytes, isCut: false)
    #expect(whole.text == bytes)
    #expect(!whole.isCut)
    #expect(try Self.text(Array("a,b\r1,2\r3".utf8)).text == Array("a,b\r1,2\r".utf8))
  }

  @Test("without a line end near the end, half of a character is left out")
  func characters() throws {
    let bytes = Array("[\n{\"name\": \"Jürgen Müßig, Renée, Zoë €".utf8)
    for cut in 30...bytes.count {
      let found = try Self.text(Array(bytes[..<cut]))
      #expect(!found.endsWithLine)
      #expect(String(validating: found.text, as: UTF8.self) != nil)
      #expect(found.text.count > cut - 3)
    }
  }

  @Test(
    "lines are found in wide encodings too",
    arguments: [("UTF-16LE", 2), ("UTF-16BE", 2), ("UTF-32LE", 4), ("UTF-32BE", 4)])
  func wide(encoding: String, unit: Int) throws {
    let lines = "a,b\n1,Ċਊ\n"
    let bytes = Self.encode(lines + "3,4", unit: unit, isBig: encoding.hasSuffix("BE"))
    let expected = Self.encode(lines, unit: unit, isBig: encoding.hasSuffix("BE"))
    for cut in (expected.count)..<bytes.count {
      #expect(try Self.text(Array(bytes[..<cut]), encoding: encoding).text == expected)
    }
  }

  @Test("a compressed stream gives what it has, and what is damaged is an error all the same")
  func compressed() throws {
    let rows = "','.join(str(n * n) for n in range(20000)).encode()"
    let zipped = try python(
      "import os; out.write(gzip.compress(b'a\\n1\\n' + \(rows) + b'\\n2\\n'))")
    let cut = try Self.text(Array(zipped.prefix(zipped.count / 2)), isCut: false)
    #expect(cut.isCut)
    #expect(cut.text.count > 1000)
    #expect(String(decoding: cut.text, as: UTF8.self).hasPrefix("a\n1\n0,1,4,9"))
    var damaged = zipped
    for place in 200..<400 { damaged[place] = 0xFF }
    #expect(throws: ReadingError.self) { try Self.text(damaged, isCut: true) }
  }

  @Test("a small stream that unfolds to much is cut off")
  func bomb() throws {
    let bytes = try python("out.write(gzip.compress(b'1,2,3,4\\n' * (4 << 20)))")
    let found = try Self.text(bytes, isCut: false)
    #expect(found.isCut)
    #expect(found.text.count <= FileStart.maxTextBytes + (64 << 10))
  }

  @Test("of a ZIP archive a start is no use, and says so")
  func archives() throws {
    let bytes = try python(
      "z = zipfile.ZipFile(out, 'w'); z.writestr('a.csv', 'a,b\\n1,2\\n'); z.close()")
    let start = MemoryFile(Array(bytes.prefix(bytes.count - 30)))
    let error = #expect(throws: ReadingError.self) {
      try FileStart.isWorkbook(start, isCut: true)
    }
    #expect(error?.hint?.contains("sluice inspect") == true)
    #expect(try Self.text(bytes, isCut: false).text == Array("a,b\n1,2\n".utf8))
  }

  static func encode(_ text: String, unit: Int, isBig: Bool) -> [UInt8] {
    text.unicodeScalars.flatMap { scalar in
      let bytes = (0..<unit).map { UInt8(truncatingIfNeeded: scalar.value >> (8 * $0)) }
      return isBig ? bytes.reversed() : bytes
    }
  }
}
