import ImportModel

/// How many rejects a caller allows: `on_error`, `max_rejects`, `max_reject_ratio`.
struct RejectPolicy: Sendable {
  private let options: ImportOptions

  init(_ options: ImportOptions) {
    self.options = options
  }

  /// Most rows that may be bad, whatever else the file holds; nil where only the whole file tells.
  var allowed: Int64? {
    options.onError == .abort ? 0 : options.maxRejects
  }

  /// Says whether rows are too many already, however the file goes on.
  ///
  /// - Throws: `ImportFailure` `too_many_rejects`.
  func checkSoFar(_ counts: RowCounts) throws {
    if options.onError == .abort, counts.bad > 0 {
      throw ImportFailure(
        .tooManyRejects, "\(counts.bad) of \(counts.read) rows were rejected, and none may be",
        hint: "mend the rows in the error report, or send on_error=reject")
    }
    if let limit = options.maxRejects, counts.bad > limit {
      throw ImportFailure(
        .tooManyRejects, "\(counts.bad) rows were rejected, \(limit) may be",
        hint: "mend the rows in the error report, or raise max_rejects")
    }
  }

  /// Says whether rows are too many, once all are read.
  ///
  /// - Throws: `ImportFailure` `too_many_rejects`.
  func check(_ counts: RowCounts) throws {
    try checkSoFar(counts)
    if let ratio = options.maxRejectRatio, Double(counts.bad) > ratio * Double(counts.read) {
      throw ImportFailure(
        .tooManyRejects,
        "\(counts.bad) of \(counts.read) rows were rejected, more than the share of \(ratio)",
        hint: "mend the rows in the error report, or raise max_reject_ratio")
    }
  }
}
