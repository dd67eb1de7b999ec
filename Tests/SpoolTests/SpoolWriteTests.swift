import Glibc
import Spool
import Testing

@Suite("Writing into the spool")
struct SpoolWriteTests {
  @Test(
    "keeps the content and names its SHA-256, however it is cut",
    arguments: [1, 7, 4096, 65_536, 3_000_000])
  func content(size: Int) async throws {
    let spool = try SpoolFixture()
    let bytes = noise(size == 1 ? 5000 : 3_500_001)
    let file = try await spool.store.write(
      id: "a-1_b.csv", expected: Int64(bytes.count), chunks: Chunks.cut(bytes, by: size))
    #expect(file.bytes == Int64(bytes.count))
    #expect(file.path == spool.folder + "/a-1_b.csv")
    // Not inside the expectation: that would work out the difference of megabytes, element by element.
    let isSame = try spool.read("a-1_b.csv") == bytes
    #expect(isSame)
    let whole = try await spool.store.write(
      id: "whole", expected: nil, chunks: Chunks(chunks: [bytes]))
    #expect(whole.sha256 == file.sha256)
  }

  // Source: FIPS 180-4, examples of NIST.
  @Test(
    "computes the hashes that the standard gives",
    arguments: [
      ("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
  func knownHashes(text: String, times: Int, hash: String) async throws {
    let spool = try SpoolFixture()
    let bytes = (0..<times).flatMap { _ in Array(text.utf8) }
    let file = try await spool.store.write(
      id: "known", expected: nil, chunks: Chunks.cut(bytes, by: 60_000))
    #expect(file.sha256 == hash)
    #expect(file.bytes == Int64(bytes.count))
    #expect(spool.store.exists(id: "known"))
  }

  @Test("shows no file before the last byte is in")
  func unfinished() async throws {
    let spool = try SpoolFixture()
    let (chunks, source) = AsyncStream.makeStream(of: [UInt8].self)
    let store = spool.store
    async let written = store.write(id: "slow", expected: nil, chunks: chunks)
    source.yield(noise(4 << 20))
    try await eventually { spool.store.usage() >= 4 << 20 }
    #expect(!spool.store.exists(id: "slow"))
    #expect(throws: SpoolError.self) { try spool.store.open(id: "slow") }
    #expect(spool.names.count == 1)
    source.finish()
    _ = try await written
    #expect(spool.names == ["slow"])
  }

  @Test("leaves nothing behind when it is cancelled")
  func cancelled() async throws {
    let spool = try SpoolFixture()
    let (chunks, source) = AsyncStream.makeStream(of: [UInt8].self)
    let store = spool.store
    let task = Task { try await store.write(id: "gone", expected: nil, chunks: chunks) }
    source.yield(noise(4 << 20))
    try await eventually { spool.store.usage() >= 4 << 20 }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(spool.names.isEmpty)
  }

  @Test("leaves nothing behind when its source fails", arguments: [0, 1, 5 << 20])
  func failingSource(size: Int) async throws {
    let spool = try SpoolFixture()
    var chunks = Chunks.cut(noise(size), by: 100_000)
    chunks.fails = true
    await #expect(throws: Chunks.Broken.self) {
      try await spool.store.write(id: "broken", expected: nil, chunks: chunks)
    }
    #expect(spool.names.isEmpty)
  }

  @Test(
    "refuses more than the limit, announced or not", arguments: [nil, 1000, 1_000_001] as [Int64?])
  func tooLarge(expected: Int64?) async throws {
    let spool = try SpoolFixture(maxBytes: 1_000_000)
    let error = try await #require(throws: SpoolError.self) {
      try await spool.store.write(
        id: "large", expected: expected, chunks: Chunks.cut(noise(1_000_001), by: 10_000))
    }
    #expect(error.code == .tooLarge)
    #expect(spool.names.isEmpty)
    let file = try await spool.store.write(
      id: "fits", expected: 1_000_000, chunks: Chunks.cut(noise(1_000_000), by: 10_000))
    #expect(file.bytes == 1_000_000)
  }

  @Test(
    "refuses what does not fit the file system, before it takes a byte",
    arguments: [(1 << 50, 0), (Int64.max, 0), (1, Int64.max), (nil, 1 << 50)] as [(Int64?, Int64)])
  func noSpace(expected: Int64?, reserve: Int64) async throws {
    let spool = try SpoolFixture(maxBytes: .max, reserveFreeBytes: reserve)
    let untouched = AsyncThrowingStream<[UInt8], any Error> {
      Issue.record("a byte was asked for")
      return nil
    }
    let error = try await #require(throws: SpoolError.self) {
      try await spool.store.write(id: "huge", expected: expected, chunks: untouched)
    }
    #expect(error.code == .noSpace)
    #expect(spool.names.isEmpty)
  }

  @Test("does not promise the same free space twice, and gives it back")
  func promises() async throws {
    let spool = try SpoolFixture(maxBytes: .max)
    var info = statvfs()
    try #require(statvfs(spool.folder, &info) == 0)
    let most = Int64(info.f_bavail) * Int64(info.f_frsize) / 10 * 6
    let (chunks, source) = AsyncStream.makeStream(of: [UInt8].self)
    let store = spool.store
    async let first = store.write(id: "first", expected: most, chunks: chunks)
    try await eventually { !spool.names.isEmpty }
    let error = try await #require(throws: SpoolError.self) {
      try await store.write(id: "second", expected: most, chunks: Chunks(chunks: []))
    }
    #expect(error.code == .noSpace)
    source.finish()
    _ = try await first
    _ = try await store.write(id: "second", expected: most, chunks: Chunks(chunks: []))
    #expect(spool.names == ["first", "second"])
  }

  @Test("does not replace a file that is there")
  func taken() async throws {
    let spool = try SpoolFixture()
    _ = try await spool.store.write(id: "a", expected: nil, chunks: Chunks(chunks: [[1, 2]]))
    let error = try await #require(throws: SpoolError.self) {
      try await spool.store.write(id: "a", expected: nil, chunks: Chunks(chunks: [[3]]))
    }
    #expect(error.code == .exists)
    #expect(try spool.read("a") == [1, 2])
  }

  @Test(
    "takes only names that stay in the folder",
    arguments: [
      "", ".", "..", "../x", "a/b", "/etc/passwd", ".hidden", "a.part", "a b", "a\\b", "ä",
      String(repeating: "a", count: 129),
    ])
  func names(id: String) async throws {
    let spool = try SpoolFixture()
    let error = try await #require(throws: SpoolError.self) {
      try await spool.store.write(id: id, expected: nil, chunks: Chunks(chunks: [[1]]))
    }
    #expect(error.code == .badIdentifier)
    #expect(throws: SpoolError.self) { try spool.store.open(id: id) }
    #expect(throws: SpoolError.self) { try spool.store.remove(id: id) }
    #expect(!spool.store.exists(id: id))
    #expect(spool.names.isEmpty)
  }

  @Test("keeps folder and files to their owner")
  func modes() async throws {
    let spool = try SpoolFixture()
    let (chunks, source) = AsyncStream.makeStream(of: [UInt8].self)
    let store = spool.store
    async let written = store.write(id: "mine", expected: nil, chunks: chunks)
    try await eventually { !spool.names.isEmpty }
    #expect(try spool.mode(of: "\(spool.folder)/\(spool.names[0])") == 0o600)
    source.finish()
    let file = try await written
    #expect(try spool.mode(of: file.path) == 0o600)
    #expect(try spool.mode(of: spool.folder) == 0o700)
    #expect(try spool.mode(of: spool.root + "/data") == 0o700)
  }

  @Test("takes many files at once")
  func concurrent() async throws {
    let spool = try SpoolFixture()
    let bytes = noise(300_000)
    let store = spool.store
    let hashes = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<20 {
        group.addTask {
          try await store.write(
            id: "f\(number)", expected: nil, chunks: Chunks.cut(bytes, by: 10_000)
          ).sha256
        }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(hashes.count == 1)
    #expect(spool.names.count == 20)
    #expect(spool.store.usage() == 20 * 300_000)
  }
}
