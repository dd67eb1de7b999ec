import Glibc
import ImportModel

/// A file of this machine, open for reading.
final class LocalFile: FileBytes {
  let size: Int64
  private let descriptor: Int32
  private let path: String

  /// - Throws: `LocalFileError`
  init(_ path: String) throws {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw LocalFileError(path, errno) }
    var facts = stat()
    guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
      defer { close(file) }
      throw LocalFileError(path, facts.st_mode & S_IFMT == S_IFDIR ? EISDIR : ESPIPE)
    }
    descriptor = file
    size = Int64(facts.st_size)
    self.path = path
  }

  deinit { close(descriptor) }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 { return count }
      guard errno == EINTR else { throw LocalFileError(path, errno) }
    }
  }
}

/// Why a file cannot be read.
struct LocalFileError: Error, CustomStringConvertible {
  let description: String

  init(_ path: String, _ code: Int32) {
    description = "\(path): \(String(cString: strerror(code)))"
  }
}
