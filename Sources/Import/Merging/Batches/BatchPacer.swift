import ImportModel

/// How many rows the next batch takes, and how long to rest before it.
///
/// A value without I/O. The 95th percentile of the times of batches is kept near the time that is aimed at. They
/// rest as long as the share of work asks for; while batches take much longer than they should, or others wait for
/// their locks, twice as long with each batch, up to some seconds, and half as long again when that is over. As
/// whoever waits waits for the end of a batch, batches get smaller then too.
struct BatchPacer: Sendable, Equatable {
  /// A batch that takes so many times as long as aimed at shows that the database has other work.
  private static let strain = 2.0
  private static let longestRest = 5.0
  private static let highestLevel = 6

  /// Seconds to rest before the next batch.
  private(set) var rest = 0.0
  private let settings: BatchSettings
  private var tuner: SizeTuner
  /// How often the rest was doubled.
  private var level = 0

  init(_ settings: BatchSettings) {
    self.settings = settings
    tuner = SizeTuner(
      rows: settings.firstRows, bounds: settings.bounds,
      aim: settings.seconds * 0.6...settings.seconds)
  }

  /// Rows of the next batch.
  var rows: Int { tuner.rows }

  /// The 95th percentile of the times of the last batches of this size; nil before the first.
  var p95: Double? { tuner.p95 }

  /// Learns from a batch that is in.
  ///
  /// - Parameters:
  ///   - seconds: how long it took, its commit included.
  ///   - waiting: sessions that waited for it at its end.
  mutating func note(rows: Int, seconds: Double, waiting: Int) {
    tuner.note(rows: rows, seconds: seconds)
    if waiting > 0 { tuner.yield() }
    let isStrained = seconds > settings.seconds * BatchPacer.strain
    rest(after: seconds, giveWay: waiting > 0 || isStrained)
  }

  /// Learns from a batch that did not get the locks that it needed.
  mutating func noteRefusal() {
    tuner.yield()
    rest(after: settings.seconds, giveWay: true)
  }

  private mutating func rest(after seconds: Double, giveWay: Bool) {
    level = giveWay ? min(level + 1, BatchPacer.highestLevel) : max(level - 1, 0)
    let share = seconds * (1 - settings.duty) / settings.duty
    let room = level == 0 ? 0 : settings.seconds * Double(1 << (level - 1))
    rest = min(BatchPacer.longestRest, max(share, room))
  }
}
