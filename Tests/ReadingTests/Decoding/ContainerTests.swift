import ImportModel
import Reading
import Testing

@Suite("Compressed files and archives")
struct ContainerTests {
  private static let table = Array("a,b\n1,2\n3,4\n".utf8)
  private static let sizes = [[Int.max], [1], [3, 50, 7]]

  private static let zstdTwoFrames =
    "KLUv/SQIQQAAYSxiCjEsMgo158rOKLUv/SQEIQAAMyw0Cq+GfuQ="
  private static let zstdSkippableFrames =
    "WipNGAMAAAABAgMotS/9JAhBAABhLGIKMSwyCjXnys5aKk0YAwAAAAECAyi1L/0kBCEAADMsNAqvhn7kWipNGAMAAAABAgM="
  /// The start of a frame with a window of 256 MiB.
  private static let zstdLargeWindow =
    "KLUv/QSQTAAACAABAPz/ORACAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIA"
  /// One file of eight bytes, packed with the password “secret”.
  private static let encryptedZip = """
    UEsDBAoACQAAAKhAdV17B5cKFAAAAAgAAAABABwAYVVUCQADu1ABa7tQAWt1eAsAAQQAAAAABAAAAABDnXU9EgNjIX83\
    B4TfjcrEWPVG2lBLBwh7B5cKFAAAAAgAAABQSwECHgMKAAkAAACoQHVdeweXChQAAAAIAAAAAQAYAAAAAAABAAAApIEA\
    AAAAYVVUBQADu1ABa3V4CwABBAAAAAAEAAAAAFBLBQYAAAAAAQABAEcAAABfAAAAAAA=
    """

  private func open(
    _ bytes: [UInt8], limits: DecodingLimits = DecodingLimits(), blockSize: Int = .max
  ) throws -> (containers: [Container], bytes: [UInt8], entryName: String?, taken: Int64) {
    let opened = try Containers.open(MemoryFile(bytes, blockSize: blockSize), limits: limits)
    let all = try opened.source.readAll(pieces: [1, 4096, 70])
    return (opened.containers, all, opened.entryName, opened.source.bytesTaken)
  }

  private func zip(_ entries: String) throws -> [UInt8] {
    try python(
      """
      with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
          for name, text in \(entries): z.writestr(name, text)
      """)
  }

  @Test("a file in no container comes as it is")
  func plain() throws {
    let opened = try open(Self.table)
    #expect(opened.containers == [])
    #expect(opened.bytes == Self.table)
    #expect(opened.taken == Int64(Self.table.count))
    #expect(try open([]).bytes == [])
  }

  @Test("gzip members in a row are one file, in whatever blocks they come")
  func gzipMembers() throws {
    let bytes = try python(
      "out.write(gzip.compress(b'a,b\\n') + gzip.compress(b'') + gzip.compress(b'1,2\\n3,4\\n'))")
    for sizes in Self.sizes {
      let source = GzipSource(BytesSource(bytes, blockSizes: sizes))
      #expect(try source.readAll(pieces: [1, 9]) == Self.table)
      #expect(source.bytesTaken == Int64(bytes.count))
    }
    let opened = try open(bytes + [UInt8](repeating: 0, count: 100_000), blockSize: 5)
    #expect(opened.containers == [.gzip])
    #expect(opened.bytes == Self.table)
  }

  @Test("a gzip file that is damaged anywhere, cut off or followed by junk is an error")
  func gzipFaults() throws {
    let bytes = try python("out.write(gzip.compress(b'a,b\\n1,2\\n3,4\\n', mtime=0))")
    for length in 3..<bytes.count {
      let error = readingError { _ = try open(Array(bytes[..<length])) }
      #expect(error?.code == .corruptFile, "\(length) bytes")
    }
    for place in 10..<bytes.count {
      var damaged = bytes
      damaged[place] ^= 0x40
      // A bit that only fills up the last byte of a block may change without harm.
      var unpacked: [UInt8]?
      let error = readingError { unpacked = try open(damaged).bytes }
      #expect(error?.code == .corruptFile || unpacked == Self.table, "byte \(place)")
    }
    for junk in [[1], [0, 0, 1], [0x1F], [0x1F, 0x8C]] as [[UInt8]] {
      #expect(readingError { _ = try open(bytes + junk) }?.code == .corruptFile)
    }
  }

  @Test(
    "zstd frames in a row are one file", arguments: [zstdTwoFrames, zstdSkippableFrames])
  func zstdFrames(encoded: String) throws {
    let bytes = base64(encoded)
    for sizes in Self.sizes {
      let source = ZstdSource(BytesSource(bytes, blockSizes: sizes))
      #expect(try source.readAll(pieces: [1, 9]) == Self.table)
      #expect(source.bytesTaken == Int64(bytes.count))
    }
    #expect(try open(bytes).containers == [.zstd])
  }

  @Test("a zstd file that is damaged or cut off is an error")
  func zstdFaults() throws {
    let bytes = base64(Self.zstdTwoFrames)
    // 21 bytes are the first frame, a whole file by itself.
    for length in 4..<bytes.count where length != 21 {
      let error = readingError { _ = try open(Array(bytes[..<length])) }
      #expect(error?.code == .corruptFile, "\(length) bytes")
    }
    for place in 9..<21 {
      var damaged = bytes
      damaged[place] ^= 0x40
      #expect(readingError { _ = try open(damaged) } != nil, "byte \(place)")
    }
    #expect(readingError { _ = try open(bytes + [0, 0, 0, 0, 0]) }?.code == .corruptFile)
  }

  @Test("a zstd window larger than allowed is refused with a hint")
  func zstdWindow() throws {
    let error = readingError { _ = try open(base64(Self.zstdLargeWindow)) }
    #expect(error?.code == .tooExpansive)
    #expect(error?.hint != nil)
  }

  @Test("a thousand-fold stream is read, but not beyond a limit")
  func bomb() throws {
    let bytes = try python("out.write(gzip.compress(b'1,2,3,4\\n' * (4 << 20)))")
    let opened = try Containers.open(MemoryFile(bytes))
    #expect(try opened.source.count() == 32 << 20)
    for (limit, code) in [(32 << 20, nil), (32 << 20 - 1, ReadingError.Code.tooExpansive)] {
      let limits = DecodingLimits(maxDecodedBytes: Int64(limit))
      let limited = try Containers.open(MemoryFile(bytes), limits: limits)
      #expect(readingError { _ = try limited.source.count() }?.code == code)
    }
  }

  @Test("a stream that unfolds thirty thousand-fold ends early")
  func zstdBomb() throws {
    // A frame (RFC 8878) of a window of 1 MiB, and 1024 blocks that repeat one byte 128 Ki times.
    var bytes: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x50]
    for block in 1...1024 {
      let header = (128 << 10) << 3 | 1 << 1 | (block == 1024 ? 1 : 0)
      bytes += [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16), 0x61]
    }
    let error = readingError { _ = try Containers.open(MemoryFile(bytes)).source.count() }
    #expect(error?.code == .tooExpansive)
    #expect(error?.hint != nil)
    let all = DecodingLimits(maxDecodedBytes: 128 << 20)
    #expect(try Containers.open(MemoryFile(bytes), limits: all).source.count() == 128 << 20)
  }

  @Test(
    "a container within a container is refused",
    arguments: [
      "out.write(gzip.compress(gzip.compress(b'a,b')))",
      "out.write(gzip.compress(b'PK\\x03\\x04 and so on'))",
      "z = zipfile.ZipFile(out, 'w'); z.writestr('a.csv.gz', gzip.compress(b'a,b')); z.close()",
      "z = zipfile.ZipFile(out, 'w'); z.writestr('a.zip', b'PK\\x05\\x06'); z.close()",
    ])
  func nested(program: String) throws {
    let bytes = try python(program)
    let error = readingError { _ = try open(bytes) }
    #expect(error?.code == .archiveContents)
    #expect(error?.hint != nil)
  }

  @Test("the one file of a ZIP archive is read, whatever else programs left there")
  func zipOneFile() throws {
    let bytes = try zip(
      """
      [("data/", ""), ("data/table.csv", "a,b\\n1,2\\n3,4\\n"), ("__MACOSX/data/._table.csv", "x"),
       (".DS_Store", "x"), ("data/.hidden", "x")]
      """)
    for blockSize in [1, 100, .max] {
      let opened = try open(bytes, blockSize: blockSize)
      #expect(opened.containers == [.zip])
      #expect(opened.bytes == Self.table)
      #expect(opened.entryName == "data/table.csv")
      #expect(opened.taken == Int64(bytes.count))
    }
    #expect(try ZipEntrySource(MemoryFile(bytes)).size == 12)
  }

  @Test("a ZIP archive with no file or several is refused by name")
  func zipContents() throws {
    let empty = readingError { _ = try open(zip("[]")) }
    #expect(empty?.code == .archiveContents)
    let two = readingError { _ = try open(zip("[('a.csv', 'x'), ('b/c.csv', 'y')]")) }
    #expect(two?.code == .archiveContents)
    #expect(two?.message.contains("“a.csv”, “b/c.csv”") == true)
    let many = readingError { _ = try open(zip("[(f'{i}.csv', '') for i in range(9)]")) }
    #expect(many?.message.contains("“4.csv” and 4 more") == true)
  }

  @Test("a ZIP archive with a password is refused with a hint")
  func zipEncrypted() throws {
    let error = readingError { _ = try open(base64(Self.encryptedZip)) }
    #expect(error?.code == .encryptedFile)
    #expect(error?.hint?.contains("password") == true)
  }

  @Test("a ZIP archive that is damaged or cut off is an error")
  func zipFaults() throws {
    let bytes = try zip("[('a.csv', 'a,b\\n1,2\\n3,4\\n')]")
    for length in 4..<bytes.count {
      let error = readingError { _ = try open(Array(bytes[..<length])) }
      #expect(error?.code == .corruptFile, "\(length) bytes")
    }
    // Behind the local header of 35 bytes stands the packed file.
    for place in 35..<45 {
      var damaged = bytes
      damaged[place] ^= 0x10
      #expect(readingError { _ = try open(damaged) }?.code == .corruptFile, "byte \(place)")
    }
  }

  @Test("whatever is changed in an archive, it is bytes or an error")
  func zipNoise() throws {
    let bytes = try zip("[('a.csv', 'a,b\\n1,2\\n3,4\\n')]")
    var random = SeededGenerator(seed: 3)
    for _ in 0..<2000 {
      var noisy = bytes
      for _ in 0..<3 {
        noisy[Int.random(in: 4..<noisy.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      do {
        _ = try open(noisy)
      } catch {
        #expect(error is ReadingError)
      }
    }
  }

  @Test("a list of entries that is too long is refused before it is loaded")
  func zipDirectory() throws {
    let bytes = try zip("[(f'{i:050}.csv', '') for i in range(200)]")
    let error = readingError {
      _ = try open(bytes, limits: DecodingLimits(maxDirectoryBytes: 4096))
    }
    #expect(error?.code == .archiveContents)
  }

  @Test("a fault of the storage stays what it is")
  func storage() throws {
    let bytes = try zip("[('a.csv', 'a,b\\n')]")
    let file = FailingFile(good: MemoryFile(bytes), failsFrom: 4)
    #expect(throws: BrokenSource.Failure.self) { _ = try Containers.open(file) }
    #expect(throws: BrokenSource.Failure.self) {
      _ = try GzipSource(BrokenSource()).readAll()
    }
  }

  @Test("a workbook is told from other archives")
  func workbook() throws {
    let book = try zip("[('[Content_Types].xml', 'x'), ('xl/workbook.xml', 'x')]")
    #expect(try Containers.isWorkbook(MemoryFile(book)))
    #expect(try Containers.open(MemoryFile(book)).containers == [])
    #expect(try !Containers.isWorkbook(MemoryFile(zip("[('a.csv', 'x')]"))))
    #expect(try !Containers.isWorkbook(MemoryFile(Self.table)))
  }
}
