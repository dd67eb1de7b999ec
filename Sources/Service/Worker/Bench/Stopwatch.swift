import Glibc

/// Time that passed, and what the thread at hand had of it.
struct Stopwatch {
  private(set) var seconds = 0.0
  private(set) var cpuSeconds = 0.0

  /// A moment.
  struct Moment {
    fileprivate let clock: Double
    fileprivate let cpu: Double
  }

  static var now: Moment {
    Moment(clock: read(CLOCK_MONOTONIC), cpu: read(CLOCK_THREAD_CPUTIME_ID))
  }

  /// Adds what `body` takes.
  mutating func measure<Result>(_ body: () throws -> Result) rethrows -> Result {
    let began = Stopwatch.now
    defer { add(since: began) }
    return try body()
  }

  /// Adds what has passed since a moment on the same thread.
  mutating func add(since began: Moment) {
    let now = Stopwatch.now
    seconds += now.clock - began.clock
    cpuSeconds += now.cpu - began.cpu
  }

  static func + (one: Stopwatch, other: Stopwatch) -> Stopwatch {
    var sum = one
    sum.seconds += other.seconds
    sum.cpuSeconds += other.cpuSeconds
    return sum
  }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    // It can fail only for a clock that does not exist.
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
