internal import CLibpq
import Telemetry

extension PostgresConnection {
  /// Runs `COPY … FROM STDIN` and feeds it what the body writes.
  ///
  /// If the body throws, the server is told to drop the rows; the body's error is thrown, unless the
  /// server had failed before. The connection stays usable; a transaction around it is then an
  /// aborted one.
  ///
  /// - Parameter statement: any format; the bytes go through as they are.
  /// - Returns: what the body returned, and the rows that the server took.
  public func copyIn<R: Sendable>(
    _ statement: String, _ body: @Sendable (CopyWriter) async throws -> R
  ) async throws -> (result: R, rows: Int) {
    let number = try await beginCopy(statement)
    let result: R
    do {
      result = try await body(CopyWriter(connection: self, number: number))
      try Task.checkCancellation()
    } catch {
      throw await abortCopy(because: error)
    }
    return (result, try await finishCopy())
  }

  /// Runs `COPY … FROM STDIN (FORMAT binary)`: the body writes tuples only, header and trailer are
  /// written here.
  ///
  /// Source: PostgreSQL manual, COPY, "Binary Format".
  public func copyInBinary<R: Sendable>(
    into statement: String, _ body: @Sendable (CopyWriter) async throws -> R
  ) async throws -> (result: R, rows: Int) {
    try await copyIn(statement) { writer in
      try await writer.write(Self.binaryHeader)
      let result = try await body(writer)
      try await writer.write(Self.binaryTrailer)
      return result
    }
  }

  /// Signature, flags, length of the header's extension.
  private static let binaryHeader: [UInt8] =
    Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [0, 0, 0, 0] + [0, 0, 0, 0]
  /// A tuple of −1 fields.
  private static let binaryTrailer: [UInt8] = [0xFF, 0xFF]
  /// Bytes of one CopyData message: libpq's buffer grows to the size of the largest.
  private static let slice = 64 * 1024

  func write(_ bytes: [UInt8], count: Int, copy number: Int) async throws {
    precondition(count >= 0 && count <= bytes.count, "count is beyond the bytes")
    guard copy.isActive, copy.number == number else {
      throw PostgresError(code: .protocolViolation, message: "the COPY of this writer is over")
    }
    if let failure = copy.failure { throw failure }
    try await interruptible(cancellable: true, observed: false, try raw()) { raw in
      try bytes.withUnsafeBytes { buffer in
        var start = 0
        while start < count {
          try Task.checkCancellation()
          let length = min(Self.slice, count - start)
          let data = buffer.baseAddress?.advanced(by: start).assumingMemoryBound(to: CChar.self)
          guard PQputCopyData(raw, data, Int32(length)) == 1 else { throw failCopy(raw) }
          start += length
        }
      }
    }
  }

  private func beginCopy(_ statement: String) async throws -> Int {
    session.touch()
    try await interruptible(cancellable: true, try ready()) { raw in
      guard let result = PQexec(raw, statement) else { throw PostgresError(connection: raw) }
      let handle = ResultHandle(owning: result)
      guard PQresultStatus(handle.raw) == PGRES_COPY_IN else {
        throw Self.notCopyIn(handle.raw, raw)
      }
    }
    return copy.begin()
  }

  private static func notCopyIn(_ result: OpaquePointer, _ raw: OpaquePointer) -> PostgresError {
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY, PGRES_COPY_OUT, PGRES_COPY_BOTH:
      var error = PostgresError(
        code: .protocolViolation, message: "the statement is not COPY … FROM STDIN")
      error.connectionBroke = true
      return error
    default:
      return PostgresError(result: result, connection: raw)
    }
  }

  /// A write failed: the server's own words come only as the result of the COPY.
  private func failCopy(_ raw: OpaquePointer) -> PostgresError {
    let fallback = PostgresError(connection: raw)
    _ = PQputCopyEnd(raw, "a write failed")
    let error = Self.drain(raw) ?? fallback
    copy.failure = error
    return error
  }

  private func finishCopy() async throws -> Int {
    defer { copy.end() }
    if let failure = copy.failure { throw failure }
    return try await interruptible(cancellable: true, try raw()) { raw in
      guard PQputCopyEnd(raw, nil) == 1 else { throw failCopy(raw) }
      var rows = 0
      if let failure = Self.drain(raw, { rows = $0.affected }) { throw failure }
      return rows
    }
  }

  /// Ends the COPY without its rows.
  ///
  /// - Returns: the error that counts.
  private func abortCopy(because error: any Error) async -> any Error {
    defer { copy.end() }
    if let failure = copy.failure { return error is CancellationError ? error : failure }
    do {
      let raw = try raw()
      let verdict: PostgresError? = try await interruptible(cancellable: false, raw) { raw in
        guard PQputCopyEnd(raw, "the import gave up") == 1 else { return failCopy(raw) }
        return Self.drain(raw)
      }
      if let verdict, verdict.isConnectionLoss { close() }
      // 57014 is what our own request to give up, or to cancel, comes back as.
      guard let verdict, verdict.sqlState != "57014", !(error is CancellationError) else {
        return error
      }
      return verdict
    } catch let closed {
      logger.debug("COPY ended with its connection", ["error": "\(closed)"])
      return error
    }
  }
}
