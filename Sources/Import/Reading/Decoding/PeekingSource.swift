/// A source whose first bytes can be looked at before they are read.
public final class PeekingSource: ByteSource {
  /// How far one can look ahead.
  public static let maxPeek = 64 << 10

  private let source: any ByteSource
  private let input: StoredInput

  /// See `ByteSource`. What was looked at counts as taken.
  public var bytesTaken: Int64 { source.bytesTaken }

  /// Makes the start of `source` visible; nothing is read yet.
  public init(_ source: any ByteSource) {
    self.source = source
    input = StoredInput(source, capacity: Self.maxPeek)
  }

  /// Gives `body` the next bytes without taking them.
  ///
  /// - Parameter count: how many; fewer only where the file ends before, and at most `maxPeek`.
  /// - Throws: what the source and `body` throw.
  public func peek<Result>(
    _ count: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let wanted = min(max(count, 0), Self.maxPeek)
    _ = try input.fill(wanted)
    return try body(UnsafeRawBufferPointer(rebasing: input.bytes.prefix(wanted)))
  }

  /// See `ByteSource`.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if input.count > 0 { return input.take(into: buffer) }
    return try source.read(into: buffer)
  }
}
