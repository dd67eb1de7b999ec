import Glibc
import Synchronization

/// The standard error of the process, as the place where log lines go.
public enum StandardError {
  /// A pipe keeps lines of several threads apart up to 4 KiB only (pipe(7)); ours may be longer.
  private static let turn = Mutex<Void>(())

  /// Writes a line with one `write(2)`, or with more where the kernel takes only a part.
  ///
  /// Where standard error is closed or full for good, the line is lost: there is nobody to tell.
  public static func write(_ line: [UInt8]) {
    write(line, to: STDERR_FILENO)
  }

  static func write(_ line: [UInt8], to file: Int32) {
    turn.withLock { _ in
      line.withUnsafeBytes { bytes in
        var rest = bytes[...]
        while !rest.isEmpty {
          let count = Glibc.write(
            file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
          if count > 0 {
            rest = rest.dropFirst(count)
          } else if errno == EAGAIN {
            guard waitUntilWritable(file) else { return }
          } else if errno != EINTR {
            return
          }
        }
      }
    }
  }

  /// Waits up to a second, for a standard error that someone has made non-blocking.
  private static func waitUntilWritable(_ file: Int32) -> Bool {
    var entry = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
    return poll(&entry, 1, 1000) > 0
  }
}
