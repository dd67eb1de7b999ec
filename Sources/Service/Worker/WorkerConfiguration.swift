public import ImportModel

/// How a worker behaves.
public struct WorkerConfiguration: Sendable {
  /// Names the process, for people and in the object's history.
  public var name: String
  /// Imports that run at once.
  public var concurrency: Int
  /// How long a lease holds without a heartbeat, in seconds; heartbeats come six times as often.
  public var leaseSeconds: Int
  /// Attempts before an import is given up.
  public var maxAttempts: Int
  /// Longest time between two looks at the queue, should a NOTIFY be lost.
  public var pollInterval: Duration

  /// How long a worker that stops waits for the chunks, batches and merges at hand.
  public var stopGrace: Duration

  /// How long an import can be taken back, in seconds.
  public var retentionSeconds: Int64

  /// How imports with `commit=batched` go in.
  public var batches: BatchSettings

  /// The contract's figures, unless told otherwise.
  public init(
    name: String, concurrency: Int = 2, leaseSeconds: Int = 30, maxAttempts: Int = 5,
    pollInterval: Duration = .seconds(2), stopGrace: Duration = .seconds(2),
    retentionSeconds: Int64 = 30 * 86_400,
    batches: BatchSettings = BatchSettings()
  ) {
    self.name = name
    self.concurrency = concurrency
    self.leaseSeconds = leaseSeconds
    self.maxAttempts = maxAttempts
    self.pollInterval = pollInterval
    self.stopGrace = stopGrace
    self.retentionSeconds = retentionSeconds
    self.batches = batches
  }
}
