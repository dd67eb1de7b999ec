import Reading
import Testing

@Suite("Telling an encoding")
struct EncodingDetectorTests {
  private func guess(
    _ bytes: [UInt8], blocks: [Int] = [.max], isWholeFile: Bool = true
  ) throws -> EncodingGuess {
    let detector = EncodingDetector()
    let source = BytesSource(bytes, blockSizes: blocks)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
    defer { buffer.deallocate() }
    while case let count = source.read(into: buffer), count > 0 {
      detector.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    return detector.finish(isWholeFile: isWholeFile)
  }

  @Test("of a short table works for every language", arguments: EncodedSample.all)
  func samples(sample: EncodedSample) throws {
    let bytes = base64(sample.encoded)
    let guess = try guess(bytes)
    let source = TranscodingSource(BytesSource(bytes), from: guess.encoding)
    let text = String(decoding: try source.readAll(), as: UTF8.self)
    #expect(
      text == sample.text, "\(guess.encoding), sure \(guess.isSure): \(guess.note ?? "")")
    #expect(guess.isSure == (guess.note == nil))
    // Where both read the same, it is the encoding that programs of today write.
    if guess.encoding.name.hasPrefix("ISO-8859") { #expect(sample.encoding == guess.encoding.name) }
  }

  @Test("does not depend on the blocks that come", arguments: EncodedSample.all)
  func blocks(sample: EncodedSample) throws {
    let bytes = base64(sample.encoded)
    let whole = try guess(bytes)
    #expect(try guess(bytes, blocks: [1, 5, 70]) == whole)
  }

  @Test("does not depend on the blocks of a long text, either")
  func longBlocks() throws {
    let bytes = Array(repeatElement(base64(EncodedSample.all[0].encoded), count: 800).joined())
    let whole = try guess(bytes)
    #expect(
      whole == EncodingGuess(encoding: try #require(TextEncoding(named: "cp1252")), isSure: true))
    #expect(try guess(bytes, blocks: [777, 4096, 100_000]) == whole)
  }

  @Test("as UTF-8 is sure of valid text", arguments: EncodedSample.all)
  func utf8(sample: EncodedSample) throws {
    #expect(try guess(Array(sample.text.utf8)) == EncodingGuess(encoding: .utf8, isSure: true))
  }

  @Test("takes plain ASCII, and nothing at all, for UTF-8")
  func ascii() throws {
    let sure = EncodingGuess(encoding: .utf8, isSure: true)
    #expect(try guess(Array("a,b\n1,2\n".utf8)) == sure)
    #expect(try guess([]) == sure)
    #expect(try guess([UInt8](repeating: 0x61, count: 200_000)) == sure)
  }

  @Test(
    "goes by the byte order mark",
    arguments: [
      ([0xEF, 0xBB, 0xBF, 0x61], "UTF-8"), ([0xFF, 0xFE, 0x4E, 0x4E], "UTF-16LE"),
      ([0xFE, 0xFF, 0x4E, 0x4E], "UTF-16BE"), ([0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0], "UTF-32LE"),
      ([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x61], "UTF-32BE"),
      ([0x84, 0x31, 0x95, 0x33, 0x61], "GB18030"),
    ] as [([UInt8], String)])
  func marks(bytes: [UInt8], name: String) throws {
    let guess = try guess(bytes)
    #expect(guess.encoding.name == name)
    #expect(guess.isSure)
  }

  @Test(
    "takes a text with a zero byte in it for what it is, wherever the byte stands",
    arguments: [4, 5, 11, 12])
  func zeroByte(place: Int) throws {
    var bytes = Array("a,b\n1,Müller\n2,Maier\n".utf8)
    bytes.insert(0, at: place)
    #expect(try guess(bytes).encoding == .utf8)
  }

  @Test("takes text with a few broken lines for UTF-8 with bad rows")
  func fewBroken() throws {
    var bytes = Array(String(repeating: "Müller;Köln\n", count: 5000).utf8)
    bytes += [0x4D, 0xFC, 0x6C, 0x0A]
    let few = try guess(bytes)
    #expect(few.encoding == .utf8)
    #expect(few.isSure)
    #expect(few.note?.contains("1 place") == true)

    let more = try guess(Array("Müller;Köln;Düren;Größe\nMünchen\nM".utf8) + [0xFC, 0x0A])
    #expect(more.encoding == .utf8)
    #expect(!more.isSure)
  }

  @Test("takes a character cut off for a fault at the end of a file, not of a sample")
  func cutOff() throws {
    let bytes = Array("Mü,Kö,Dü,Gö,Lü".utf8.dropLast())
    #expect(try guess(bytes, isWholeFile: false).note == nil)
    #expect(try guess(bytes, isWholeFile: true).note != nil)
  }

  @Test("finds a fault at the very end of a long file")
  func lateFault() throws {
    let line = Array("plain ascii,1,2,3\n".utf8)
    var bytes = Array(repeatElement(line, count: 20_000).joined())
    bytes += [0x4B, 0xF6, 0x6C, 0x6E, 0x0A]
    let late = try guess(bytes, blocks: [4096])
    #expect(late.encoding.name == "windows-1252")
    #expect(!late.isSure)
    #expect(late.note?.contains("encoding") == true)
  }

  @Test(
    "counts exactly what is no valid UTF-8",
    arguments: [
      [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE0, 0x80, 0x80], [0xFF],
      [0xF8, 0x88, 0x80, 0x80, 0x80], [0xC3, 0x41], [0xE2, 0x82, 0x41],
    ] as [[UInt8]])
  func invalid(bytes: [UInt8]) throws {
    let valid = Array(String(repeating: "äöü€😀", count: 100).utf8)
    #expect(try guess(valid + bytes + valid).note != nil)
    #expect(try guess(valid + valid).note == nil)
  }

  @Test("never fails, whatever bytes come")
  func noise() throws {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<10 {
      let count = Int.random(in: 0...3000, using: &random)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      let noise = try guess(bytes, blocks: random.blockSizes())
      let source = TranscodingSource(BytesSource(bytes), from: noise.encoding)
      _ = try source.readAll()
    }
  }
}
