internal import CMicrohttpd
import Telemetry

/// Hands answers to MHD, or sends them past it where MHD cannot.
struct ResponseSender: Sendable {
  let logger: Logger

  /// Queues the answer of an exchange; only on MHD's thread, when MHD is ready for it.
  ///
  /// - Parameters:
  ///   - closing: whether the connection ends with this answer.
  ///   - lingers: whether the client may still be sending then.
  ///   - context: what the callbacks are to be called with.
  func queue(
    _ exchange: Exchange, closing: Bool, lingers: Bool, context: UnsafeMutableRawPointer
  ) -> MHD_Result {
    guard let answer = exchange.answer else { return .NO }
    guard let (status, response) = make(answer, exchange, context) else {
      logger.error("an answer cannot be made", ["request_id": exchange.record.id])
      return .NO
    }
    defer { MHD_destroy_response(response) }
    if closing { MHD_add_response_header(response, "Connection", "close") }
    var outcome = exchange.outcome
    outcome.status = status
    outcome.bytes = Self.bytes(answer, exchange)
    outcome.lingers = lingers
    exchange.outcome = outcome
    return MHD_queue_response(exchange.connection.pointer, UInt32(status), response)
  }

  private static func bytes(_ answer: Exchange.Answer, _ exchange: Exchange) -> Int64 {
    guard case .response(let response) = answer, case .bytes(let bytes) = response.body,
      exchange.record.method != "HEAD"
    else { return 0 }
    return Int64(bytes.count)
  }

  private func make(
    _ answer: Exchange.Answer, _ exchange: Exchange, _ context: UnsafeMutableRawPointer
  ) -> (status: Int, response: OpaquePointer)? {
    switch answer {
    case .response(let response):
      guard let made = make(response.body, exchange) else { return nil }
      for (name, value) in DirectAnswer.fields(response, requestID: exchange.record.id) {
        add(name, value, to: made, exchange)
      }
      return (response.status, made)
    case .upgrade(let upgrade):
      guard let made = MHD_create_response_for_upgrade(Callbacks.upgraded, context) else {
        return nil
      }
      for (name, value) in upgrade.headers { add(name, value, to: made, exchange) }
      return (101, made)
    }
  }

  private func make(_ body: HTTPResponse.Body, _ exchange: Exchange) -> OpaquePointer? {
    switch body {
    case .empty: return MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT)
    case .bytes(let bytes):
      return bytes.withUnsafeBytes {
        // MHD copies, and does not write to it.
        MHD_create_response_from_buffer(
          $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
      }
    case .stream(let length, _):
      let retained = Unmanaged.passRetained(exchange)
      let response = MHD_create_response_from_callback(
        length.map { UInt64($0) } ?? cmicrohttpd_size_unknown(), 64 * 1024, Callbacks.pull,
        retained.toOpaque(), Callbacks.release)
      if response == nil { retained.release() }
      // MHD 0.9.75 sends the end of a chunked body also where there is none, and the client would take
      // it for the next answer.
      if length == nil, exchange.record.method == "HEAD" { cmicrohttpd_end_by_closing(response) }
      return response
    }
  }

  private func add(
    _ name: String, _ value: String, to response: OpaquePointer, _ exchange: Exchange
  ) {
    // MHD refuses line breaks, which would let a value forge fields.
    guard MHD_add_response_header(response, name, value) == .YES else {
      logger.error(
        "a header field of an answer is not valid",
        ["request_id": exchange.record.id, "name": name])
      return
    }
  }

  /// Sends an answer while MHD still reads the body, a thing that MHD cannot do; the connection must
  /// be closed behind it.
  func sendPast(_ exchange: Exchange) {
    guard case .response(let response) = exchange.answer else { return }
    let answer = DirectAnswer(response, requestID: exchange.record.id)
    var outcome = exchange.outcome
    outcome.status = response.status
    outcome.bytes = answer.bodyBytes
    outcome.isWhole = answer.send(to: exchange.fileDescriptor)
    outcome.lingers = true
    exchange.outcome = outcome
  }
}
