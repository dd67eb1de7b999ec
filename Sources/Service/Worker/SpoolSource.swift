import Reading
import Spool

/// The bytes of a spooled file, for a reader.
struct SpoolSource: ByteSource {
  private let handle: SpoolHandle
  private var offset: Int64

  /// Reads on from a byte.
  init(_ handle: SpoolHandle, from offset: Int64 = 0) {
    self.handle = handle
    self.offset = offset
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try handle.read(into: buffer, at: offset)
    offset += Int64(count)
    return count
  }
}
