/// Which part of a row of equal things is tried next: all that may be while nothing is refused, then half
/// and half of that until the refused one is found, then more and more again.
///
/// A value without I/O. One refused thing costs about `2 · log2(limit)` tries.
struct SliceWalk: Sendable, Equatable {
  /// How many things there are.
  let count: Int64
  /// The first one that is not decided.
  private(set) var start: Int64 = 0
  /// The most to be tried at once.
  var limit: Int64 {
    didSet { limit = max(1, limit) }
  }
  /// The most to be tried at once while trust is regained.
  private var caution: Int64?
  /// Before this one lies one that is refused.
  private var suspect: Int64?

  init(count: Int64, limit: Int64) {
    self.count = count
    self.limit = max(1, limit)
  }

  /// What to try, or nil behind the last.
  var next: Range<Int64>? {
    guard start < count else { return nil }
    if let suspect { return start..<start + max(1, (suspect - start) / 2) }
    return start..<min(count, start + min(limit, caution ?? limit))
  }

  /// What was tried is done.
  mutating func accept() {
    guard let next else { return }
    start = next.upperBound
    if let end = suspect {
      // Some things are refused only together.
      if start >= end { suspect = nil }
    } else if let size = caution {
      caution = size * 2 < limit ? size * 2 : nil
    }
  }

  /// What was tried was refused.
  ///
  /// - Returns: whether it was a single one, which is passed by.
  mutating func refuse() -> Bool {
    guard let next else { return false }
    guard next.count == 1 else {
      suspect = next.upperBound
      return false
    }
    start = next.upperBound
    suspect = nil
    caution = 1
    return true
  }
}
