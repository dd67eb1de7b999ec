public import ImportModel
import Synchronization

/// The counters of one running import: its worker writes them, the publisher reads them.
public final class ImportMeter: Sendable {
  /// What the meter shows.
  public struct Reading: Sendable, Equatable {
    /// Bytes of the file read so far.
    public var bytesDone: Int64 = 0
    /// Rows so far.
    public var counts = RowCounts()
    /// Rows a second of the stage at hand, smoothed.
    public var rowsPerSecond: Double = 0
  }

  private struct State {
    var reading = Reading()
    var rate = RateEstimate()
  }

  /// The lease under which the import runs.
  public let lease: Lease
  /// Where its time goes.
  public let profile = ProfileRecorder()
  private let state = Mutex(State())
  private let clock = ContinuousClock()
  private let origin: ContinuousClock.Instant

  /// A meter at zero.
  public init(lease: Lease) {
    self.lease = lease
    origin = clock.now
  }

  /// What it shows now.
  public var reading: Reading { state.withLock { $0.reading } }

  /// Changes the counters.
  public func update(_ change: @Sendable (inout Reading) -> Void) {
    let now = (clock.now - origin) / .seconds(1)
    state.withLock {
      change(&$0.reading)
      $0.rate.note(rows: $0.reading.counts.read + $0.reading.counts.merged, at: now)
      $0.reading.rowsPerSecond = $0.rate.rowsPerSecond
    }
  }

  /// Begins to measure the rate anew, because another stage has begun.
  public func beginStage() {
    state.withLock {
      $0.rate = RateEstimate()
      $0.reading.rowsPerSecond = 0
    }
  }
}

/// Rows a second, smoothed exponentially over about three seconds.
struct RateEstimate {
  private static let horizon = 3.0
  private var last: (rows: Int64, at: Double)?
  private(set) var rowsPerSecond: Double = 0

  mutating func note(rows: Int64, at now: Double) {
    // Rows go back when a chunk or a merge is begun again.
    guard let last, rows >= last.rows else {
      self.last = (rows, now)
      return
    }
    let seconds = now - last.at
    guard seconds >= 0.1 else { return }
    let current = Double(rows - last.rows) / seconds
    let weight = rowsPerSecond == 0 ? 1 : min(1, seconds / RateEstimate.horizon)
    rowsPerSecond += (current - rowsPerSecond) * weight
    self.last = (rows, now)
  }
}
