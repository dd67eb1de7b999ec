import Reading

/// Bytes handed out in blocks of given sizes, which are repeated over and over.
final class BytesSource: ByteSource {
  private let bytes: [UInt8]
  private let blockSizes: [Int]
  private var offset = 0
  private var block = 0

  init(_ bytes: [UInt8], blockSizes: [Int] = [.max]) {
    self.bytes = bytes
    self.blockSizes = blockSizes
  }

  var bytesTaken: Int64 { Int64(offset) }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let size = min(blockSizes[block % blockSizes.count], buffer.count, bytes.count - offset)
    block += 1
    bytes.withUnsafeBytes { all in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[offset..<(offset + size)]))
    }
    offset += size
    return size
  }
}

/// A source that has nothing but trouble.
final class BrokenSource: ByteSource {
  struct Failure: Error, Equatable {}

  let bytesTaken: Int64 = 0

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    throw Failure()
  }
}
