import Glibc

/// A file that is being written, and is removed unless it is renamed at the end.
struct TemporaryFile: ~Copyable {
  private let descriptor: Int32
  private let path: String

  init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit {
    close(descriptor)
    unlink(path)
  }

  /// Appends bytes.
  func write(_ bytes: RawSpan) throws {
    try bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = Glibc.write(
          descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count >= 0 {
          rest = rest.dropFirst(count)
        } else if errno != EINTR {
          throw SpoolError.io("write a file", path: path)
        }
      }
    }
  }

  /// Makes the content durable.
  func flush() throws {
    guard fsync(descriptor) == 0 else { throw SpoolError.io("flush a file", path: path) }
  }

  /// Gives the file its final name. What the deinit removes afterwards is the old name, which is gone.
  consuming func rename(to final: String) throws {
    guard Glibc.rename(path, final) == 0 else { throw SpoolError.io("rename a file", path: path) }
  }
}
