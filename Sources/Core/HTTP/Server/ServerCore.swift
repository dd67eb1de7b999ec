internal import CMicrohttpd
import Synchronization
import Telemetry

/// What the callbacks of MHD work on: decides on requests, starts their handlers, sends the answers.
final class ServerCore: Sendable {
  let logger: Logger
  let watcher: ConnectionWatcher
  let engine: WebSocketEngine
  /// Whether the server is on its way out: new requests are refused.
  let drains = Atomic(false)

  private let desk: AdmissionDesk
  private let limits: ExchangeLimits
  private let sender: ResponseSender
  private let accessLog: AccessLog
  private let refusals: LibraryRefusals
  private let timeouts: (library: UInt32, answer: UInt32)

  init(
    configuration: HTTPServerConfiguration, router: HTTPRouter, logger: Logger, metrics: Metrics,
    watcher: ConnectionWatcher, accessLog: AccessLog
  ) {
    self.logger = logger
    self.watcher = watcher
    self.accessLog = accessLog
    desk = AdmissionDesk(router: router, configuration: configuration)
    engine = WebSocketEngine(
      configuration: configuration.webSocket, logger: logger, metrics: metrics)
    sender = ResponseSender(logger: logger)
    refusals = LibraryRefusals(watcher: watcher, accessLog: accessLog, logger: logger)
    timeouts = (configuration.libraryTimeout, configuration.progressSeconds)
    var limits = ExchangeLimits()
    limits.progressTimeout = configuration.progressTimeout
    limits.requestTimeout = configuration.requestTimeout
    self.limits = limits
  }

  private var isDraining: Bool { drains.load(ordering: .acquiring) }

  // MARK: - On MHD's thread

  /// A request's head is there: decides on it and starts its handler.
  func begin(
    _ head: RequestHead, on connection: OpaquePointer, of client: ClientConnection
  ) -> Exchange {
    let admission = desk.decide(head, drains: isDraining, isSpare: client.isSpare)
    let record = AccessRecord(
      id: RequestID.accept(head.headers["X-Request-ID"]),
      method: HTTPMethod(rawValue: head.method)?.rawValue ?? "other", route: admission.route,
      began: ContinuousClock.now)
    let exchange = Exchange(
      connection: ConnectionHandle(pointer: connection), fileDescriptor: client.fileDescriptor,
      record: record, plan: admission.plan, limits: limits)
    client.begin(exchange)
    // While a body comes in it is we who look at the clock.
    cmicrohttpd_set_timeout(connection, timeouts.library)
    switch admission.outcome {
    case .run(let route, let parameters, let passed):
      run(route, request(head, passed, parameters, exchange), head.version, exchange)
    case .answer(let response):
      _ = exchange.give(.response(response))
    case .refuse(let problem):
      refuse(problem, exchange)
    }
    return exchange
  }

  /// The head's turn: waits for the handler to want the body or to have an answer.
  func head(_ exchange: Exchange) -> MHD_Result {
    switch exchange.headCall() {
    case .wait, .proceed: .YES
    case .answer(let closing):
      queue(exchange, closing: closing || isDraining, lingers: closing)
    case .close: .NO
    }
  }

  /// The body's turn. Returns how many bytes are left for later, or nil to close the connection.
  func body(_ bytes: UnsafeRawBufferPointer, _ exchange: Exchange) -> Int? {
    switch exchange.bodyCall(count: bytes.count) {
    case .take:
      exchange.push(bytes)
      return 0
    case .wait: return bytes.count
    case .discard: return 0
    case .refuse:
      sender.sendPast(exchange)
      return nil
    case .close: return nil
    }
  }

  /// The end of the body.
  func end(_ exchange: Exchange) -> MHD_Result {
    switch exchange.finalCall() {
    case .wait: .YES
    case .answer: queue(exchange, closing: isDraining, lingers: false)
    case .close: .NO
    }
  }

  private func queue(_ exchange: Exchange, closing: Bool, lingers: Bool) -> MHD_Result {
    let context = Unmanaged.passUnretained(self).toOpaque()
    cmicrohttpd_set_timeout(exchange.connection.pointer, timeouts.answer)
    return sender.queue(exchange, closing: closing, lingers: lingers, context: context)
  }

  /// The library is about to answer a request in its own words.
  func forestall() { refusals.forestall() }

  /// The end of the request.
  func completed(_ client: ClientConnection, whole: Bool, _ reason: HTTPBodyError) {
    guard let exchange = client.end() else { return }
    exchange.completed(reason)
    let outcome = exchange.outcome
    let traffic = exchange.traffic
    let status = whole || outcome.isWhole ? outcome.status : nil
    if outcome.lingers { watcher.linger(duplicating: client.fileDescriptor) }
    // A WebSocket is logged when it begins.
    if status == 101 { return }
    accessLog.write(
      exchange.record, status: status ?? AccessLog.noAnswer, received: traffic.received,
      sent: outcome.bytes + traffic.sent)
  }

  /// The 101 is sent: the socket goes to the WebSocket engine.
  func upgraded(
    _ client: ClientConnection, _ socket: UpgradedSocket, leftover: [UInt8], descriptor: Int32
  ) {
    watcher.unwatch(client)
    client.speaksHTTP = false
    guard let exchange = client.exchange, case .upgrade(let upgrade) = exchange.answer else {
      socket.close()
      return
    }
    accessLog.write(exchange.record, status: 101, received: 0, sent: 0)
    engine.adopt(
      fileDescriptor: descriptor, leftover: leftover, request: upgrade.request,
      handler: upgrade.handler, onClosed: { socket.close() })
  }

  // MARK: - Handlers

  private func request(
    _ head: RequestHead, _ passed: RequestGuard.Passed, _ parameters: [String: String],
    _ exchange: Exchange
  ) -> HTTPRequest {
    HTTPRequest(
      method: passed.method, path: passed.target.path, rawTarget: passed.target.raw,
      query: passed.target.query, headers: head.headers, body: exchange.body(),
      parameters: parameters, remoteAddress: head.remoteAddress, id: exchange.record.id,
      notes: exchange.record.notes)
  }

  private func run(
    _ route: HTTPRouter.Route, _ request: HTTPRequest, _ version: String, _ exchange: Exchange
  ) {
    let run = RequestRun(
      request: request, version: version, endpoint: route.endpoint, exchange: exchange,
      logger: logger.with([("request_id", request.id), ("route", route.pattern)]))
    exchange.attach(Task { await run.run() })
  }

  private func refuse(_ problem: Problem, _ exchange: Exchange) {
    do {
      _ = exchange.give(.response(try problem.response(requestID: exchange.record.id)))
    } catch {
      logger.error("an error answer cannot be made", ["error": String(reflecting: error)])
      exchange.abort(.connectionClosed)
    }
  }
}
