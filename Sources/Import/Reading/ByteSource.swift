/// Where a reader gets the bytes of a file from, in their order.
public protocol ByteSource: AnyObject {
  /// How many bytes of the file, as it is stored, were taken for what was read so far.
  var bytesTaken: Int64 { get }

  /// Puts the next bytes into the front of `buffer` and returns how many: at least one, and 0 at the end
  /// of the file only. After the end it may be asked again, and answers 0 again.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}
