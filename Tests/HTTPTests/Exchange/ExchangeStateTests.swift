import Testing

@testable import HTTP

@Suite("the exchange's state machine")
struct ExchangeStateTests {
  private typealias Effects = ExchangeState.Effects

  private func make(
    _ length: UploadPlan.Length, expects: Bool = false, maxBytes: Int64 = .max,
    mustClose: Bool = false
  ) -> ExchangeState {
    let plan = UploadPlan(
      length: length, expectsContinue: expects, maxBytes: maxBytes, mustClose: mustClose)
    var limits = ExchangeLimits()
    limits.queueBytes = 100
    limits.discardBytes = 1000
    limits.discardUnknownBytes = 50
    return ExchangeState(plan: plan, limits: limits, now: ContinuousClock.now)
  }

  private func push(_ count: Int, _ state: inout ExchangeState) {
    [UInt8](repeating: 1, count: count).withUnsafeBytes { state.push($0) }
  }

  private func pull(_ state: inout ExchangeState, room: Int = 1000) -> ExchangeState.PullStep {
    withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { state.pull(into: $0) }
  }

  @Test("without a body, the head leads to the end, and the end waits for the answer")
  func noBody() {
    var state = make(.none)
    #expect(state.headCall() == .proceed)
    #expect(state.finalCall() == .wait)
    _ = state.takeEffects()
    #expect(state.answered(.whole) == true)
    #expect(state.takeEffects() == Effects(resume: true))
    #expect(state.finalCall() == .answer)
  }

  @Test("the head waits until the body is asked for, and is resumed once")
  func demand() {
    var state = make(.known(10), expects: true)
    #expect(state.headCall() == .wait)
    #expect(state.read() == .wait)
    #expect(state.takeEffects() == Effects(resume: true))
    #expect(state.read() == .wait)
    #expect(state.takeEffects() == Effects())
    #expect(state.headCall() == .proceed)
  }

  @Test(
    "an answer at the head closes where the body is not sent or too long to drop",
    arguments: [
      (UploadPlan.Length.known(1000), false, ExchangeState.HeadStep.proceed),
      (.known(1001), false, .answer(closing: true)), (.known(1), true, .answer(closing: true)),
      (.unknown, false, .answer(closing: true)), (.none, false, .proceed),
    ])
  func answerAtHead(
    length: UploadPlan.Length, expects: Bool, step: ExchangeState.HeadStep
  ) {
    var state = make(length, expects: expects)
    #expect(state.answered(.whole) == true)
    #expect(state.headCall() == step)
  }

  @Test("a head that cannot be trusted is answered at once and closes")
  func mustClose() {
    var state = make(.none, mustClose: true)
    #expect(state.headCall() == .wait)
    #expect(state.answered(.whole) == true)
    #expect(state.headCall() == .answer(closing: true))
  }

  @Test("a full queue holds the sender back until half of it is read")
  func backpressure() {
    var state = make(.known(1000))
    _ = state.read()
    #expect(state.headCall() == .proceed)
    for _ in 0..<2 {
      #expect(state.bodyCall(count: 50) == .take)
      push(50, &state)
    }
    #expect(state.bodyCall(count: 50) == .wait)
    _ = state.takeEffects()
    #expect(state.read() == .block([UInt8](repeating: 1, count: 100)))
    #expect(state.takeEffects() == Effects(resume: true))
    #expect(state.bodyCall(count: 5000) == .take)
  }

  @Test("a body over its limit fails for the reader and waits for the refusal")
  func overLimit() {
    var state = make(.unknown, maxBytes: 99)
    _ = state.read()
    #expect(state.headCall() == .proceed)
    #expect(state.bodyCall(count: 60) == .take)
    push(60, &state)
    #expect(state.bodyCall(count: 40) == .wait)
    #expect(state.takeEffects().wakeReader == true)
    #expect(state.read() == .fail(.tooLarge))
    #expect(state.answered(.whole) == true)
    #expect(state.takeEffects().resume == true)
    #expect(state.bodyCall(count: 40) == .discard)
    #expect(state.bodyCall(count: 40) == .refuse)
  }

  @Test("what an early answer leaves of the body is dropped up to a limit")
  func discards() {
    var state = make(.known(5000))
    _ = state.read()
    #expect(state.headCall() == .proceed)
    #expect(state.answered(.whole) == true)
    #expect(state.bodyCall(count: 10) == .refuse)
    var other = make(.known(900))
    _ = other.read()
    #expect(other.headCall() == .proceed)
    #expect(other.answered(.streamed(length: nil)) == true)
    #expect(other.bodyCall(count: 900) == .discard)
    #expect(other.finalCall() == .answer)
  }

  @Test("a streamed answer cannot be sent before the body's end, so the connection closes")
  func streamedRefusal() {
    var state = make(.known(5000))
    _ = state.read()
    #expect(state.headCall() == .proceed)
    #expect(state.answered(.streamed(length: nil)) == true)
    #expect(state.bodyCall(count: 10) == .close)
  }

  @Test("an empty stream waits, a written block resumes it, and its end ends it")
  func stream() {
    var state = make(.none)
    _ = state.headCall()
    _ = state.answered(.streamed(length: nil))
    #expect(pull(&state) == .wait)
    _ = state.takeEffects()
    #expect(state.write([1, 2]) == .accepted)
    #expect(state.takeEffects() == Effects(resume: true))
    #expect(pull(&state, room: 1) == .bytes(1))
    #expect(pull(&state) == .bytes(1))
    #expect(state.write([UInt8](repeating: 0, count: 100)) == .accepted)
    #expect(state.write([1]) == .wait)
    _ = state.takeEffects()
    #expect(pull(&state) == .bytes(100))
    #expect(state.takeEffects().wakeWriter)
    #expect(state.streamEnded(failed: false) == true)
    #expect(pull(&state) == .end)
  }

  @Test("a stream that fails or misses its length ends with an error", arguments: [true, false])
  func brokenStream(failed: Bool) {
    var state = make(.none)
    _ = state.headCall()
    _ = state.answered(.streamed(length: failed ? 1 : 2))
    #expect(state.write([1]) == .accepted)
    #expect(state.streamEnded(failed: failed) == false)
    #expect(pull(&state) == .bytes(1))
    #expect(pull(&state) == .fail)
  }

  @Test("a completed exchange never touches its connection again")
  func completed() {
    var state = make(.known(10))
    _ = state.headCall()
    state.completed(.connectionClosed)
    let effects = state.takeEffects()
    #expect(effects.cancel && effects.wakeReader && !effects.resume && !effects.shutDown)
    state.abort(.timeout)
    state.peerClosed(hard: true)
    #expect(state.answered(.whole) == false)
    #expect(state.read() == .fail(.connectionClosed))
    #expect(state.write([1]) == .fail(.connectionClosed))
    _ = state.streamEnded(failed: true)
    #expect(state.takeEffects().resume == false)
  }

  @Test("aborting resumes a suspended connection, and shuts down one that is not")
  func abort() {
    var suspended = make(.known(10))
    _ = suspended.headCall()
    suspended.abort(.connectionClosed)
    #expect(suspended.takeEffects().resume == true)
    #expect(suspended.headCall() == .close)
    var running = make(.known(10))
    running.abort(.connectionClosed)
    let effects = running.takeEffects()
    #expect(effects.shutDown && !effects.resume && effects.cancel)
  }

  @Test("a client's end counts once its body is whole")
  func peerClosed() {
    var state = make(.known(10))
    _ = state.read()
    _ = state.headCall()
    state.peerClosed(hard: false)
    #expect(state.takeEffects().cancel == false)
    push(10, &state)
    #expect(state.finalCall() == .wait)
    #expect(state.takeEffects().cancel)
    #expect(state.answered(.whole) == true)
  }

  @Test("a body must make progress, but only while it is not held back")
  func progress() {
    var state = make(.known(100_000))
    let start = ContinuousClock.now
    _ = state.read()
    _ = state.headCall()
    state.tick(now: start)
    push(1024, &state)
    state.tick(now: start + .seconds(59))
    state.tick(now: start + .seconds(118))
    #expect(state.takeEffects().cancel == false)
    _ = state.bodyCall(count: 100)
    state.tick(now: start + .seconds(1000))
    #expect(state.takeEffects().cancel == false)
    _ = state.read()
    state.tick(now: start + .seconds(1001))
    state.tick(now: start + .seconds(1062))
    let effects = state.takeEffects()
    #expect(effects.wakeReader && !effects.cancel && !effects.shutDown)
    #expect(state.read() == .fail(.timeout))
  }

  @Test("behind a body that was cut, the answer goes past the library, and nothing follows it")
  func cut() {
    var state = make(.known(100_000))
    _ = state.read()
    _ = state.headCall()
    push(10, &state)
    #expect(state.cutUpload(.shuttingDown) == true)
    #expect(state.read() == .fail(.shuttingDown))
    _ = state.takeEffects()
    #expect(state.answered(.whole) == true)
    #expect(state.takeEffects() == Effects(direct: .thenStopReading))
    #expect(state.bodyCall(count: 10) == .close)
    #expect(state.finalCall() == .close)
    #expect(state.cutUpload(.timeout) == false)
  }

  @Test("a cut body whose connection is held back is answered when the library asks again")
  func cutWhileSuspended() {
    var state = make(.known(100_000))
    _ = state.read()
    _ = state.headCall()
    push(100, &state)
    #expect(state.bodyCall(count: 50) == .wait)
    #expect(state.cutUpload(.shuttingDown) == true)
    _ = state.takeEffects()
    #expect(state.answered(.whole) == true)
    #expect(state.takeEffects() == Effects(resume: true))
    #expect(state.bodyCall(count: 50) == .refuse)
  }

  @Test("a body that was cut before it began is answered at the head, and the connection closed")
  func cutAtHead() {
    var state = make(.known(10))
    #expect(state.headCall() == .wait)
    #expect(state.cutUpload(.shuttingDown) == true)
    #expect(state.answered(.whole) == true)
    #expect(state.headCall() == .answer(closing: true))
  }

  @Test("broken chunks are answered in the handler's place, once, and only where chunks are read")
  func refused() {
    var state = make(.unknown)
    #expect(state.refused() == false)
    _ = state.read()
    _ = state.headCall()
    _ = state.takeEffects()
    #expect(state.refused() == true)
    let effects = state.takeEffects()
    #expect(effects.cancel && effects.direct == .thenStopWriting)
    #expect(state.answered(.whole) == false)
    #expect(state.refused() == false)
    var other = make(.known(10))
    _ = other.read()
    _ = other.headCall()
    #expect(other.refused() == false)
  }

  @Test("an upgraded exchange is left alone")
  func upgraded() {
    var state = make(.none)
    _ = state.headCall()
    #expect(state.answered(.upgrade) == true)
    _ = state.takeEffects()
    state.peerClosed(hard: true)
    state.abort(.timeout)
    #expect(state.takeEffects() == Effects())
  }
}
