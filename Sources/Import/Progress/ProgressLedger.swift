import ImportModel

/// What a hub has told so far, and so what is still to tell: a value without I/O.
///
/// States may pass faster than they are read. The history in each record shows those that were missed,
/// and each is told in its turn.
struct ProgressLedger {
  private struct Told {
    var stages: Int
    var record: ImportRecord
    var seq: Int64
    var at: Double
  }

  /// Finished imports are remembered for a while, so that a late notice does not tell them again. Those
  /// that have not ended are forgotten only where there are too many of them alone.
  private let limit: Int
  private var told: [ImportID: Told] = [:]
  private var order: [ImportID] = []
  private(set) var seq: Int64 = 0

  init(limit: Int = 10_000) {
    self.limit = limit
  }

  /// The records to tell, oldest first, each with its number.
  ///
  /// - Parameter evenIfSame: tell the last one although nothing has changed: it shows that the import
  ///   is alive.
  mutating func note(_ record: ImportRecord, evenIfSame: Bool, now: Double) -> [(
    ImportRecord, Int64
  )] {
    let before = told[record.id]
    // Read before what was told last: two readers may overtake each other.
    if let before, record.asOf < before.record.asOf { return [] }
    var pending: [ImportRecord] = []
    let first = before?.stages ?? 0
    if first < record.history.count {
      pending = (first..<record.history.count).map { record.atStage($0) }
    } else if evenIfSame && !record.status.isTerminal || !record.tellsSame(as: before?.record) {
      pending = [record]
    }
    guard !pending.isEmpty else { return [] }
    let numbered = pending.map { record in
      seq += 1
      return (record, seq)
    }
    remember(record, now: now)
    return numbered
  }

  /// The last that was told of an import, and its number.
  func last(of id: ImportID) -> (record: ImportRecord, seq: Int64)? {
    told[id].map { ($0.record, $0.seq) }
  }

  /// Imports that have not ended, or are being taken back, and were last told of before a moment.
  func quiet(since moment: Double, limit: Int) -> [ImportID] {
    Array(
      told.lazy.filter { $0.value.record.isMoving && $0.value.at < moment }
        .map(\.key).prefix(limit))
  }

  /// Notes that an import was looked at and had nothing new.
  mutating func touch(_ id: ImportID, now: Double) {
    told[id]?.at = now
  }

  private mutating func remember(_ record: ImportRecord, now: Double) {
    if told[record.id] == nil {
      order.append(record.id)
      if order.count > limit { told[order.remove(at: oldestFinished ?? 0)] = nil }
    }
    told[record.id] = Told(stages: record.history.count, record: record, seq: seq, at: now)
  }

  private var oldestFinished: Int? {
    order.firstIndex { told[$0]?.record.isMoving == false }
  }
}

extension ImportRecord {
  /// Whether there will be more to tell, although nobody asks for it.
  fileprivate var isMoving: Bool { !status.isTerminal || undo.isRequested }

  /// Whether a client would see no difference, but for the time that has passed.
  fileprivate func tellsSame(as other: ImportRecord?) -> Bool {
    guard var other else { return false }
    other.asOf = asOf
    return self == other
  }
}
