extension ImportRecord {
  /// The share of an import's time that reading, validating and staging usually take; merging takes the
  /// rest. Only the bar depends on it.
  private static let stagingShare = 0.35

  /// How much is done, 0 to 1.
  public var progress: Double {
    switch status {
    case .queued: return 0
    case .done, .undone: return 1
    case .parsing, .validated, .loading, .finalizing, .failed, .cancelled: break
    }
    let staged = share(of: bytesDone, in: source.bytes)
    let merged = rowsTotal == nil ? 0 : share(of: counts.merged, in: counts.ok)
    return min(0.999, staged * ImportRecord.stagingShare + merged * (1 - ImportRecord.stagingShare))
  }

  /// Seconds that are left, or nil where nothing can be said.
  public var etaSeconds: Double? {
    guard ImportState.running.contains(status), let begun = stageBegan(.parsing) else { return nil }
    let left = Double(counts.ok - counts.merged)
    if status == .loading, counts.merged > 0, rowsPerSecond > 0 { return left / rowsPerSecond }
    let done = progress
    guard done > 0.01 else { return nil }
    return (asOf - begun) * (1 - done) / done
  }

  /// Seconds and rows a second of each stage of the last attempt.
  public var stages: [StageReport] {
    let attempts = history.lastIndex { $0.name == .parsing } ?? 0
    return history.indices.map { index in
      let stage = history[index]
      let next = index + 1 < history.endIndex ? history[index + 1].at : nil
      let seconds = stage.name.isTerminal ? 0 : max(0, (next ?? asOf) - stage.at)
      let rows = index >= attempts ? rowsMoved(in: stage.name) : nil
      return StageReport(
        name: stage.name, startedAt: rfc3339(stage.at), seconds: rounded(seconds, places: 3),
        rowsPerSecond: rows.flatMap {
          seconds > 0 ? rounded(Double($0) / seconds, places: 1) : nil
        },
        reason: stage.reason)
    }
  }

  /// This object as it was when it entered a stage of its history that has passed since.
  ///
  /// States may pass faster than snapshots are read; whoever watches sees each of them all the same.
  public func atStage(_ index: Int) -> ImportRecord {
    guard index + 1 < history.count else { return self }
    var earlier = self
    earlier.history = Array(history[...index])
    earlier.status = history[index].name
    earlier.asOf = history[index].at
    if !earlier.status.isTerminal {
      earlier.finishedAt = nil
      earlier.failure = nil
    }
    // What came of an undo is told with it.
    earlier.undo.deleted = nil
    earlier.undo.restored = nil
    earlier.undo.left = nil
    // Whoever goes on behind `done` carries a dry run out.
    earlier.isDryRun = options.dryRun && !history[..<index].contains { $0.name == .done }
    if earlier.isDryRun, earlier.status == .done, let diff {
      earlier.counts = diff.counts
      earlier.finishedAt = rfc3339(earlier.asOf)
      earlier.failure = nil
      return earlier
    }
    switch earlier.status {
    case .queued, .parsing:
      earlier.counts = RowCounts()
      earlier.bytesDone = 0
      earlier.rowsTotal = nil
    case .validated, .loading:
      earlier.counts.skipped = 0
      earlier.counts.inserted = 0
      earlier.counts.updated = 0
      earlier.counts.unchanged = 0
    case .finalizing, .done, .failed, .cancelled, .undone: break
    }
    return earlier
  }

  private func stageBegan(_ state: ImportState) -> Double? {
    history.last { $0.name == state }?.at
  }

  private func rowsMoved(in state: ImportState) -> Int64? {
    switch state {
    case .parsing: counts.read
    case .loading: counts.merged
    case .queued, .validated, .finalizing, .done, .failed, .cancelled, .undone: nil
    }
  }

  private func share(of part: Int64, in whole: Int64) -> Double {
    whole > 0 ? min(1, Double(part) / Double(whole)) : 1
  }
}

/// One entry of `stages`.
public struct StageReport: Sendable, Encodable, Equatable {
  /// The state.
  public var name: ImportState
  /// RFC 3339, UTC.
  public var startedAt: String
  /// How long it lasted, or has lasted so far.
  public var seconds: Double
  /// Rows a second, where rows move in it.
  public var rowsPerSecond: Double?
  /// Why the attempt before had no result, where the import waits for another one.
  public var reason: ImportFailure?

  private enum CodingKeys: String, CodingKey {
    case name
    case startedAt = "started_at"
    case seconds
    case rowsPerSecond = "rows_per_second"
    case reason
  }
}

func rounded(_ value: Double, places: Int) -> Double {
  let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
  return (value * scale).rounded() / scale
}
