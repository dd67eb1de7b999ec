/// Bytes in memory as a file: for what is small by its nature.
public struct HeldBytes: FileBytes {
  private let bytes: [UInt8]

  /// Takes bytes as they are.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// See `FileBytes`.
  public var size: Int64 { Int64(bytes.count) }

  /// See `FileBytes`.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
    guard offset >= 0, offset < size else { return 0 }
    let place = Int(offset)
    let count = min(buffer.count, bytes.count - place)
    buffer.copyBytes(from: bytes[place..<(place + count)])
    return count
  }
}
