import Testing

@testable import HTTP

@Suite("the life signs of a WebSocket")
struct WebSocketLivenessTests {
  private func fresh() -> WebSocketLiveness {
    WebSocketLiveness(configuration: WebSocketConfiguration(), now: .zero)
  }

  @Test("a ping is due every 25 s, counted from the last pong")
  func pings() {
    var liveness = fresh()
    #expect(liveness.deadline == .seconds(25))
    #expect(liveness.verdict(now: .milliseconds(24_999)) == nil)
    #expect(liveness.verdict(now: .seconds(25)) == .sendPing)
    #expect(liveness.verdict(now: .seconds(25)) == nil)
    liveness.flushed(now: .seconds(25))
    liveness.pong(now: .seconds(26))
    #expect(liveness.deadline == .seconds(51))
  }

  @Test("a missing pong ends it 10 s after the ping has left")
  func missingPong() {
    var liveness = fresh()
    #expect(liveness.verdict(now: .seconds(25)) == .sendPing)
    #expect(liveness.deadline == nil)
    liveness.flushed(now: .seconds(28))
    #expect(liveness.verdict(now: .seconds(37)) == nil)
    #expect(liveness.verdict(now: .seconds(38)) == .unanswered)
  }

  @Test("a pong is not late while nobody reads")
  func paused() {
    var liveness = fresh()
    _ = liveness.verdict(now: .seconds(25))
    liveness.flushed(now: .seconds(25))
    liveness.reading(false, now: .seconds(30))
    #expect(liveness.verdict(now: .seconds(300)) == nil)
    liveness.reading(true, now: .seconds(300))
    #expect(liveness.deadline == .seconds(310))
    liveness.pong(now: .seconds(301))
    #expect(liveness.deadline == .seconds(326))
  }

  @Test("a pong nobody asked for changes nothing")
  func unsolicitedPong() {
    var liveness = fresh()
    liveness.pong(now: .seconds(20))
    #expect(liveness.deadline == .seconds(25))
  }

  @Test("data that waits must drain a little within 30 s")
  func drain() {
    var liveness = fresh()
    _ = liveness.verdict(now: .seconds(25))
    liveness.drained(progress: true, waiting: true, now: .seconds(26))
    liveness.drained(progress: false, waiting: true, now: .seconds(40))
    #expect(liveness.verdict(now: .seconds(55)) == nil)
    liveness.drained(progress: true, waiting: true, now: .seconds(55))
    #expect(liveness.verdict(now: .seconds(84)) == nil)
    #expect(liveness.verdict(now: .seconds(85)) == .stalled)
    liveness.drained(progress: true, waiting: false, now: .seconds(85))
    #expect(liveness.verdict(now: .seconds(1000)) == nil)
  }

  @Test("closing has its own time, and the earliest end wins")
  func closing() {
    var liveness = fresh()
    liveness.closing(now: .zero)
    #expect(liveness.deadline == .seconds(5))
    liveness.closing(now: .seconds(1), within: .seconds(2))
    liveness.closing(now: .seconds(2))
    #expect(liveness.verdict(now: .milliseconds(2999)) == nil)
    #expect(liveness.verdict(now: .seconds(3)) == .closeUnanswered)
  }
}
