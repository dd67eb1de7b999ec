/// How much a reader takes before it calls a row, or a header, faulty. They bound its memory.
public struct ReadingLimits: Sendable, Equatable {
  /// Longest row and longest header in bytes, without the line end: 1 byte to 16 MiB.
  public let maxRowBytes: Int
  /// How much of a row that is too long is kept as its raw text, in bytes.
  public let maxRawBytes: Int
  /// Most columns of a header.
  public let maxColumns: Int
  /// How many bytes are asked from the source at once.
  public let blockBytes: Int

  /// Values beyond what is sensible are brought back to it.
  public init(
    maxRowBytes: Int = 1 << 20, maxRawBytes: Int = 64 << 10, maxColumns: Int = 16_384,
    blockBytes: Int = 128 << 10
  ) {
    self.maxRowBytes = min(max(maxRowBytes, 1), 16 << 20)
    self.maxRawBytes = min(max(maxRawBytes, 0), self.maxRowBytes)
    self.maxColumns = max(maxColumns, 1)
    self.blockBytes = min(max(blockBytes, 1), 16 << 20)
  }

  /// Most fields of a batch, so that a narrow file under a wide header stays within bounds.
  static let maxFields = 1 << 19
}
