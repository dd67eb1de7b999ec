public import ImportModel

/// The bytes of a stored file in their order, counted.
public final class FileSource: ByteSource {
  private let file: any FileBytes
  /// Where in the file it reads on.
  private var offset: Int64

  /// See `ByteSource`.
  public var bytesTaken: Int64 { offset }

  /// Reads on from a byte.
  public init(_ file: any FileBytes, from offset: Int64 = 0) {
    self.file = file
    self.offset = offset
  }

  /// See `ByteSource`.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try file.read(into: buffer, at: offset)
    offset += Int64(count)
    return count
  }
}
