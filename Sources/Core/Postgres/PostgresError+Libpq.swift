internal import CLibpq

extension PostgresError {
  /// The error that a result carries; the caller still owns the result.
  init(result: OpaquePointer, connection: OpaquePointer) {
    let state = Self.field("C", of: result)
    let broken = Self.isBroken(connection, withoutReason: state == nil)
    let code: Code =
      switch state {
      case "57014": .cancelled
      case "55P03", "25P03": .timeout
      case nil: broken ? .connection : .protocolViolation
      default: .server
      }
    self.init(
      code: code,
      message: Self.field("M", of: result) ?? Self.trimmed(PQresultErrorMessage(result)))
    sqlState = state
    detail = Self.field("D", of: result)
    hint = Self.field("H", of: result)
    schema = Self.field("s", of: result)
    table = Self.field("t", of: result)
    column = Self.field("c", of: result)
    constraint = Self.field("n", of: result)
    dataType = Self.field("d", of: result)
    context = Self.field("W", of: result)
    connectionBroke = broken
  }

  /// The error of a call that gave no result.
  init(connection: OpaquePointer) {
    // Whoever reads on may find other words there.
    let message = Self.trimmed(PQerrorMessage(connection))
    let broken = Self.isBroken(connection, withoutReason: true)
    self.init(code: broken ? .connection : .protocolViolation, message: message)
    connectionBroke = broken
  }

  /// Whether the connection is lost.
  ///
  /// - Parameter withoutReason: whether the error is not the server's: libpq finds a connection that was closed when it
  ///   writes, and notes it when it reads.
  private static func isBroken(_ connection: OpaquePointer, withoutReason: Bool) -> Bool {
    if withoutReason { _ = PQconsumeInput(connection) }
    return PQstatus(connection) != CONNECTION_OK
  }

  /// - Parameter name: the value of one of libpq's `PG_DIAG_…` macros, which are characters.
  private static func field(_ name: Unicode.Scalar, of result: OpaquePointer) -> String? {
    PQresultErrorField(result, Int32(name.value)).map { String(cString: $0) }
  }

  private static func trimmed(_ text: UnsafePointer<CChar>?) -> String {
    guard let text else { return "" }
    return String(
      String(cString: text).drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }

  private static func trimmed(_ text: UnsafeMutablePointer<CChar>?) -> String {
    trimmed(text.map { UnsafePointer($0) })
  }
}
