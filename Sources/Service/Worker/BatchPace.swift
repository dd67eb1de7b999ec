import ImportModel

/// Chooses how many rows the next batch has at most, so that the rejects of a batch stay few: invariant 9.
///
/// A value without I/O. What a file is like is known only once a batch of it was read, so the first one
/// is small enough to be all bad.
struct BatchPace: Sendable, Equatable {
  static let bounds = 64...32_768
  /// Rejects that a batch should have at most.
  static let rejectAim = 1000

  /// Rows of the next batch.
  private(set) var rows: Int
  private let most: Int

  /// Begins with 1,024 rows, so that COPY waits for little.
  ///
  /// - Parameter most: more rows than these must not be in any batch.
  init(most: Int? = nil) {
    self.most = min(most ?? BatchPace.bounds.upperBound, BatchPace.bounds.upperBound)
    rows = min(self.most, 1024)
  }

  /// Learns from a batch.
  mutating func note(_ batch: EncodedBatch) {
    let read = batch.rowsOK + batch.rowsBad
    guard batch.rejects.count * 2 > BatchPace.rejectAim else {
      rows = min(most, rows * 2)
      return
    }
    let fitting = read * BatchPace.rejectAim / batch.rejects.count
    rows = min(most, rows * 2, max(BatchPace.bounds.lowerBound, fitting))
  }
}
