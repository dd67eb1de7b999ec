/// How far a compressed file may unfold.
///
/// Streams are decoded in constant memory; the limit is for the disk of whoever stores the rows.
public struct DecodingLimits: Sendable, Equatable {
  /// Most bytes that may come out of a container, over all; nil is what tables can come to: a thousand
  /// times the bytes stored, and 64 MiB in any case.
  public let maxDecodedBytes: Int64?
  /// Largest window of a zstd frame, as the power of two in bytes: 10 to 30. It is the memory that the
  /// decoder takes.
  public let maxWindowLog: Int32
  /// Most entries of a ZIP archive.
  public let maxEntries: Int
  /// Most bytes of a ZIP archive that are read for its list of entries, which is held in memory.
  public let maxDirectoryBytes: Int64

  /// Values beyond what is sensible are brought back to it.
  public init(
    maxDecodedBytes: Int64? = nil, maxWindowLog: Int32 = 27, maxEntries: Int = 65_536,
    maxDirectoryBytes: Int64 = 16 << 20
  ) {
    self.maxDecodedBytes = maxDecodedBytes.map { max($0, 0) }
    self.maxWindowLog = min(max(maxWindowLog, 10), 30)
    self.maxEntries = max(maxEntries, 1)
    self.maxDirectoryBytes = max(maxDirectoryBytes, 1 << 10)
  }

  /// The limit for a file of so many bytes.
  func decodedBytes(of stored: Int64) -> Int64 {
    if let maxDecodedBytes { return maxDecodedBytes }
    let (most, isTooMuch) = stored.multipliedReportingOverflow(by: 1000)
    return isTooMuch ? .max : max(64 << 20, most)
  }
}
