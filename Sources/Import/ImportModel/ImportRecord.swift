/// An import as the outside sees it: "the object" of the contract, section 2.
public struct ImportRecord: Sendable, Equatable {
  /// `task_id`
  public var id: ImportID
  /// Names the request: see the contract.
  public var idempotencyKey: String
  /// Where it stands.
  public var status: ImportState
  /// `schema.table`
  public var target: String
  /// The columns of the conflict key; empty where the mode needs none.
  public var key: [String]
  /// What the caller asked for.
  public var options: ImportOptions
  /// How often a worker has begun.
  public var attempt: Int
  /// The file.
  public var source: ImportSource
  /// Bytes of the file that were read.
  public var bytesDone: Int64
  /// Rows of the file, known once it has been read to its end.
  public var rowsTotal: Int64?
  /// What became of the rows so far.
  public var counts: RowCounts
  /// Rows a second of the stage at hand, or of the whole import when it has ended.
  public var rowsPerSecond: Double
  /// The states it went through, oldest first.
  public var history: [Stage]
  /// Seconds since the epoch, by the database's clock, when this was read.
  public var asOf: Double
  /// RFC 3339, UTC.
  public var createdAt: String
  /// RFC 3339, UTC; nil before a worker took it.
  public var startedAt: String?
  /// RFC 3339, UTC; nil before it ended.
  public var finishedAt: String?
  /// Why it failed.
  public var failure: ImportFailure?
  /// Whether the target stays as it is: a dry run, until it is carried out.
  public var isDryRun = false
  /// The part of the target that it keeps to; nil where that is all of it.
  public var scope: ImportScope?
  /// What a dry run has found, also once it was carried out.
  public var diff: ImportDiff?
  /// How its rows were merged.
  public var plan: MergePlanReport?
  /// With `commit=batched`: the batches that are in; nil before the first.
  public var batches: BatchReport?
  /// Where its time went.
  public var profile: ImportProfile?
  /// What an administrator should look at.
  public var warnings: [ImportWarning] = []
  /// Whether it can be taken back.
  public var undo = ImportUndo()

  /// A state that was entered.
  public struct Stage: Sendable, Codable, Equatable {
    /// The state.
    public var name: ImportState
    /// Seconds since the epoch, by the database's clock.
    public var at: Double
    /// Why the attempt before had no result, where the import waits for another one.
    public var reason: ImportFailure?

    /// Describes one stage.
    public init(name: ImportState, at: Double, reason: ImportFailure? = nil) {
      self.name = name
      self.at = at
      self.reason = reason
    }
  }

  /// Puts together what was read from the database.
  public init(
    id: ImportID, idempotencyKey: String, status: ImportState, target: String, key: [String],
    options: ImportOptions, attempt: Int, source: ImportSource, bytesDone: Int64, rowsTotal: Int64?,
    counts: RowCounts, rowsPerSecond: Double, history: [Stage], asOf: Double, createdAt: String,
    startedAt: String?, finishedAt: String?, failure: ImportFailure?
  ) {
    self.id = id
    self.idempotencyKey = idempotencyKey
    self.status = status
    self.target = target
    self.key = key
    self.options = options
    self.attempt = attempt
    self.source = source
    self.bytesDone = bytesDone
    self.rowsTotal = rowsTotal
    self.counts = counts
    self.rowsPerSecond = rowsPerSecond
    self.history = history
    self.asOf = asOf
    self.createdAt = createdAt
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.failure = failure
  }
}
