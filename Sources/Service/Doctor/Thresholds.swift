/// Where a fact becomes a finding: all limits in one place, each with its reason.
public struct Thresholds: Sendable {
  /// A table with fewer bytes is read as a whole anyway: a missing index or statistic costs nothing. Eight
  /// pages are what a scan reads at once.
  public var smallTableBytes: Int64 = 64 << 10
  /// From here on a table does not fit into memory by itself, and settings meant for a first try hold it up.
  public var largeBytes: Int64 = 1 << 30
  /// A file from which on WAL and checkpoints are felt.
  public var largeImportBytes: Int64 = 64 << 20
  /// WAL bytes that a byte of a file comes to: the row, its entries in a few indexes, page images behind a
  /// checkpoint. Measured with two unique keys: 2.3 to 3.4.
  public var walPerFileByte: Int64 = 3
  /// Checkpoints begin when about this part of `max_wal_size` is full: 1 / (1 + completion target 0.9).
  public var walBeforeCheckpoint = 0.53
  /// So many forced checkpoints are no accident: a few come from base backups and administrators.
  public var forcedCheckpoints: Int64 = 10
  /// Page images that are half of all WAL mean that checkpoints come faster than pages are filled.
  public var pageImageShare = 0.5
  /// Less WAL since its counters began says nothing yet.
  public var pageImageWALBytes: Int64 = 1 << 30
  /// Autovacuum lets a fifth of a table die before it comes; twice that, and it does not keep up.
  public var deadShare = 0.4
  /// Fewer dead rows than these cost nobody anything.
  public var deadRows: Int64 = 10_000
  /// Autovacuum begins to freeze at 200 million transactions; at 1.5 times that it does not get there.
  public var frozenAgeFactor = 1.5
  /// Postgres stops taking writes at about 2.1 thousand million; here somebody should get up.
  public var frozenAgeSerious: Int64 = 1_200_000_000
  /// What holds back vacuum for an hour is forgotten rather than at work.
  public var oldSnapshotSeconds: Double = 3600
  /// A prepared transaction lives for seconds between its two phases.
  public var oldPreparedSeconds: Double = 600
  /// WAL that a slot holds for nobody: a quarter of a small disk.
  public var slotBytes: Int64 = 4 << 30
  /// An index that was not used for so long, on this server.
  public var unusedSeconds: Double = 7 * 86_400
  /// A smaller index costs little to keep.
  public var unusedIndexBytes: Int64 = 8 << 20
  /// Less free disk than this is soon gone: the next WAL files alone may take it.
  public var diskBytes: Int64 = 1 << 30
  /// An import that waits so long while nobody works has no worker.
  public var waitingSeconds: Double = 600
  /// What the janitor had not come to for so long, it does not come to: it goes round every ten minutes.
  public var sweepSeconds: Int64 = 3600
  /// The oldest version that the tests run against.
  public var oldestVersion = 150_000

  /// The limits of the program.
  public static let standard = Thresholds()

  /// The limits of the program, to be changed by tests.
  public init() {}
}
