import Glibc
import Threading

/// SIGINT and SIGTERM as values. A second one ends the process at once.
enum Signals {
  private static let executor = ThreadExecutor(name: "signals")

  /// Begins to listen; the first call of the program.
  static func listen() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    signalPipe = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // A shell starts its background jobs with SIGINT ignored: it is ours all the same.
    signal(SIGINT, noteSignal)
    signal(SIGTERM, noteSignal)
    // A client that goes away must not end the server.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Waits for one of them.
  static func next() async -> Int32 {
    await withTaskExecutorPreference(executor) { readSignal() }
  }

  private static func readSignal() -> Int32 {
    var byte: UInt8 = 0
    while true {
      let count = read(signalPipe.read, &byte, 1)
      if count == 1 { return Int32(byte) }
      // Without the pipe no signal is ever noted, and its default action ends the process.
      if count == 0 || errno != EINTR { pause() }
    }
  }
}

/// Written once, before any handler is there; read only afterwards.
nonisolated(unsafe) private var signalPipe: (read: Int32, write: Int32) = (-1, -1)
/// Only the handler touches it, and Linux runs one handler of a signal at a time.
nonisolated(unsafe) private var signalCount: Int32 = 0

/// Nothing but what is safe in a signal handler: signal-safety(7).
private func noteSignal(_ signal: Int32) {
  signalCount += 1
  if signalCount > 1 { _exit(ExitCode.interrupted) }
  let before = errno
  var byte = UInt8(truncatingIfNeeded: signal)
  _ = write(signalPipe.write, &byte, 1)
  errno = before
}
