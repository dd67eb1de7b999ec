import Glibc

/// Tuples on disk, so that COPY can be measured without those who make them.
///
/// The file has no name: it goes away with the process, whatever happens.
final class TupleFile: Sendable {
  private static let pieceBytes = 1 << 20

  private let descriptor: Int32

  /// - Parameter folder: where the bytes lie.
  /// - Throws: `TupleFileError`
  init(in folder: String) throws {
    var random = SystemRandomNumberGenerator()
    let path = "\(folder)/sluice-tuples-\(String(random.next() as UInt64, radix: 36))"
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0, unlink(path) == 0 else { throw TupleFileError("open", errno) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Appends the first `count` bytes.
  func append(_ bytes: [UInt8], count: Int) throws {
    try bytes.withUnsafeBytes { bytes in
      var written = 0
      while written < count {
        let taken = write(descriptor, bytes.baseAddress?.advanced(by: written), count - written)
        if taken < 0 && errno == EINTR { continue }
        guard taken > 0 else { throw TupleFileError("write", errno) }
        written += taken
      }
    }
  }

  /// The next bytes from a place on, at most so many as fit; none behind the last.
  func read(into bytes: inout [UInt8], at offset: Int) throws -> Int {
    if bytes.isEmpty { bytes = [UInt8](repeating: 0, count: TupleFile.pieceBytes) }
    return try bytes.withUnsafeMutableBytes { bytes in
      while true {
        let taken = pread(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
        if taken >= 0 { return taken }
        guard errno == EINTR else { throw TupleFileError("read", errno) }
      }
    }
  }
}

/// Why tuples cannot be put aside on disk.
struct TupleFileError: Error, CustomStringConvertible {
  let description: String

  init(_ operation: String, _ code: Int32) {
    description =
      "tuples could not be put aside on disk (\(operation): \(String(cString: strerror(code))))"
  }
}
