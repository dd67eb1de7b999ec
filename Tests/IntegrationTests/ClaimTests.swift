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
      let claims = try await bench.claimAtOnce(workers: 6)
      #expect(claims.count <= 3)
      #expect(
        try await bench.rows(
          """
          SELECT count(*), count(DISTINCT target) FROM sluice.imports WHERE lease_id IS NOT NULL
          """) == ["\(claims.count)|\(claims.count)"])
    }
  }

  @Test("the urgent come first, then the oldest, and one import a target at a time")
  func order() async throws {
    try await ImportBench.run { bench in
      let low = try await bench.submit("id\n1\n", into: "public.a") { $0.priority = .low }
      let old = try await bench.submit("id\n2\n", into: "public.b")
      // Ids of one millisecond have no order.
      try await Task.sleep(for: .milliseconds(2))
      let young = try await bench.submit("id\n3\n", into: "public.c")
      let waiting = try await bench.submit("id\n4\n", into: "public.b")
      let urgent = try await bench.submit("id\n5\n", into: "public.d") { $0.priority = .high }
      var claimed: [ImportID?] = []
      for _ in 0..<5 {
        claimed.append(try await bench.queue.claim(worker: "w", leaseSeconds: 30)?.lease.importID)
      }
      #expect(claimed == [urgent, old, young, low, nil])
      #expect(try await bench.record(waiting).status == .queued)
    }
  }

  @Test("workers that claim at once share the imports, and none is claimed twice or forgotten")
  func race() async throws {
    try await ImportBench.run { bench in
      for number in 0..<20 {
        _ = try await bench.submit("id\n\(number)\n", into: "public.t\(number)")
      }
      var claims = try await bench.claimAtOnce(workers: 6).map(\.lease.importID)
      // Locked rows are passed over: what nobody got is there for the next look.
      while let claim = try await bench.queue.claim(worker: "w", leaseSeconds: 30) {
        claims.append(claim.lease.importID)
      }
      #expect(claims.count == 20)
      #expect(Set(claims).count == 20)
    }
  }

  @Test("an expired lease passes on, and whoever had it can write nothing more")
  func fence() async throws {
    try await ImportBench.run { bench in
      let id = try await bench.submit("id\n1\n", into: "public.t")
      let old = try await bench.claim().lease
      #expect(try await bench.queue.claim(worker: "w", leaseSeconds: 30) == nil)
      try await bench.connection.execute(
        "UPDATE sluice.imports SET lease_expires_at = clock_timestamp() - interval '1 s'")
      let next = try await bench.claim()
      #expect(next.lease.importID == id)
      #expect(next.lease.id != old.id)
      #expect(next.attempt == 2)
      var before = try await bench.record(id)
      #expect(try await bench.queue.heartbeat(old, seconds: 30) == .lost)
      await #expect(throws: LeaseLost.self) { try await bench.queue.move(old, to: .validated) }
      await #expect(throws: LeaseLost.self) {
        try await bench.queue.end(old, as: .failed, failure: nil, counts: RowCounts(), bytes: 0)
      }
      try await bench.queue.release(old, after: .zero, countsAsAttempt: true)
      let after = try await bench.record(id)
      before.asOf = after.asOf
      #expect(after == before)
      #expect(try await bench.queue.heartbeat(next.lease, seconds: 30) == .held)
    }
  }

  @Test("a running import that is called off hears of it, and can go nowhere but to its end")
  func cancelRunning() async throws {
    try await ImportBench.run { bench in
      let id = try await bench.submit("id\n1\n", into: "public.t")
      let lease = try await bench.claim().lease
      #expect(try await bench.queue.cancel(id) == true)
      #expect(try await bench.queue.heartbeat(lease, seconds: 30) == .cancelRequested)
      await #expect(throws: LeaseLost.self) { try await bench.queue.move(lease, to: .validated) }
      try await bench.queue.release(lease, after: .zero, countsAsAttempt: false)
      #expect(try await bench.record(id).status == .cancelled)
      #expect(try await bench.queue.cancel(id) == false)
      #expect(try await bench.queue.cancel(ImportID()) == nil)
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

  @Test("why it was handed back is known to the next attempt, and what it had counted stays")
  func reason() async throws {
    try await ImportBench.run { bench in
      let id = try await bench.submit("id\n1\n", into: "public.t")
      let first = try await bench.claim()
      #expect(first.lastFailure == nil)
      var counts = RowCounts()
      (counts.read, counts.ok, counts.bad) = (3, 2, 1)
      try await bench.queue.move(first.lease, to: .validated, counts: counts)
      let failure = ImportFailure(.database, "the disk is full (53100)")
      try await bench.queue.release(
        first.lease, after: .zero, countsAsAttempt: true, because: failure)
      #expect(try await bench.record(id).failure == nil)
      let second = try await bench.claim()
      #expect(second.lastFailure == failure)
      try await bench.queue.end(second.lease, as: .failed, failure: failure, counts: nil, bytes: 0)
      let record = try await bench.record(id)
      #expect(record.counts.read == 3 && record.counts.ok == 2 && record.counts.bad == 1)
      #expect(record.bytesDone == record.source.bytes)
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
