/// Rows in Postgres's binary COPY format, and the rejects found among them: what Validation hands to
/// Staging.
public struct EncodedBatch: Sendable {
  /// The tuples, without the header and the trailer of the COPY format. The first field of each is the
  /// row's number as `bigint`, the others are the staging columns in their order.
  ///
  /// Only the first `count` bytes are meant: the array is kept larger, to be filled again.
  public var bytes: [UInt8]
  /// How many bytes of `bytes` are in use.
  public var count: Int
  /// Rows among `bytes`.
  public var rowsOK: Int
  /// Rows with at least one fault.
  public var rowsBad: Int
  /// A line for each fault, ordered by row.
  public var rejects: [Reject]
  /// Where the batch begins in the file.
  public var start: FilePosition
  /// Where it ends.
  public var end: FilePosition
  /// How many bytes of the file, as it is stored, were taken up to there, about.
  public var bytesTaken: Int64

  /// An empty batch.
  public init(
    bytes: [UInt8] = [], count: Int = 0, rowsOK: Int = 0, rowsBad: Int = 0, rejects: [Reject] = [],
    start: FilePosition = FilePosition(), end: FilePosition = FilePosition(), bytesTaken: Int64 = 0
  ) {
    self.bytes = bytes
    self.count = count
    self.rowsOK = rowsOK
    self.rowsBad = rowsBad
    self.rejects = rejects
    self.start = start
    self.end = end
    self.bytesTaken = bytesTaken
  }
}
