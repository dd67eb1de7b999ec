import Glibc

/// Why bytes could not be put aside on disk.
public struct SpillError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was tried.
  public let operation: String
  /// The code of the system (`errno`).
  public let code: Int32

  /// Stable name of the reason.
  public static let name = "spill_failed"

  /// One sentence, without paths.
  public var description: String {
    "Texts of the workbook could not be put aside (\(operation): \(String(cString: strerror(code))))."
  }
}

/// Bytes that are written once, one behind the other, and then read in any order. Beyond a limit they lie
/// in a file without a name, and of that only some pages are in memory.
final class SpilledBytes {
  private let memoryLimit: Int
  private let folder: String
  private var memory: ByteBuffer
  private var descriptor: Int32 = -1
  /// Bytes written in all.
  private(set) var count = 0

  private let pageSlots: Int
  private var pages: UnsafeMutableRawPointer?
  private var pageNumbers: [Int] = []

  private static let pageBytes = 4096
  private static let writeBytes = 256 << 10

  /// - Parameters:
  ///   - memoryLimit: bytes that are held in memory, before and after spilling.
  ///   - folder: where the file is made.
  init(memoryLimit: Int, folder: String) {
    self.memoryLimit = max(memoryLimit, 1)
    self.folder = folder
    memory = ByteBuffer(capacity: min(self.memoryLimit, 64 << 10))
    pageSlots = max(self.memoryLimit / SpilledBytes.pageBytes, 4)
  }

  deinit {
    pages?.deallocate()
    if descriptor >= 0 { close(descriptor) }
  }

  /// Whether the bytes lie in a file.
  var isSpilled: Bool { descriptor >= 0 }

  /// Appends bytes.
  func append(_ bytes: UnsafeRawBufferPointer) throws(SpillError) {
    if descriptor < 0, memory.count + bytes.count > memoryLimit {
      descriptor = try openFile()
      try flush()
      memory = ByteBuffer(capacity: SpilledBytes.writeBytes)
    }
    memory.append(bytes)
    count += bytes.count
    if descriptor >= 0, memory.count >= SpilledBytes.writeBytes { try flush() }
  }

  /// Ends writing: must be called before the first read.
  func seal() throws(SpillError) {
    guard descriptor >= 0 else { return }
    try flush()
    memory = ByteBuffer(capacity: 16)
    let bytes = pageSlots * SpilledBytes.pageBytes
    pages = .allocate(byteCount: bytes, alignment: SpilledBytes.pageBytes)
    pageNumbers = Array(repeating: -1, count: pageSlots)
  }

  /// Hands out the bytes of a range that was written, in one or more pieces.
  @inline(__always)
  func read(
    at offset: Int, count wanted: Int, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(SpillError) {
    if descriptor < 0 {
      body(UnsafeRawBufferPointer(rebasing: memory.bytes[offset..<(offset + wanted)]))
    } else {
      try readPages(at: offset, count: wanted, body)
    }
  }

  private func readPages(
    at offset: Int, count wanted: Int, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(SpillError) {
    var offset = offset
    let end = offset + wanted
    while offset < end {
      let number = offset / SpilledBytes.pageBytes
      let page = try page(number)
      let inPage = offset - number * SpilledBytes.pageBytes
      let length = min(SpilledBytes.pageBytes - inPage, end - offset)
      body(UnsafeRawBufferPointer(start: page + inPage, count: length))
      offset += length
    }
  }

  private func page(_ number: Int) throws(SpillError) -> UnsafeRawPointer {
    guard let pages else { throw SpillError(operation: "read", code: EBADF) }
    let slot = number % pageSlots
    let page = pages + slot * SpilledBytes.pageBytes
    if pageNumbers[slot] == number { return UnsafeRawPointer(page) }
    pageNumbers[slot] = -1
    let start = number * SpilledBytes.pageBytes
    let wanted = min(SpilledBytes.pageBytes, count - start)
    var filled = 0
    while filled < wanted {
      let taken = pread(descriptor, page + filled, wanted - filled, off_t(start + filled))
      if taken < 0 && errno == EINTR { continue }
      guard taken > 0 else {
        throw SpillError(operation: "read", code: taken == 0 ? EIO : errno)
      }
      filled += taken
    }
    pageNumbers[slot] = number
    return UnsafeRawPointer(page)
  }

  private func flush() throws(SpillError) {
    var written = 0
    while written < memory.count {
      let taken = write(descriptor, memory.start + written, memory.count - written)
      if taken < 0 && errno == EINTR { continue }
      guard taken > 0 else { throw SpillError(operation: "write", code: errno) }
      written += taken
    }
    memory.count = 0
  }

  /// The file loses its name at once, so that it goes away with the process, whatever happens.
  private func openFile() throws(SpillError) -> Int32 {
    var random = SystemRandomNumberGenerator()
    let path = "\(folder)/sluice-strings-\(String(random.next() as UInt64, radix: 36))"
    let file = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw SpillError(operation: "open", code: errno) }
    if unlink(path) != 0 {
      let code = errno
      close(file)
      throw SpillError(operation: "unlink", code: code)
    }
    return file
  }
}
