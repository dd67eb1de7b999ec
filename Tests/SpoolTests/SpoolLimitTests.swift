import Glibc
import Spool
import Testing

@Suite("The limit of the spool")
struct SpoolLimitTests {
  private static let mebibyte: Int64 = 1 << 20

  private static func refuses(_ spool: SpoolFixture, _ mebibytes: Int64?) -> Bool {
    do {
      try spool.store.checkRoom(for: mebibytes.map { $0 * mebibyte })
      return false
    } catch {
      return (error as? SpoolError)?.code == .full
    }
  }

  @Test("what lies there and what was announced counts, and is room again when it is gone")
  func announced() async throws {
    let spool = try SpoolFixture(limitBytes: 10 * Self.mebibyte)
    try spool.put("old", bytes: 4 << 20, age: 10)
    let (chunks, source) = AsyncThrowingStream.makeStream(of: [UInt8].self)
    let store = spool.store
    let written = Task {
      try await store.write(id: "coming", expected: 5 * Self.mebibyte, chunks: chunks)
    }
    try await eventually { Self.refuses(spool, 2) }
    #expect(!Self.refuses(spool, 1))
    #expect(!Self.refuses(spool, nil))
    // What has come is not counted twice.
    source.yield(noise(3 << 20))
    try await eventually { spool.store.usage() >= 6 << 20 }
    try await eventually { !Self.refuses(spool, 1) && Self.refuses(spool, 2) }

    let error = try await #require(throws: SpoolError.self) {
      try await store.write(id: "more", expected: 2 * Self.mebibyte, chunks: NeverRead())
    }
    #expect(error.code == .full)
    #expect(spool.names.count == 2)

    source.finish(throwing: Chunks.Broken())
    await #expect(throws: Chunks.Broken.self) { try await written.value }
    try await eventually { !Self.refuses(spool, 6) }
    #expect(Self.refuses(spool, 7))
    // As another process does it.
    unlink("\(spool.folder)/old")
    try await eventually { !Self.refuses(spool, 10) }
    #expect(Self.refuses(spool, 11))
  }

  @Test("a file of unknown length is refused when it comes to the limit, and leaves nothing")
  func unknownLength() async throws {
    let spool = try SpoolFixture(limitBytes: 3 * Self.mebibyte)
    let within = try await spool.store.write(
      id: "within", expected: nil, chunks: Chunks.cut(noise(2 << 20), by: 65_536))
    #expect(within.bytes == 2 * Self.mebibyte)
    let error = try await #require(throws: SpoolError.self) {
      try await spool.store.write(
        id: "beyond", expected: nil, chunks: Chunks.cut(noise(2 << 20), by: 65_536))
    }
    #expect(error.code == .full)
    #expect(spool.names == ["within"])
  }

  @Test("a store that opens the folder anew knows what lies there")
  func restart() throws {
    let spool = try SpoolFixture()
    try spool.put("left", bytes: 2 << 20, age: 10)
    let again = try SpoolStore(
      folder: spool.folder, maxBytes: .max, reserveFreeBytes: 0, limitBytes: 3 * Self.mebibyte)
    try again.checkRoom(for: Self.mebibyte)
    let error = try #require(throws: SpoolError.self) {
      try again.checkRoom(for: Self.mebibyte + 1)
    }
    #expect(error.code == .full)
  }
}

/// Chunks that nobody may ask for.
private struct NeverRead: AsyncSequence, AsyncIteratorProtocol, Sendable {
  func makeAsyncIterator() -> NeverRead { self }

  mutating func next() async throws -> [UInt8]? {
    Issue.record("it was read")
    return nil
  }
}
