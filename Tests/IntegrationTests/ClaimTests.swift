import ImportModel
import Postgres
import Queue
import Testing

@Suite("Leases and turns")
struct ClaimTests {
  @Test("workers that claim at once never run two imports into one target")
  func oneTarget() async throws {
    try await ImportBench.run { bench in
      for number in 0..<12 {
        _ = try await bench.submit("id\n\(number)\n", into: "public.t\(number % 3)")
      }
      let claims = try await withThrowingTaskGroup(of: [ClaimedImport].self) { group in
        for _ in 0..<6 {
          group.addTask {
            var mine: [ClaimedImport] = []
            while let claim = try await bench.queue.claim(worker: "w", leaseSeconds: 30) {
              mine.append(claim)
            }
            return mine
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(claims.count <= 3)
      #expect(
        try await bench.rows(
          """
          SELECT count(*), count(DISTINCT target) FROM sluice.imports WHERE lease_id IS NOT NULL
          """) == ["\(claims.count)|\(claims.count)"])
    }
  }

  @Test("a target whose import has ended is free for the next one")
  func turns() async throws {
    try await ImportBench.run { bench in
      _ = try await bench.submit("id\n1\n", into: "public.t")
      let second = try await bench.submit("id\n2\n", into: "public.t")
      let first = try await bench.claim()
      #expect(try await bench.queue.claim(worker: "w", leaseSeconds: 30) == nil)
      try await bench.queue.end(
        first.lease, as: .failed, failure: nil, counts: RowCounts(), bytes: 0)
      #expect(try await bench.claim().lease.importID == second)
    }
  }

  @Test("an import whose worker fell silent comes before the urgent")
  func orphans() async throws {
    try await ImportBench.run { bench in
      let orphan = try await bench.submit("id\n1\n", into: "public.a") { $0.priority = .low }
      _ = try await bench.claim()
      try await bench.connection.execute(
        "UPDATE sluice.imports SET lease_expires_at = clock_timestamp() - interval '1 s'")
      _ = try await bench.submit("id\n2\n", into: "public.b") { $0.priority = .high }
      #expect(try await bench.claim().lease.importID == orphan)
    }
  }

  @Test("a heartbeat makes the lease hold longer")
  func heartbeat() async throws {
    try await ImportBench.run { bench in
      _ = try await bench.submit("id\n1\n", into: "public.t")
      let lease = try await bench.claim().lease
      let long = "sluice.imports WHERE lease_expires_at > clock_timestamp() + interval '50 min'"
      #expect(try await bench.count(long) == 0)
      #expect(try await bench.queue.heartbeat(lease, seconds: 3600) == .held)
      #expect(try await bench.count(long) == 1)
    }
  }

  @Test("what is handed back waits its time; a shutdown counts as no attempt")
  func release() async throws {
    try await ImportBench.run { bench in
      _ = try await bench.submit("id\n1\n", into: "public.t")
      let first = try await bench.claim()
      #expect(first.attempt == 1)
      try await bench.queue.release(first.lease, after: .zero, countsAsAttempt: false)
      let second = try await bench.claim()
      #expect(second.attempt == 1)
      try await bench.queue.release(second.lease, after: .seconds(3600), countsAsAttempt: true)
      #expect(try await bench.queue.claim(worker: "w", leaseSeconds: 30) == nil)
      try await bench.connection.execute(
        "UPDATE sluice.imports SET available_at = clock_timestamp()")
      #expect(try await bench.claim().attempt == 2)
    }
  }

  @Test("a waiting import that is called off ends at once and is never claimed")
  func cancelWaiting() async throws {
    try await ImportBench.run { bench in
      let id = try await bench.submit("id\n1\n", into: "public.t")
      #expect(try await bench.queue.cancel(id) == true)
      let record = try await bench.record(id)
      #expect(record.status == .cancelled)
      #expect(record.finishedAt != nil)
      #expect(record.history.map(\.name) == [.queued, .cancelled])
      #expect(try await bench.queue.claim(worker: "w", leaseSeconds: 30) == nil)
    }
  }
}
