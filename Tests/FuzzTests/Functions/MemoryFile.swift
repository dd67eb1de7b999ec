import ImportModel
import Reading

/// A file that lies in memory.
struct MemoryFile: FileBytes {
  let bytes: [UInt8]

  var size: Int64 { Int64(bytes.count) }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
    let start = Int(clamping: min(max(offset, 0), size))
    let count = min(buffer.count, bytes.count - start)
    buffer.copyBytes(from: bytes[start..<(start + count)])
    return count
  }
}

/// A source that hands out its bytes in pieces of its own choice.
final class PieceSource: ByteSource {
  private let bytes: [UInt8]
  private var offset: Int
  private var sizes: PieceSizes?

  /// - Parameter seed: chooses the pieces; nil hands out as much as is asked for.
  init(_ bytes: [UInt8], seed: UInt8?, from offset: Int64 = 0) {
    self.bytes = bytes
    self.offset = Int(offset)
    sizes = seed.map { PieceSizes(seed: $0) }
  }

  var bytesTaken: Int64 { Int64(offset) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let most = sizes?.next() ?? Int.max
    let count = min(buffer.count, bytes.count - offset, most)
    buffer.copyBytes(from: bytes[offset..<(offset + count)])
    offset += count
    return count
  }
}

/// All that a source has, read in pieces.
///
/// - Parameter limit: where to stop, at most.
func drain(
  _ source: any ByteSource, seed: UInt8?, limit: Int = 1 << 24
) throws -> (bytes: [UInt8], error: ReadingError?) {
  var sizes = seed.map { PieceSizes(seed: $0) }
  var bytes: [UInt8] = []
  do {
    while bytes.count < limit {
      let room = min(sizes?.next() ?? 8192, limit - bytes.count)
      let piece = try [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        count = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      if piece.isEmpty { break }
      bytes += piece
    }
    if bytes.count < limit {
      let again = try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) {
        try source.read(into: $0)
      }
      try hold(again == 0, "after its end a source answers 0 again")
    }
  } catch let error as ReadingError {
    return (bytes, error)
  }
  return (bytes, nil)
}
