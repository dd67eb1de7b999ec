import Synchronization
import TestSupport
import Testing
import Threading

@testable import Postgres

@Suite("The gate for cancel requests", .timeLimit(.minutes(1)))
struct CancelGateTests {
  @Test("a request is sent again and again until the statement is over, and not after")
  func repeats() async throws {
    let requests = Requests()
    let gate = CancelGate { requests.add() }
    let ticket = gate.begin()
    gate.cancel(ticket)
    try await eventually("three requests were sent") { requests.count >= 3 }
    #expect(gate.end())
    let count = requests.count
    gate.cancel(ticket)
    _ = gate.begin()
    gate.cancel(ticket)
    try await Task.sleep(for: .milliseconds(100))
    #expect(requests.count == count)
    #expect(gate.end())
  }

  @Test("without a statement no request is sent")
  func idle() async throws {
    let requests = Requests()
    let gate = CancelGate { requests.add() }
    gate.cancel()
    let ticket = gate.begin()
    #expect(gate.end())
    gate.cancel(ticket)
    try await Task.sleep(for: .milliseconds(50))
    #expect(requests.count == 0)
  }

  @Test("the end of a statement waits for the request that is under way")
  func endWaits() async throws {
    let requests = Requests()
    let gate = CancelGate {
      requests.add()
      requests.waitForPermission()
      requests.finish()
    }
    gate.cancel(gate.begin())
    try await eventually("a request is under way") { requests.count == 1 }
    // The end blocks, and must not block the pool that the permission comes from.
    let ended = Task(executorPreference: ThreadExecutor(name: "end")) { gate.end() }
    try await Task.sleep(for: .milliseconds(50))
    requests.permit()
    #expect(await ended.value)
    #expect(requests.finished == 1)
  }

  @Test("a request that is stuck is reported, so that the connection can be dropped")
  func stuck() async throws {
    let requests = Requests()
    let gate = CancelGate(patience: .milliseconds(30)) {
      requests.add()
      requests.waitForPermission()
    }
    gate.cancel(gate.begin())
    try await eventually("a request is under way") { requests.count == 1 }
    let ended = Task(executorPreference: ThreadExecutor(name: "end")) { gate.end() }
    #expect(await ended.value == false)
    requests.permit()
  }
}

/// Counts requests, and holds them up until they are permitted.
private final class Requests: Sendable {
  private let sent = Atomic(0)
  private let done = Atomic(0)
  private let permitted = Atomic(false)
  var count: Int { sent.load(ordering: .acquiring) }
  var finished: Int { done.load(ordering: .acquiring) }

  func add() { sent.add(1, ordering: .acquiringAndReleasing) }
  func finish() { done.add(1, ordering: .acquiringAndReleasing) }
  func permit() { permitted.store(true, ordering: .releasing) }

  /// Runs on the thread of the request, where it may block.
  func waitForPermission() {
    let lock = TimedCondition()
    while !permitted.load(ordering: .acquiring) {
      lock.withLock { _ = lock.wait(until: .now + .milliseconds(5)) }
    }
  }
}
