import Glibc
public import ImportModel

/// A file of the spool, open for reading from any thread.
///
/// Closed with its last reference. Reads block, and belong onto a thread of their own.
public final class SpoolHandle: FileBytes {
  /// Length of the file in bytes.
  public let size: Int64
  private let descriptor: Int32
  private let path: String

  init(path: String) throws {
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0 else { throw SpoolError.io("open a file", path: path) }
    var info = stat()
    guard fstat(file, &info) == 0 else {
      defer { close(file) }
      throw SpoolError.io("look at a file", path: path)
    }
    // Advice only: it doubles the read-ahead; without it reading is right as well.
    posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL)
    descriptor = file
    size = Int64(info.st_size)
    self.path = path
  }

  deinit { close(descriptor) }

  /// Reads from a place in the file (pread(2)).
  ///
  /// - Parameter offset: bytes from the start of the file.
  /// - Returns: how many bytes came; fewer than there is room for may come, 0 only at the end.
  /// - Throws: `SpoolError`.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 { return count }
      guard errno == EINTR else { throw SpoolError.io("read a file", path: path) }
    }
  }
}
