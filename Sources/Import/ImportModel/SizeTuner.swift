/// Chooses how many rows a piece of work has, so that it takes neither too short nor too long.
///
/// A value without I/O: times in, sizes out. It keeps the 95th percentile of the last pieces' times
/// inside an aim: shorter ones waste time on their edges, longer ones lose more when they are lost, and
/// leave those who watch without news.
public struct SizeTuner: Sendable, Equatable {
  private static let window = 20

  /// Rows of the next piece.
  public private(set) var rows: Int
  private let aim: ClosedRange<Double>
  private let bounds: ClosedRange<Int>
  private var seconds: [Double] = []

  /// Begins with a guess.
  ///
  /// - Parameter aim: seconds that the 95th percentile should lie between.
  public init(rows: Int, bounds: ClosedRange<Int>, aim: ClosedRange<Double>) {
    self.rows = rows
    self.bounds = bounds
    self.aim = aim
  }

  /// The 95th percentile of the last pieces' times, by nearest rank; nil before the first.
  public var p95: Double? {
    guard !seconds.isEmpty else { return nil }
    let sorted = seconds.sorted()
    let rank = Int((0.95 * Double(sorted.count)).rounded(.up))
    return sorted[max(0, rank - 1)]
  }

  /// Learns from a piece.
  ///
  /// - Parameters:
  ///   - rows: rows it had. One much smaller than asked for, the last of a file, teaches nothing.
  ///   - seconds: how long it took.
  public mutating func note(rows: Int, seconds: Double) {
    guard rows * 2 >= self.rows else { return }
    self.seconds.append(seconds)
    if self.seconds.count > SizeTuner.window { self.seconds.removeFirst() }
    guard let p95, !aim.contains(p95) else { return }
    let middle = (aim.lowerBound * aim.upperBound).squareRoot()
    resize(by: min(2, max(0.5, middle / max(p95, 0.001))))
  }

  /// Halves the pieces, because others wait for them to end.
  public mutating func yield() { resize(by: 0.5) }

  private mutating func resize(by factor: Double) {
    let next = min(bounds.upperBound, max(bounds.lowerBound, Int(Double(rows) * factor)))
    if next != rows {
      rows = next
      // Times of pieces of another size say nothing of this one.
      self.seconds.removeAll(keepingCapacity: true)
    }
  }
}
