/// One request and its answer, between the server's thread and the handler's task.
///
/// A value without I/O: what happens goes in through the methods, what to do comes out as their
/// result, as `effects` for the other side. The server's thread may leave the connection suspended
/// (`wait`); from then on the state says when to resume it, and it says so once.
struct ExchangeState: Sendable {
  /// What is to be done for the other side, gathered until taken.
  struct Effects: Sendable, Equatable {
    /// Resume the suspended connection.
    var resume = false
    /// Whoever waits to read the body shall look again.
    var wakeReader = false
    /// Whoever waits to write the answer shall look again.
    var wakeWriter = false
    /// Cancel the handler's task.
    var cancel = false
    /// Shut the socket down, so that the server's thread sees its end.
    var shutDown = false
    /// Send the answer past the server library, which would not send it now.
    var direct: DirectSending?
  }

  /// What comes behind an answer that was sent past the server library.
  enum DirectSending: Sendable, Equatable {
    /// The library waits for bytes: it shall see the end of them.
    case thenStopReading
    /// The library is about to send an answer of its own: it shall not reach the client.
    case thenStopWriting
  }

  /// The kinds of answer, as far as they are handled differently.
  enum AnswerKind: Sendable, Equatable {
    /// All bytes are there.
    case whole
    /// Bytes come while it is sent; the length, if it was announced.
    case streamed(length: Int64?)
    /// The connection leaves HTTP.
    case upgrade
  }

  private enum UploadEnd: Equatable { case open, complete, failed(HTTPBodyError) }
  private enum AnswerEnd { case open, complete, failed }

  let plan: UploadPlan
  let limits: ExchangeLimits
  /// Bytes of the body that came in.
  private(set) var received: Int64 = 0
  /// Bytes of a streamed answer that went out.
  private(set) var sent: Int64 = 0
  /// Whether the request is over, one way or the other.
  private(set) var finished = false
  /// Whether the server's thread asks about the body, or still about the head.
  private(set) var bodyBegan = false

  private var effects = Effects()
  private var suspended = false
  private var demanded = false
  private var uploadEnd = UploadEnd.open
  private var inbound = BlockQueue()
  private var discarded: Int64 = 0
  private var answer: AnswerKind?
  private var answerEnd = AnswerEnd.open
  private var outbound = BlockQueue()
  private var written: Int64 = 0
  private var aborted = false
  /// Whether the body was ended by us, so that the handler can still answer.
  private var isCut = false
  private var isSentDirectly = false
  private var peerFinished = false
  private var progress: (since: ContinuousClock.Instant, bytes: Int64)?
  private let began: ContinuousClock.Instant

  init(plan: UploadPlan, limits: ExchangeLimits, now: ContinuousClock.Instant) {
    self.plan = plan
    self.limits = limits
    began = now
  }

  /// Gives what is to be done for the other side, and forgets it.
  mutating func takeEffects() -> Effects {
    defer { effects = Effects() }
    return effects
  }

  // MARK: - The server's thread: the request

  enum HeadStep: Equatable { case wait, proceed, answer(closing: Bool), close }

  /// The head is read. While it waits, the client gets no `100 Continue`, and no byte is read.
  ///
  /// An answer at this point ends the connection: MHD reads no body behind it.
  mutating func headCall() -> HeadStep {
    if aborted { return .close }
    if answer != nil { return answerAtHead() }
    // Without a body the end is next; an answer before it would cost the connection.
    if demanded || (plan.length == .none && !plan.mustClose) {
      bodyBegan = true
      return .proceed
    }
    suspended = true
    return .wait
  }

  private mutating func answerAtHead() -> HeadStep {
    switch plan.length {
    case _ where plan.mustClose || isCut: return .answer(closing: true)
    case .known(let length) where length > limits.discardBytes || plan.expectsContinue:
      return .answer(closing: true)
    case .unknown: return .answer(closing: true)
    case .none, .known:
      bodyBegan = true
      return .proceed
    }
  }

  enum BodyStep: Equatable { case take, wait, discard, refuse, close }

  /// Bytes of the body are there: take them, leave them, or throw them away.
  ///
  /// `refuse`: send the answer although the body has not come to its end, and close.
  mutating func bodyCall(count: Int) -> BodyStep {
    if aborted || isSentDirectly { return .close }
    if let answer {
      if isCut { return answer == .whole ? .refuse : .close }
      return discard(Int64(count), before: answer)
    }
    if uploadEnd == .open, received + Int64(count) > plan.maxBytes {
      uploadEnd = .failed(.tooLarge)
      inbound.removeAll()
      effects.wakeReader = true
    }
    if uploadEnd != .open || (inbound.bytes > 0 && inbound.bytes + count > limits.queueBytes) {
      suspended = true
      return .wait
    }
    return .take
  }

  private mutating func discard(_ count: Int64, before answer: AnswerKind) -> BodyStep {
    received += count
    discarded += count
    let isTooMuch =
      switch plan.length {
      case .none: false
      case .known(let length): length - received > limits.discardBytes
      case .unknown: discarded > limits.discardUnknownBytes
      }
    guard isTooMuch else { return .discard }
    return answer == .whole ? .refuse : .close
  }

  /// Puts the bytes that `bodyCall` said to take.
  mutating func push(_ bytes: UnsafeRawBufferPointer) {
    received += Int64(bytes.count)
    guard answer == nil, uploadEnd == .open else { return }
    inbound.push(bytes)
    effects.wakeReader = true
  }

  enum FinalStep: Equatable { case wait, answer, close }

  /// The body has come to its end.
  mutating func finalCall() -> FinalStep {
    if aborted || isSentDirectly { return .close }
    if uploadEnd == .open {
      uploadEnd = .complete
      effects.wakeReader = true
      if peerFinished { effects.cancel = true }
    }
    if answer != nil { return .answer }
    suspended = true
    return .wait
  }

  // MARK: - The server's thread: the answer

  enum PullStep: Equatable { case bytes(Int), wait, end, fail }

  /// The client can take more of a streamed answer.
  mutating func pull(into target: UnsafeMutableRawBufferPointer) -> PullStep {
    if aborted { return .fail }
    if outbound.bytes > 0 {
      let count = outbound.take(into: target)
      sent += Int64(count)
      if outbound.bytes <= limits.queueBytes / 2 { effects.wakeWriter = true }
      return .bytes(count)
    }
    switch answerEnd {
    case .failed: return .fail
    case .complete: return .end
    case .open:
      suspended = true
      return .wait
    }
  }

  /// The server is done with the request; after this nothing more is heard of the connection.
  mutating func completed(_ reason: HTTPBodyError) {
    guard !finished else { return }
    finished = true
    suspended = false
    let handlerRuns = answer == nil || (isStreamed && answerEnd == .open && !isLengthReached)
    fail(reason)
    if handlerRuns { effects.cancel = true }
  }

  // MARK: - The handler's task

  enum ReadStep: Equatable { case block([UInt8]), end, wait, fail(HTTPBodyError) }

  /// The handler wants the next block of the body.
  mutating func read() -> ReadStep {
    if case .failed(let error) = uploadEnd { return .fail(error) }
    if let block = inbound.pop() {
      if inbound.bytes <= limits.queueBytes / 2, uploadEnd == .open { resume() }
      return .block(block)
    }
    if uploadEnd == .complete || plan.length == .none { return .end }
    if answer != nil || finished { return .fail(.connectionClosed) }
    if !demanded {
      demanded = true
      resume()
    }
    return .wait
  }

  /// Whether `read` would not have to wait.
  var canRead: Bool {
    uploadEnd != .open || inbound.bytes > 0 || plan.length == .none || answer != nil || finished
  }

  /// The handler has an answer. False when it comes too late.
  mutating func answered(_ kind: AnswerKind) -> Bool {
    guard !finished, !aborted, answer == nil else { return false }
    answer = kind
    if uploadEnd != .complete { inbound.removeAll() }
    if isCut, bodyBegan, uploadEnd != .complete, !suspended {
      // Nobody would ask for it: the server's thread waits for bytes that may never come.
      if kind == .whole { sendDirectly(.thenStopReading) } else { abort(.connectionClosed) }
    }
    resume()
    return true
  }

  /// The body's framing is broken, and the server library is about to say so in its own words: answers
  /// in the handler's place. False where that cannot be done.
  mutating func refused() -> Bool {
    guard isInChunks, answer == nil || answer == .whole else { return false }
    if answer == nil {
      answer = .whole
      effects.cancel = true
    }
    fail(.connectionClosed)
    sendDirectly(.thenStopWriting)
    return true
  }

  /// Whether the server library reads a chunked body now.
  var isInChunks: Bool {
    bodyBegan && plan.length == .unknown && uploadEnd != .complete && !suspended && !finished
      && !aborted && !isSentDirectly
  }

  private mutating func sendDirectly(_ sending: DirectSending) {
    isSentDirectly = true
    effects.direct = sending
  }

  enum WriteStep: Equatable { case accepted, wait, fail(HTTPBodyError) }

  /// The handler wants to send a block of its streamed answer.
  mutating func write(_ block: [UInt8]) -> WriteStep {
    if aborted || finished || answerEnd != .open { return .fail(.connectionClosed) }
    if case .streamed(let length?) = answer, written + Int64(block.count) > length {
      return .fail(.tooLarge)
    }
    guard outbound.bytes == 0 || outbound.bytes + block.count <= limits.queueBytes else {
      return .wait
    }
    outbound.push(block)
    written += Int64(block.count)
    if !block.isEmpty { resume() }
    return .accepted
  }

  /// Whether `write` of that many bytes would not have to wait.
  func canWrite(count: Int) -> Bool {
    aborted || finished || answerEnd != .open || outbound.bytes == 0
      || outbound.bytes + count <= limits.queueBytes
  }

  /// The handler has written its streamed answer, or failed to; false if it is not whole.
  mutating func streamEnded(failed: Bool) -> Bool {
    guard answerEnd == .open else { return false }
    answerEnd = failed || !allWritten ? .failed : .complete
    resume()
    return answerEnd == .complete
  }

  // MARK: - Others

  /// Ends the exchange without an answer, or in the midst of one.
  mutating func abort(_ reason: HTTPBodyError) {
    guard !finished, !aborted, answer != .upgrade else { return }
    aborted = true
    fail(reason)
    effects.cancel = true
    if suspended { resume() } else { effects.shutDown = true }
  }

  /// Ends the body before its end, and leaves it to the handler to answer.
  ///
  /// - Returns: whether there was a body to end, and an answer is to be expected.
  mutating func cutUpload(_ reason: HTTPBodyError) -> Bool {
    guard !finished, !aborted, answer == nil, uploadEnd == .open, plan.length != .none else {
      return false
    }
    uploadEnd = .failed(reason)
    isCut = true
    inbound.removeAll()
    effects.wakeReader = true
    return true
  }

  /// The client has shut down its side (`hard`: both sides).
  ///
  /// A client that sends nothing more may still wait for its answer, so only the task is told; if it
  /// answers all the same, the answer is sent.
  mutating func peerClosed(hard: Bool) {
    guard !finished, answer != .upgrade else { return }
    if hard { return abort(.connectionClosed) }
    peerFinished = true
    if plan.length == .none || uploadEnd == .complete { effects.cancel = true }
  }

  /// Looks at the clock: a body must make progress, and an exchange must end.
  mutating func tick(now: ContinuousClock.Instant) {
    guard !finished, !aborted, answer != .upgrade else { return }
    if let limit = limits.requestTimeout, now - began > limit { return abort(.timeout) }
    guard bodyBegan, uploadEnd == .open, !suspended else {
      progress = nil
      return
    }
    guard let window = progress, received - window.bytes < limits.progressBytes else {
      progress = (now, received)
      return
    }
    guard now - window.since > limits.progressTimeout else { return }
    if !cutUpload(.timeout) { abort(.timeout) }
  }

  private var isStreamed: Bool {
    if case .streamed = answer { true } else { false }
  }

  /// Whether no announced byte is missing.
  private var allWritten: Bool {
    if case .streamed(let length?) = answer { written == length } else { true }
  }

  /// Whether every byte of an announced length is written.
  private var isLengthReached: Bool {
    if case .streamed(let length?) = answer { written == length } else { false }
  }

  private mutating func resume() {
    guard suspended else { return }
    suspended = false
    effects.resume = true
  }

  private mutating func fail(_ reason: HTTPBodyError) {
    if uploadEnd == .open, plan.length != .none { uploadEnd = .failed(reason) }
    if answerEnd == .open { answerEnd = .failed }
    inbound.removeAll()
    outbound.removeAll()
    effects.wakeReader = true
    effects.wakeWriter = true
  }
}
