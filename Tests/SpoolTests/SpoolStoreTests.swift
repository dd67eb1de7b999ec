import Glibc
import Spool
import Testing

@Suite("The spool")
struct SpoolStoreTests {
  @Test("reads at any offset, and gives nothing behind the end")
  func reading() async throws {
    let spool = try SpoolFixture()
    let bytes = noise(100_000)
    _ = try await spool.store.write(id: "r", expected: nil, chunks: Chunks(chunks: [bytes]))
    let handle = try spool.store.open(id: "r")
    #expect(handle.size == 100_000)
    for offset in [0, 1, 65_535, 99_999, 100_000, 200_000] {
      var part = [UInt8](repeating: 0, count: 64)
      let count = try part.withUnsafeMutableBytes { try handle.read(into: $0, at: Int64(offset)) }
      #expect(Array(part[..<count]) == Array(bytes.dropFirst(offset).prefix(64)))
    }
  }

  @Test("lets a reader finish with a file that is removed meanwhile")
  func removedWhileOpen() async throws {
    let spool = try SpoolFixture()
    _ = try await spool.store.write(id: "r", expected: nil, chunks: Chunks(chunks: [[1, 2, 3]]))
    let handle = try spool.store.open(id: "r")
    #expect(try spool.store.remove(id: "r"))
    #expect(try !spool.store.remove(id: "r"))
    #expect(!spool.store.exists(id: "r"))
    var part: [UInt8] = [0, 0, 0, 0]
    #expect(try part.withUnsafeMutableBytes { try handle.read(into: $0, at: 0) } == 3)
  }

  @Test("tells a file that is missing from one that cannot be read, without its path")
  func missing() throws {
    let spool = try SpoolFixture()
    let error = try #require(throws: SpoolError.self) { try spool.store.open(id: "nothing-here") }
    #expect(error.code == .missing)
    #expect(error.errno == ENOENT)
    #expect(error.description.contains("No such file"))
    #expect(!error.description.contains("nothing-here") && !"\(error)".contains(spool.folder))
    #expect(error.debugDescription.contains(spool.folder + "/nothing-here"))
  }

  @Test("does not follow links")
  func links() throws {
    let spool = try SpoolFixture()
    try #require(symlink("/etc/passwd", spool.folder + "/link") == 0)
    let error = try #require(throws: SpoolError.self) { try spool.store.open(id: "link") }
    #expect(error.code == .io)
    #expect(!spool.store.exists(id: "link"))
  }

  @Test("sweeps what is old and not kept, and leaves what is not its own")
  func sweep() throws {
    let spool = try SpoolFixture()
    try spool.put("old", age: 5000)
    try spool.put("kept", age: 5000)
    try spool.put("young", age: 10)
    try spool.put(".old.1f.part", age: 90_000)
    try spool.put(".young.1f.part", age: 5000)
    try spool.put(".foreign", age: 90_000)
    try spool.put("not one of ours", age: 90_000)
    #expect(spool.store.usage() == 70)
    #expect(try spool.store.sweep(olderThan: 3600, keeping: ["kept"]) == ["old"])
    #expect(spool.names == [".foreign", ".young.1f.part", "kept", "not one of ours", "young"])
    #expect(spool.store.usage() == 50)
  }

  @Test("removes unfinished files of yesterday when it opens")
  func staleAtStart() throws {
    let spool = try SpoolFixture()
    try spool.put(".a.1f.part", age: 90_000)
    try spool.put("a", age: 900_000)
    _ = try SpoolStore(folder: spool.folder, maxBytes: 1, reserveFreeBytes: 0)
    #expect(spool.names == ["a"])
  }

  @Test("is ready while it can write and the reserve is free, and says what is wrong otherwise")
  func probe() throws {
    let spool = try SpoolFixture()
    try spool.store.probe()
    #expect(spool.names.isEmpty)
    let full = try SpoolFixture(reserveFreeBytes: 1 << 50)
    #expect(try #require(throws: SpoolError.self) { try full.store.probe() }.code == .noSpace)
    rmdir(spool.folder)
    #expect(try #require(throws: SpoolError.self) { try spool.store.probe() }.code == .missing)
  }

  @Test("cannot live where a file is")
  func notAFolder() throws {
    let spool = try SpoolFixture()
    try spool.put("file", age: 0)
    let error = try #require(throws: SpoolError.self) {
      try SpoolStore(folder: spool.folder + "/file", maxBytes: 1, reserveFreeBytes: 0)
    }
    #expect(error.code == .io)
    #expect(error.errno == ENOTDIR)
  }

  @Test("runs blocking calls on a thread of its own")
  func ownThread() async throws {
    let spool = try SpoolFixture()
    let name = try await spool.store.onOwnThread { _ in
      var bytes = [UInt8](repeating: 0, count: 32)
      let file = open("/proc/thread-self/comm", O_RDONLY)
      defer { close(file) }
      return String(decoding: bytes[..<max(0, read(file, &bytes, 32))], as: UTF8.self)
    }
    #expect(name.hasPrefix("spool-"))
  }
}
