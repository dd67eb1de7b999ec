import Glibc

/// Wakes a thread that waits in `poll(2)`.
final class WakePipe: Sendable {
  /// The end to poll for reading.
  let readEnd: Int32
  private let writeEnd: Int32

  /// - Throws: `PostgresError` with code `connection` when the process has no descriptors left.
  init() throws {
    var ends: [Int32] = [-1, -1]
    // A pair of sockets, since it can be made non-blocking and close-on-exec in one call.
    let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, flags, 0, &ends) == 0 else {
      throw PostgresError(
        code: .connection, message: "socketpair: \(String(cString: strerror(errno)))")
    }
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  deinit {
    Glibc.close(readEnd)
    Glibc.close(writeEnd)
  }

  /// Never blocks: a full pipe wakes as well.
  func wake() {
    var byte: UInt8 = 1
    _ = write(writeEnd, &byte, 1)
  }
}
