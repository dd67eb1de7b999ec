#if CRASH_POINTS
  import Glibc
  import Synchronization
#endif

/// A place where tests end the process as a power cut would: before and behind each commit, of a transaction of
/// Postgres or of a file.
///
/// Compiled in for tests only, in debug builds (`CRASH_POINTS` in Package.swift); elsewhere nothing of it is left.
/// A place is named after the function that commits, such as `Staging/ChunkLoader.load:before`.
///
/// - `SLUICE_CRASH_AT=NAME*3`: the process is killed when it comes to the place for the third time.
/// - `SLUICE_STOP_AT=NAME*3`: it is stopped there, as if its machine slept, until somebody wakes it (SIGCONT).
/// - `SLUICE_CRASH_TRACE=FILE`: the name of each place that is passed is appended to the file, a line each.
public enum CrashPoint {
  /// On which side of a commit.
  public enum Side: String, Sendable {
    case before, behind
  }

  /// Passes a place, unless the process is to end there.
  ///
  /// - Parameters:
  ///   - file: of the function that commits, as `#fileID` has it.
  ///   - function: its name, as `#function` has it.
  public static func pass(_ side: Side, _ file: StaticString, _ function: StaticString) {
    #if CRASH_POINTS
      Places.shared.pass(side, file, function)
    #endif
  }
}

#if CRASH_POINTS
  /// A place that is waited for, at its so-manieth time.
  private final class Place: Sendable {
    private let name: String
    private let count: Int
    private let passed = Mutex(0)

    init?(_ setting: String?) {
      guard let parts = setting?.split(separator: "*") else { return nil }
      name = String(parts[0])
      count = parts.count > 1 ? Int(parts[1]) ?? 1 : 1
    }

    func isReached(_ name: String) -> Bool {
      name == self.name
        && passed.withLock {
          $0 += 1
          return $0 == count
        }
    }
  }

  private final class Places: Sendable {
    static let shared = Places()

    private let trace: Int32
    private let crash: Place?
    private let stop: Place?

    private init() {
      trace =
        Self.setting("SLUICE_CRASH_TRACE").map {
          open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        } ?? -1
      crash = Place(Self.setting("SLUICE_CRASH_AT"))
      stop = Place(Self.setting("SLUICE_STOP_AT"))
    }

    private static func setting(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }
    }

    func pass(_ side: CrashPoint.Side, _ file: StaticString, _ function: StaticString) {
      guard trace >= 0 || crash != nil || stop != nil else { return }
      let place = "\(file)".prefix { $0 != "." } + "." + "\(function)".prefix { $0 != "(" }
      let name = "\(place):\(side)"
      note(name)
      if let stop, stop.isReached(name) { raise(SIGSTOP) }
      if let crash, crash.isReached(name) {
        kill(getpid(), SIGKILL)
        // It is on its way.
        while true { pause() }
      }
    }

    private func note(_ name: String) {
      guard trace >= 0 else { return }
      let line = Array((name + "\n").utf8)
      // A short line is written as a whole, or the test misses it.
      _ = line.withUnsafeBytes { write(trace, $0.baseAddress, $0.count) }
    }
  }
#endif
