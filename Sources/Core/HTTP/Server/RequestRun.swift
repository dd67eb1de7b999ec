import Telemetry

/// Runs a route's handler and brings its answer, or its error, to the exchange.
struct RequestRun: Sendable {
  let request: HTTPRequest
  let version: String
  let endpoint: HTTPRouter.Route.Endpoint
  let exchange: Exchange
  let logger: Logger

  func run() async {
    do {
      switch endpoint {
      case .handler(let handler):
        try await deliver(handler(request))
      case .webSocket(let authorize, let handler):
        let handshake = try WebSocketHandshake(request: request, version: version)
        let acceptance = try await authorize(request)
        let upgrade = try WebSocketUpgrade(
          request: request, handshake: handshake, acceptance: acceptance, handler: handler)
        // Too late means that the client is gone: nobody is left to tell.
        _ = exchange.give(.upgrade(upgrade))
      }
    } catch {
      fail(error)
    }
  }

  private func deliver(_ response: HTTPResponse) async throws {
    guard (200...599).contains(response.status) else {
      logger.error("a handler answered with a bad status", ["status": String(response.status)])
      throw Problem.internalError
    }
    guard exchange.give(.response(response)), case .stream(_, let produce) = response.body,
      request.method != .head
    else { return }
    do {
      try await produce(exchange.writer())
    } catch {
      // Before the answer ends: the end of a broken one closes the connection, which cancels this task.
      if !isClientsEnd(error) {
        logger.error("an answer broke off", ["error": String(reflecting: error)])
      }
      _ = exchange.streamEnded(failed: true)
      return
    }
    let isCancelled = Task.isCancelled
    if !exchange.streamEnded(failed: false), !isCancelled {
      logger.error("an answer is shorter than announced")
    }
  }

  private func fail(_ error: any Error) {
    guard !isClientsEnd(error) else { return exchange.abort(.connectionClosed) }
    do {
      // Too late means that the client is gone: nobody is left to tell.
      _ = exchange.give(.response(try problem(for: error).response(requestID: request.id)))
    } catch {
      logger.error("an error answer cannot be made", ["error": String(reflecting: error)])
      exchange.abort(.connectionClosed)
    }
  }

  private func problem(for error: any Error) -> Problem {
    switch error {
    case let problem as Problem: return problem
    case HTTPBodyError.tooLarge: return .tooLarge("The request's body is too large.")
    case HTTPBodyError.timeout: return .requestTimeout
    case HTTPBodyError.shuttingDown: return .shuttingDown
    default:
      logger.error("a handler failed", ["error": String(reflecting: error)])
      return .internalError
    }
  }

  /// Whether an error only says that there is no client left to answer.
  private func isClientsEnd(_ error: any Error) -> Bool {
    switch error {
    case is CancellationError: true
    case HTTPBodyError.connectionClosed: true
    case is Problem: false
    default: Task.isCancelled
    }
  }
}
