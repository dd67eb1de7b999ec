import ImportModel

/// How often clients are told of an import: as soon as there is something to tell, but so many times in any second at
/// most. A value without I/O.
struct MessagePace {
  private let limit: Int
  private var tellings: [ImportID: [Double]] = [:]

  /// - Parameter limit: tellings in any one second.
  init(limit: Int) {
    self.limit = limit
  }

  /// Takes an import's next telling, if it may be now.
  ///
  /// - Parameter now: in seconds, never less than before.
  mutating func allows(_ id: ImportID, now: Double) -> Bool {
    var recent = (tellings[id] ?? []).filter { now - $0 < 1 }
    let isAllowed = recent.count < limit
    if isAllowed { recent.append(now) }
    tellings[id] = recent
    return isAllowed
  }

  /// Forgets imports that have not been told of for a second.
  mutating func forgetQuiet(now: Double) {
    tellings = tellings.filter { now - ($0.value.last ?? 0) < 1 }
  }
}
