/// How an import goes in by batches.
public struct BatchSettings: Sendable, Equatable {
  /// What the 95th percentile of the times of batches should come to, in seconds: so long waits, at most, who
  /// wants a row that a batch has written.
  public var seconds: Double
  /// The share of the time in which batches work, more than 0 and at most 1; they rest in the remaining one.
  public var duty: Double
  /// Rows of the first batch.
  public var firstRows: Int
  /// The least and the most rows of a batch.
  public var bounds: ClosedRange<Int>

  /// Half a second each, four fifths of the time.
  public init(
    seconds: Double = 0.5, duty: Double = 0.8, firstRows: Int = 10_000,
    bounds: ClosedRange<Int> = 1_000...200_000
  ) {
    self.seconds = seconds
    self.duty = duty
    self.firstRows = firstRows
    self.bounds = bounds
  }
}
