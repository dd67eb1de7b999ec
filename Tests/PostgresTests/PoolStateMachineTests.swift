import Testing

@testable import Postgres

@Suite("The pool's decisions")
struct PoolStateMachineTests {
  let start = ContinuousClock.now

  private func machine(limit: Int = 2, kept: Int = 0) -> PoolStateMachine {
    PoolStateMachine(limit: limit, maxIdle: .seconds(60), kept: kept, checkAfter: .seconds(5))
  }

  private func lend(_ connection: Int, _ waiter: Int, check: Bool = false)
    -> PoolStateMachine.Action
  {
    .lend(connection: connection, waiter: waiter, check: check)
  }

  @Test("a connection is opened for the first waiter and lent to it")
  func opens() {
    var pool = machine()
    #expect(pool.request(10, at: start) == [.open(1)])
    #expect(pool.opened(1, at: start) == [lend(1, 10)])
  }

  @Test("no more than the limit is opened, and the others are served in their order")
  func limitAndOrder() {
    var pool = machine(limit: 1)
    #expect(pool.request(10, at: start) == [.open(1)])
    #expect(pool.request(11, at: start).isEmpty)
    #expect(pool.request(12, at: start).isEmpty)
    #expect(pool.opened(1, at: start) == [lend(1, 10)])
    #expect(pool.returned(1, usable: true, at: start) == [lend(1, 11)])
    #expect(pool.returned(1, usable: true, at: start) == [lend(1, 12)])
    #expect(pool.returned(1, usable: true, at: start).isEmpty)
  }

  @Test("an idle connection is lent again, and checked when it was idle for long")
  func idle() {
    var pool = machine()
    _ = pool.request(10, at: start)
    _ = pool.opened(1, at: start)
    #expect(pool.returned(1, usable: true, at: start).isEmpty)
    #expect(pool.request(11, at: start + .seconds(5)) == [lend(1, 11)])
    _ = pool.returned(1, usable: true, at: start + .seconds(5))
    #expect(pool.request(12, at: start + .seconds(11)) == [lend(1, 12, check: true)])
  }

  @Test("a broken connection is dropped and replaced for whoever waits")
  func broken() {
    var pool = machine(limit: 1)
    _ = pool.request(10, at: start)
    _ = pool.opened(1, at: start)
    _ = pool.request(11, at: start)
    #expect(pool.returned(1, usable: false, at: start) == [.discard(1), .open(2)])
    #expect(pool.opened(2, at: start) == [lend(2, 11)])
  }

  @Test("who got a dead connection is served before the others")
  func secondTurn() {
    var pool = machine(limit: 1)
    _ = pool.request(10, at: start)
    _ = pool.opened(1, at: start)
    _ = pool.request(11, at: start)
    _ = pool.returned(1, usable: false, at: start)
    #expect(pool.request(12, first: true, at: start).isEmpty)
    #expect(pool.opened(2, at: start) == [lend(2, 12)])
  }

  @Test("a failed opening is the first waiter's, and the others get an attempt of their own")
  func openingFailed() {
    var pool = machine(limit: 1)
    _ = pool.request(10, at: start)
    _ = pool.request(11, at: start)
    #expect(
      pool.openingFailed(1, at: start) == [.fail(waiter: 10, .openingFailed), .open(2)])
    #expect(pool.openingFailed(2, at: start) == [.fail(waiter: 11, .openingFailed)])
    #expect(pool.request(12, at: start) == [.open(3)])
  }

  @Test("a waiter that times out or leaves is not served later")
  func leaving() {
    var pool = machine(limit: 1)
    _ = pool.request(10, at: start)
    _ = pool.request(11, at: start)
    _ = pool.request(12, at: start)
    #expect(pool.timeOut(10) == [.fail(waiter: 10, .timedOut)])
    let left = pool.forget(11)
    #expect(left)
    let leftAgain = pool.forget(11)
    #expect(!leftAgain)
    #expect(pool.opened(1, at: start) == [lend(1, 12)])
    #expect(pool.timeOut(12).isEmpty)
  }

  @Test("the connections that were idle for longest are closed, the last used is lent")
  func expiry() {
    var pool = machine()
    _ = pool.request(10, at: start)
    _ = pool.request(11, at: start)
    _ = pool.opened(1, at: start)
    _ = pool.opened(2, at: start)
    _ = pool.returned(1, usable: true, at: start)
    _ = pool.returned(2, usable: true, at: start + .seconds(1))
    #expect(pool.nextExpiry == start + .seconds(60))
    #expect(pool.expire(at: start + .seconds(60)) == [.discard(1)])
    #expect(pool.request(12, at: start + .seconds(2)) == [lend(2, 12)])
    #expect(pool.nextExpiry == nil)
  }

  @Test("so many idle connections stay as are to be kept, those that were used last")
  func kept() {
    var pool = machine(limit: 3, kept: 1)
    for waiter in 10...12 { _ = pool.request(waiter, at: start) }
    for connection in 1...3 { _ = pool.opened(connection, at: start) }
    _ = pool.returned(1, usable: true, at: start)
    _ = pool.returned(2, usable: true, at: start)
    #expect(pool.nextExpiry == start + .seconds(60))
    #expect(pool.expire(at: start + .seconds(3600)) == [.discard(1)])
    #expect(pool.nextExpiry == nil)
    #expect(pool.expire(at: start + .seconds(7200)).isEmpty)
    _ = pool.returned(3, usable: true, at: start + .seconds(7200))
    #expect(pool.nextExpiry == start + .seconds(60))
    #expect(pool.expire(at: start + .seconds(7200)) == [.discard(2)])
    #expect(pool.close() == [.discard(3)])
  }

  @Test("close fails the waiters, closes the idle and waits for the lent")
  func close() {
    var pool = machine(limit: 3)
    for waiter in 10...12 { _ = pool.request(waiter, at: start) }
    _ = pool.opened(1, at: start)
    _ = pool.opened(2, at: start)
    _ = pool.returned(1, usable: true, at: start)
    // 10 has returned 1, which went to 12; 2 is with 11; 3 is on its way for nobody.
    _ = pool.request(13, at: start)
    #expect(pool.close() == [.fail(waiter: 13, .closed)])
    #expect(!pool.isDrained)
    #expect(pool.request(14, at: start) == [.fail(waiter: 14, .closed)])
    #expect(pool.opened(3, at: start) == [.discard(3)])
    #expect(pool.returned(1, usable: true, at: start) == [.discard(1)])
    #expect(!pool.isDrained)
    #expect(pool.returned(2, usable: true, at: start) == [.discard(2)])
    #expect(pool.isDrained)
  }
}
