/// Writes the data of one COPY, in the scope that it was given to.
public struct CopyWriter: Sendable {
  let connection: PostgresConnection
  let number: Int

  /// Sends the first `count` bytes; rows may be cut anywhere between two calls.
  ///
  /// Blocks on the connection's thread while the server is slower than we: use `async let` to prepare
  /// the next bytes meanwhile. One write at a time.
  ///
  /// - Throws: `CancellationError`, or the error with which the server ended the COPY. The server's
  ///   complaint about a row may come as late as at the end of the COPY.
  public func write(_ bytes: [UInt8], count: Int) async throws {
    try await connection.write(bytes, count: count, copy: number)
  }

  /// Sends all bytes.
  public func write(_ bytes: [UInt8]) async throws {
    try await write(bytes, count: bytes.count)
  }
}
