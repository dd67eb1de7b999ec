/// The bytes of another source from a place on: how reading goes on at a `FilePosition.byte` of a text that
/// has to be decoded from its start.
public final class SkippingSource: ByteSource {
  private let source: any ByteSource
  private var toSkip: Int64

  /// See `ByteSource`.
  public var bytesTaken: Int64 { source.bytesTaken }

  /// Leaves out the first `count` bytes of `source`, when the first byte is asked for.
  public init(_ source: any ByteSource, skipping count: Int64) {
    precondition(count >= 0, "a negative number of bytes cannot be skipped")
    self.source = source
    toSkip = count
  }

  /// See `ByteSource`.
  ///
  /// - Throws: `corruptFile` where the source ends before the place, and whatever the source throws.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while toSkip > 0 {
      // The caller's buffer is as good as any for bytes that nobody wants.
      let room = Int(min(Int64(buffer.count), toSkip))
      let got = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<room]))
      guard got > 0 else {
        throw ReadingError(
          .corruptFile, "The file ends before the place where reading was to go on.",
          hint: "The stored file has changed since; send it again.")
      }
      toSkip -= Int64(got)
    }
    return try source.read(into: buffer)
  }
}
