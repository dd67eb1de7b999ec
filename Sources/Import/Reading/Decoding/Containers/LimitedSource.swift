/// The bytes of another source, as long as they are not too many.
///
/// It throws `tooExpansive` in place of the first byte beyond the limit.
public final class LimitedSource: ByteSource {
  private let source: any ByteSource
  private let limit: Int64
  private var count: Int64 = 0

  /// See `ByteSource`.
  public var bytesTaken: Int64 { source.bytesTaken }

  /// Passes on up to `limit` bytes.
  public init(_ source: any ByteSource, limit: Int64) {
    self.source = source
    self.limit = limit
  }

  /// See `ByteSource`.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard count < limit else { return try end() }
    let room = Int(min(Int64(buffer.count), limit - count))
    let got = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<room]))
    count += Int64(got)
    return got
  }

  private func end() throws -> Int {
    let next = try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) {
      try source.read(into: $0)
    }
    guard next == 0 else {
      throw ReadingError(
        .tooExpansive, "The file unpacks to more than \(limit) bytes.",
        hint: "Split it into several files.")
    }
    return 0
  }
}
