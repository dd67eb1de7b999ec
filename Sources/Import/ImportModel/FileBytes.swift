/// The bytes of a stored file, in any order.
public protocol FileBytes: Sendable {
  /// Length of the file in bytes.
  var size: Int64 { get }

  /// Reads from a place in the file.
  ///
  /// - Parameter offset: bytes from the start of the file.
  /// - Returns: how many bytes came; fewer than there is room for may come, 0 only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int
}
