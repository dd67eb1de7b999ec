internal import CMicrohttpd
import Telemetry

/// Answers in libmicrohttpd's place what it refuses by itself.
///
/// Its own answers are no problem documents, and version 0.9.75 sends the head of some of them twice. It
/// logs before it sends, and there is the one place to step in. The log does not say whose request it is;
/// it is found out by what each connection is at, and where that leaves a doubt nothing is done: then the
/// client gets the library's answer.
struct LibraryRefusals: Sendable {
  let watcher: ConnectionWatcher
  let accessLog: AccessLog
  let logger: Logger

  /// Sends a problem to whoever is about to be refused, and takes the library its way to send; only on
  /// the library's thread.
  func forestall() {
    var heads: [ClientConnection] = []
    var chunked: [Exchange] = []
    for connection in watcher.connections where connection.speaksHTTP {
      if let exchange = connection.exchange {
        if exchange.isInChunks { chunked.append(exchange) }
      } else if cmicrohttpd_head_size(connection.handle.pointer) > 0 {
        // A head that is whole goes to a handler at once, unless it is the one that is refused now.
        heads.append(connection)
      }
    }
    do {
      if heads.count == 1 {
        try refuse(heads[0])
      } else if heads.isEmpty, chunked.count == 1 {
        try refuse(chunked[0])
      }
    } catch {
      logger.error("an error answer cannot be made", ["error": String(reflecting: error)])
    }
  }

  private func refuse(_ exchange: Exchange) throws {
    let problem = Problem.badRequest("The body is not chunked as Transfer-Encoding says.")
    // False means that an answer is on its way already.
    _ = exchange.refuse(try problem.response(requestID: exchange.record.id))
  }

  private func refuse(_ connection: ClientConnection) throws {
    let head = RequestHead(
      connection: connection.handle.pointer, method: nil, version: nil, target: connection.target)
    let record = AccessRecord(
      id: RequestID.accept(head.headers["X-Request-ID"]), method: "other",
      route: Admission.unmatched, began: ContinuousClock.now)
    let problem = Self.problem(of: head.headers)
    let answer = DirectAnswer(
      try problem.response(requestID: record.id), requestID: record.id)
    let isWhole = answer.send(to: connection.fileDescriptor)
    connection.speaksHTTP = false
    stopWriting(connection.fileDescriptor)
    watcher.linger(duplicating: connection.fileDescriptor)
    accessLog.write(
      record, status: isWhole ? problem.status : AccessLog.noAnswer, received: 0,
      sent: answer.bodyBytes)
  }

  private static func problem(of headers: HTTPHeaders) -> Problem {
    guard let length = headers["Content-Length"] else {
      return .badRequest("The request's head is not valid.")
    }
    let isNumber = !length.isEmpty && length.utf8.allSatisfy { (0x30...0x39).contains($0) }
    return isNumber
      ? .tooLarge("The body is larger than can be told.")
      : .badRequest("Content-Length is not a number of bytes.")
  }
}
