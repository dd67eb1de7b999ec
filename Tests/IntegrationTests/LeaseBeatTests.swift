import ImportModel
import Postgres
import Queue
import TestSupport
import Testing

@testable import Worker

@Suite("Heartbeats of a lease")
struct LeaseBeatTests {
  /// Beats, and says why the work is to be broken off.
  private static func beat(
    for lease: Lease, in bench: ImportBench
  ) -> (task: Task<Void, Never>, reasons: AsyncStream<LeaseBeat.Interruption>) {
    let (reasons, told) = AsyncStream<LeaseBeat.Interruption>.makeStream()
    let beat = LeaseBeat(
      lease: lease, queue: bench.queue, seconds: 1, logger: TestDatabase.logger)
    return (Task { await beat.run { told.yield($0) } }, reasons)
  }

  @Test("one that gets no answer ends the work when the lease ends", .timeLimit(.minutes(5)))
  func silence() async throws {
    try await ImportBench.run { bench in
      let id = try await bench.submit("id\n1\n", into: "public.t")
      let lease = try await bench.claim().lease
      let other = try await TestDatabase.connect(bench.database)
      try await other.execute("BEGIN; SELECT FROM sluice.imports WHERE id = '\(id)' FOR UPDATE")
      let beat = Self.beat(for: lease, in: bench)
      #expect(await beat.reasons.first { _ in true } == .leaseLost)
      // Only now it could be answered.
      try await other.execute("ROLLBACK")
      await other.close()
      beat.task.cancel()
      await beat.task.value
    }
  }

  @Test("they go on while they are answered, and hear of a cancel")
  func answers() async throws {
    try await ImportBench.run { bench in
      let id = try await bench.submit("id\n1\n", into: "public.t")
      let lease = try await bench.claim().lease
      let beat = Self.beat(for: lease, in: bench)
      // Not what it was claimed for.
      try await eventually("the first has come") { try await expires(bench, "< now() + '2 s'") }
      let first = try await bench.connection.query("SELECT now() AS now").rows[0].string("now")
      // Longer than the lease would hold by itself.
      try await eventually("it is held on") {
        try await expires(bench, "> '\(first)'::timestamptz + '3 s'")
      }
      _ = try await bench.queue.cancel(id)
      #expect(await beat.reasons.first { _ in true } == .cancelRequested)
      await beat.task.value
    }
  }

  private func expires(_ bench: ImportBench, _ when: String) async throws -> Bool {
    try await bench.count("sluice.imports WHERE lease_expires_at \(when)") == 1
  }
}
