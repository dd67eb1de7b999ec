extension ImportRecord: Encodable {
  private enum Key: String, CodingKey {
    case taskID = "task_id"
    case idempotencyKey = "idempotency_key"
    case status, target, mode, key, scope
    case dryRun = "dry_run"
    case commit, priority, attempt, source
    case bytesTotal = "bytes_total"
    case bytesDone = "bytes_done"
    case rowsTotal = "rows_total"
    case rowsRead = "rows_read"
    case rowsOK = "rows_ok"
    case rowsBad = "rows_bad"
    case rowsSkipped = "rows_skipped"
    case rowsInserted = "rows_inserted"
    case rowsUpdated = "rows_updated"
    case rowsUnchanged = "rows_unchanged"
    case throughput = "throughput_rps"
    case eta = "eta_seconds"
    case progress
    case createdAt = "created_at"
    case startedAt = "started_at"
    case finishedAt = "finished_at"
    case stages, error, plan, batches, profile, warnings, undo, links
  }

  /// Writes the object with every field of the contract, `null` where there is no value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(id.description, forKey: .taskID)
    try container.encode(idempotencyKey, forKey: .idempotencyKey)
    try container.encode(status, forKey: .status)
    try container.encode(target, forKey: .target)
    try container.encode(options.mode, forKey: .mode)
    try container.encode(key, forKey: .key)
    try container.encode(scope, forKey: .scope)
    try container.encode(isDryRun, forKey: .dryRun)
    try container.encode(options.commit, forKey: .commit)
    try container.encode(options.priority, forKey: .priority)
    try container.encode(attempt, forKey: .attempt)
    try container.encode(source, forKey: .source)
    try encodeCounts(into: &container)
    try container.encode(rounded(rowsPerSecond, places: 1), forKey: .throughput)
    try container.encode(etaSeconds.map { rounded($0, places: 1) }, forKey: .eta)
    try container.encode(rounded(progress, places: 4), forKey: .progress)
    try container.encode(createdAt, forKey: .createdAt)
    try container.encode(startedAt, forKey: .startedAt)
    try container.encode(finishedAt, forKey: .finishedAt)
    try container.encode(stages, forKey: .stages)
    try container.encode(failure, forKey: .error)
    try container.encode(plan, forKey: .plan)
    try container.encode(batches, forKey: .batches)
    try container.encode(profile, forKey: .profile)
    try container.encode(warnings, forKey: .warnings)
    try container.encode(undo, forKey: .undo)
    try container.encode(ImportLinks(id), forKey: .links)
  }

  private func encodeCounts(into container: inout KeyedEncodingContainer<Key>) throws {
    try container.encode(source.bytes, forKey: .bytesTotal)
    try container.encode(bytesDone, forKey: .bytesDone)
    try container.encode(rowsTotal, forKey: .rowsTotal)
    try container.encode(counts.read, forKey: .rowsRead)
    try container.encode(counts.ok, forKey: .rowsOK)
    try container.encode(counts.bad, forKey: .rowsBad)
    try container.encode(counts.skipped, forKey: .rowsSkipped)
    try container.encode(counts.inserted, forKey: .rowsInserted)
    try container.encode(counts.updated, forKey: .rowsUpdated)
    try container.encode(counts.unchanged, forKey: .rowsUnchanged)
  }
}

/// Where an import is found.
public struct ImportLinks: Sendable, Encodable {
  /// The object.
  public let `self`: String
  /// Its rejects.
  public let errors: String
  /// Its events.
  public let events: String

  /// The links of one import.
  public init(_ id: ImportID) {
    self.`self` = "/imports/\(id)"
    errors = "/imports/\(id)/errors"
    events = "/imports/\(id)/events"
  }
}
