/// Which part of a row of equal things is tried next: all that may be while nothing is refused, then half
/// and half of that until the refused one is found, then as much as is likely to pass, and more and more
/// again.
///
/// A value without I/O. One refused thing costs about `2 · log2(limit)` tries where they are rare, and
/// `log2` of the things between two of them, and two more, where they are not.
struct SliceWalk: Sendable, Equatable {
  /// How many things there are.
  let count: Int64
  /// A refused part that has no more things than this is not halved any further.
  let grain: Int64
  /// The first one that is not decided.
  private(set) var start: Int64 = 0
  /// The most to be tried at once.
  var limit: Int64 {
    didSet { limit = max(1, limit) }
  }
  /// How many things lie between two refused ones, as far as is known: the later ones count more.
  private(set) var gap: Double?
  /// The most to be tried at once while trust is regained.
  private var caution: Int64?
  /// Before this one lies one that is refused.
  private var suspect: Int64?
  /// Behind the last refused one.
  private var refused: Int64 = 0

  /// - Parameter gap: what another walk over such things came to know.
  init(count: Int64, limit: Int64, grain: Int64 = 1, gap: Double? = nil) {
    self.count = count
    self.limit = max(1, limit)
    self.grain = max(1, grain)
    self.gap = gap
    caution = gap.map(SliceWalk.size)
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
  /// - Returns: whether it was a single one, or so few as the grain has, which are passed by.
  mutating func refuse() -> Bool {
    guard let next else { return false }
    guard next.count <= grain else {
      suspect = next.upperBound
      return false
    }
    start = next.upperBound
    suspect = nil
    let seen = Double(start - refused)
    refused = start
    let mean = gap.map { ($0 * 3 + seen) / 4 } ?? seen
    gap = mean
    caution = SliceWalk.size(mean)
    return true
  }

  /// So many pass as often as not.
  private static func size(_ gap: Double) -> Int64 { max(1, Int64(gap * 0.7)) }
}
