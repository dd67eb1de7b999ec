internal import CMicrohttpd
import Synchronization

/// One request and its answer: joins the server's thread, the handler's task and the watcher.
///
/// What is decided is in `ExchangeState`; this class locks it and carries its effects out.
final class Exchange: Sendable {
  /// What a handler came to.
  enum Answer: Sendable {
    case response(HTTPResponse)
    case upgrade(WebSocketUpgrade)
  }

  /// Who may have to wait on the handler's side.
  private enum Side { case reader, writer }

  private struct Shared {
    var state: ExchangeState
    var answer: Answer?
    var waiting: [Side: CheckedContinuation<Void, Never>] = [:]
    var task: Task<Void, Never>?
    var cancelled = false
    var outcome = Outcome()
  }

  /// What has been sent, for the log and for an orderly close.
  struct Outcome: Sendable {
    /// The status that was sent; nil as long as none was.
    var status: Int?
    /// The bytes of an answer that was sent in one piece.
    var bytes: Int64 = 0
    /// Whether all of it was sent, although the server library does not know.
    var isWhole = false
    /// Whether the client may still be sending when the socket is closed.
    var lingers = false
  }

  let connection: ConnectionHandle
  let fileDescriptor: Int32
  let record: AccessRecord
  private let shared: Mutex<Shared>

  init(
    connection: ConnectionHandle, fileDescriptor: Int32, record: AccessRecord, plan: UploadPlan,
    limits: ExchangeLimits
  ) {
    self.connection = connection
    self.fileDescriptor = fileDescriptor
    self.record = record
    shared = Mutex(
      Shared(state: ExchangeState(plan: plan, limits: limits, now: ContinuousClock.now)))
  }

  /// Bytes of the body that came in, and of a streamed answer that went out.
  var traffic: (received: Int64, sent: Int64) {
    shared.withLock { ($0.state.received, $0.state.sent) }
  }

  /// Whether the server's thread is past the head.
  var bodyBegan: Bool { shared.withLock { $0.state.bodyBegan } }

  /// Whether the server library is done with the request.
  var isCompleted: Bool { shared.withLock { $0.state.finished } }

  /// What has been sent.
  var outcome: Outcome {
    get { shared.withLock { $0.outcome } }
    set { shared.withLock { $0.outcome = newValue } }
  }

  /// The answer, once there is one.
  var answer: Answer? { shared.withLock { $0.answer } }

  /// Remembers the handler's task, to cancel it when the client goes away.
  func attach(_ task: Task<Void, Never>) {
    let cancelled = shared.withLock { shared in
      shared.task = task
      return shared.cancelled
    }
    if cancelled { task.cancel() }
  }

  // MARK: - The server's thread

  func headCall() -> ExchangeState.HeadStep {
    change {
      $0.headCall()
    } thenSuspendIf: {
      $0 == .wait
    }
  }

  func bodyCall(count: Int) -> ExchangeState.BodyStep {
    change {
      $0.bodyCall(count: count)
    } thenSuspendIf: {
      $0 == .wait
    }
  }

  func push(_ bytes: UnsafeRawBufferPointer) {
    change { $0.push(bytes) }
  }

  func finalCall() -> ExchangeState.FinalStep {
    change {
      $0.finalCall()
    } thenSuspendIf: {
      $0 == .wait
    }
  }

  func pull(into target: UnsafeMutableRawBufferPointer) -> ExchangeState.PullStep {
    change {
      $0.pull(into: target)
    } thenSuspendIf: {
      $0 == .wait
    }
  }

  func completed(_ reason: HTTPBodyError) {
    change { $0.completed(reason) }
  }

  // MARK: - The watcher

  func abort(_ reason: HTTPBodyError) {
    change { $0.abort(reason) }
  }

  func cutUpload(_ reason: HTTPBodyError) -> Bool {
    change { $0.cutUpload(reason) }
  }

  /// Answers in the handler's place, because the body's framing is broken; only on the server's thread.
  func refuse(_ response: HTTPResponse) -> Bool {
    change(storing: .response(response)) { $0.refused() }
  }

  /// Whether the server library reads a chunked body now.
  var isInChunks: Bool { shared.withLock { $0.state.isInChunks } }

  func peerClosed(hard: Bool) {
    change { $0.peerClosed(hard: hard) }
  }

  func tick(now: ContinuousClock.Instant) {
    change { $0.tick(now: now) }
  }

  // MARK: - The handler's task

  /// The request's body, as the handler reads it.
  func body() -> HTTPBody {
    let plan = shared.withLock { $0.state.plan }
    switch plan.length {
    case .none: return .empty
    case .known(let length): return HTTPBody(length: length) { try await self.readBody() }
    case .unknown: return HTTPBody(length: nil) { try await self.readBody() }
    }
  }

  private func readBody() async throws -> [UInt8]? {
    while true {
      // Before looking: a client's end fails the body first and cancels then, and its error counts.
      let isCancelled = Task.isCancelled
      switch change({ $0.read() }) {
      case .block(let block): return block
      case .end: return nil
      case .fail(let error): throw error
      case .wait:
        if isCancelled { throw CancellationError() }
        await park(.reader) { $0.canRead }
      }
    }
  }

  /// Gives the answer. False when it comes too late.
  func give(_ answer: Answer) -> Bool {
    let kind = answer.kind(isHead: record.method == "HEAD")
    return change(storing: answer) { $0.answered(kind) }
  }

  /// Where a streamed answer is written.
  func writer() -> HTTPResponseWriter {
    HTTPResponseWriter { block in try await self.write(block) }
  }

  private func write(_ block: [UInt8]) async throws {
    while true {
      let isCancelled = Task.isCancelled
      switch change({ $0.write(block) }) {
      case .accepted: return
      case .fail(let error): throw error
      case .wait:
        if isCancelled { throw CancellationError() }
        await park(.writer) { $0.canWrite(count: block.count) }
      }
    }
  }

  /// The streamed answer has come to its end. False if the client will see it cut short.
  func streamEnded(failed: Bool) -> Bool {
    change { $0.streamEnded(failed: failed) }
  }

  // MARK: - Carrying out

  /// Waits until woken, unless there is no need to.
  private func park(_ side: Side, unless isReady: (ExchangeState) -> Bool) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let parked = shared.withLock { shared in
          if Task.isCancelled || isReady(shared.state) { return false }
          precondition(shared.waiting[side] == nil, "a body has one reader, an answer one writer")
          shared.waiting[side] = continuation
          return true
        }
        if !parked { continuation.resume() }
      }
    } onCancel: {
      shared.withLock { $0.waiting.removeValue(forKey: side) }?.resume()
    }
  }

  @discardableResult
  private func change<Step>(
    storing answer: Answer? = nil, _ event: (inout ExchangeState) -> Step,
    thenSuspendIf suspends: (Step) -> Bool = { _ in false }
  ) -> Step {
    var woken: [CheckedContinuation<Void, Never>] = []
    var cancelled: Task<Void, Never>?
    let step = shared.withLock { shared in
      if let answer, shared.answer == nil { shared.answer = answer }
      let step = event(&shared.state)
      // Under the lock, so that nobody resumes before the suspension, and nobody suspends anew before
      // the resumption. MHD's own lock is never held while it calls us.
      if suspends(step) { MHD_suspend_connection(connection.pointer) }
      let effects = shared.state.takeEffects()
      if effects.resume { MHD_resume_connection(connection.pointer) }
      if let sending = effects.direct { send(directly: &shared, sending) }
      if effects.shutDown { shutDownSocket(fileDescriptor) }
      if effects.wakeReader { woken += shared.waiting.take(.reader) }
      if effects.wakeWriter { woken += shared.waiting.take(.writer) }
      if effects.cancel {
        shared.cancelled = true
        cancelled = shared.task
      }
      if shared.state.finished { shared.task = nil }
      return step
    }
    for continuation in woken { continuation.resume() }
    cancelled?.cancel()
    return step
  }

  /// Under the lock, because the socket is open for sure only as long as the exchange is not completed.
  private func send(directly shared: inout Shared, _ sending: ExchangeState.DirectSending) {
    guard case .response(let response) = shared.answer else { return }
    let answer = DirectAnswer(response, requestID: record.id)
    shared.outcome = Outcome(
      status: response.status, bytes: answer.bodyBytes, isWhole: answer.send(to: fileDescriptor),
      lingers: true)
    switch sending {
    case .thenStopReading: stopReading(fileDescriptor)
    case .thenStopWriting: stopWriting(fileDescriptor)
    }
  }
}

extension Dictionary {
  fileprivate mutating func take(_ key: Key) -> [Value] {
    removeValue(forKey: key).map { [$0] } ?? []
  }
}

extension Exchange.Answer {
  fileprivate func kind(isHead: Bool) -> ExchangeState.AnswerKind {
    switch self {
    case .upgrade: .upgrade
    case .response(let response):
      switch response.body {
      case .stream(let length, _) where !isHead: .streamed(length: length)
      case .empty, .bytes, .stream: .whole
      }
    }
  }
}

/// MHD's connection.
struct ConnectionHandle: @unchecked Sendable {
  // Proof of Sendable: an address; whoever uses it holds the exchange's lock or is the server's thread.
  let pointer: OpaquePointer
}
