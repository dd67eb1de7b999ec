import Glibc
import Spool
import Testing

/// A spool in a folder of its own, removed with the fixture.
final class SpoolFixture: Sendable {
  let root: String
  let folder: String
  let store: SpoolStore

  init(maxBytes: Int64 = 1 << 40, reserveFreeBytes: Int64 = 0, limitBytes: Int64? = nil) throws {
    var template = Array("/tmp/sluice-spool-XXXXXX".utf8CString)
    let made = try #require(mkdtemp(&template), "mkdtemp failed")
    root = String(cString: made)
    folder = root + "/data/spool"
    store = try SpoolStore(
      folder: folder, maxBytes: maxBytes, reserveFreeBytes: reserveFreeBytes,
      limitBytes: limitBytes)
  }

  deinit {
    for name in names { unlink("\(folder)/\(name)") }
    rmdir(folder)
    rmdir(root + "/data")
    rmdir(root)
  }

  /// Everything in the folder.
  var names: [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Puts a file beside the spool's own, last written `age` seconds ago.
  func put(_ name: String, bytes: Int = 10, age: Int) throws {
    let file = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_EXCL, 0o600)
    try #require(file >= 0)
    let content = [UInt8](repeating: 1, count: bytes)
    try #require(write(file, content, bytes) == bytes)
    let moment = timespec(tv_sec: time(nil) - age, tv_nsec: 0)
    try #require(futimens(file, [moment, moment]) == 0)
    close(file)
  }

  func mode(of path: String) throws -> mode_t {
    var info = stat()
    try #require(lstat(path, &info) == 0)
    return info.st_mode & 0o7777
  }

  func read(_ id: String) throws -> [UInt8] {
    let handle = try store.open(id: id)
    var bytes = [UInt8](repeating: 0, count: Int(handle.size))
    var offset = 0
    while offset < bytes.count {
      let count = try bytes.withUnsafeMutableBytes {
        try handle.read(
          into: UnsafeMutableRawBufferPointer(rebasing: $0[offset...]), at: Int64(offset))
      }
      try #require(count > 0)
      offset += count
    }
    return bytes
  }
}

/// Bytes that look random and are the same every time.
func noise(_ count: Int) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for index in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      buffer[index] = UInt8(truncatingIfNeeded: state >> 56)
    }
    initialized = count
  }
}

/// Chunks that are all there, then the end or an error.
struct Chunks: AsyncSequence, Sendable {
  struct Broken: Error {}

  var chunks: [[UInt8]]
  var fails = false

  /// Cuts bytes into pieces of one size.
  static func cut(_ bytes: [UInt8], by size: Int) -> Chunks {
    Chunks(
      chunks: stride(from: 0, to: bytes.count, by: size).map {
        Array(bytes[$0..<Swift.min($0 + size, bytes.count)])
      })
  }

  func makeAsyncIterator() -> Iterator { Iterator(chunks: chunks[...], fails: fails) }

  struct Iterator: AsyncIteratorProtocol {
    var chunks: ArraySlice<[UInt8]>
    let fails: Bool

    mutating func next() async throws -> [UInt8]? {
      if chunks.isEmpty && fails { throw Broken() }
      return chunks.popFirst()
    }
  }
}

/// Waits until a condition holds.
func eventually(_ condition: () throws -> Bool) async throws {
  for _ in 0..<10_000 {
    if try condition() { return }
    try await Task.sleep(for: .milliseconds(1))
  }
  Issue.record("the condition did not come true within ten seconds")
}
