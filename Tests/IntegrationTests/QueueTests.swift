import ImportModel
import Postgres
import Queue
import Testing

@Suite("The queue")
struct QueueTests {
  private static let rows = "id,v\n1,a\n"

  @Test("a hundred equal requests at once make one import and get one answer")
  func hundred() async throws {
    try await ImportBench.run { bench in
      let ids = try await withThrowingTaskGroup(of: ImportID.self) { group in
        for _ in 0..<100 {
          group.addTask {
            let submission = try await bench.submission(of: Self.rows, into: "public.t")
            switch try await bench.queue.submit(submission) {
            case .accepted: return submission.id
            case .replayed(let id, _, _): return id
            case .keyReused, .queueFull: throw ImportBenchError("neither new nor the same")
            }
          }
        }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      #expect(ids.count == 1)
      #expect(try await bench.count("sluice.imports") == 1)
    }
  }

  @Test("a key used for another request is told, and a failed import frees its key")
  func keys() async throws {
    try await ImportBench.run { bench in
      let first = try await bench.submission(of: Self.rows, into: "public.t", idempotencyKey: "K")
      #expect(try await bench.queue.submit(first) == .accepted(idempotencyKey: "K"))
      let other = try await bench.submission(
        of: "id,v\n2,b\n", into: "public.t", idempotencyKey: "K")
      #expect(try await bench.queue.submit(other) == .keyReused)
      #expect(try await bench.queue.cancel(first.id) == true)
      #expect(try await bench.queue.submit(other) == .accepted(idempotencyKey: "K"))
      #expect(try await bench.queue.cancel(ImportID()) == nil)
    }
  }

  @Test("the urgent come first, then the oldest, and one import a target at a time")
  func order() async throws {
    try await ImportBench.run { bench in
      let old = try await bench.submit("id\n1\n", into: "public.a")
      let waiting = try await bench.submit("id\n2\n", into: "public.a")
      let urgent = try await bench.submit("id\n3\n", into: "public.b") { $0.priority = .high }
      var claimed: [ImportID?] = []
      for _ in 0..<3 {
        claimed.append(
          try await bench.queue.claim(worker: "w", leaseSeconds: 30)?.lease.importID)
      }
      #expect(claimed == [urgent, old, nil])
      #expect(try await bench.record(waiting).status == .queued)
    }
  }

  @Test("many workers never claim the same import")
  func race() async throws {
    try await ImportBench.run { bench in
      for number in 0..<20 {
        _ = try await bench.submit("id\n\(number)\n", into: "public.t\(number)")
      }
      let claims = try await withThrowingTaskGroup(of: [ImportID].self) { group in
        for _ in 0..<6 {
          group.addTask {
            var mine: [ImportID] = []
            while let claim = try await bench.queue.claim(worker: "w", leaseSeconds: 30) {
              mine.append(claim.lease.importID)
            }
            return mine
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(Set(claims).count == claims.count)
      // Locked rows are passed over: what nobody got is there for the next look.
      var rest = 0
      while try await bench.queue.claim(worker: "w", leaseSeconds: 30) != nil { rest += 1 }
      #expect(claims.count + rest == 20)
    }
  }

  @Test("an expired lease passes on, and the old one can write nothing more")
  func fence() async throws {
    try await ImportBench.run { bench in
      let id = try await bench.submit(Self.rows, into: "public.t")
      let old = try #require(try await bench.queue.claim(worker: "a", leaseSeconds: 30)).lease
      #expect(try await bench.queue.claim(worker: "b", leaseSeconds: 30) == nil)
      try await bench.connection.execute(
        "UPDATE sluice.imports SET lease_expires_at = clock_timestamp() - interval '1 s'")
      let next = try #require(try await bench.queue.claim(worker: "b", leaseSeconds: 30))
      #expect(next.lease.importID == id)
      #expect(next.lease != old)
      #expect(next.attempt == 2)
      #expect(try await bench.queue.heartbeat(old, seconds: 30) == .lost)
      await #expect(throws: LeaseLost.self) { try await bench.queue.move(old, to: .validated) }
      await #expect(throws: LeaseLost.self) {
        try await bench.queue.end(
          old, as: .failed, failure: nil, counts: RowCounts(), bytes: 0)
      }
      try await bench.queue.release(old, after: .zero, countsAsAttempt: true)
      #expect(try await bench.record(id).status == .parsing)
      #expect(try await bench.queue.heartbeat(next.lease, seconds: 30) == .held)
    }
  }

  @Test("a running import that is called off hears of it and cannot go on")
  func cancelRunning() async throws {
    try await ImportBench.run { bench in
      let id = try await bench.submit(Self.rows, into: "public.t")
      let lease = try #require(try await bench.queue.claim(worker: "a", leaseSeconds: 30)).lease
      #expect(try await bench.queue.cancel(id) == true)
      #expect(try await bench.queue.heartbeat(lease, seconds: 30) == .cancelRequested)
      await #expect(throws: LeaseLost.self) { try await bench.queue.move(lease, to: .validated) }
      try await bench.queue.release(lease, after: .zero, countsAsAttempt: false)
      #expect(try await bench.record(id).status == .cancelled)
      #expect(try await bench.queue.cancel(id) == false)
    }
  }

  @Test(
    "the schema refuses an import that contradicts itself",
    arguments: [
      "status = 'parsing'", "lease_id = gen_random_uuid()", "finished_at = now()",
      "status = 'nonsense'", "priority = 3",
      "status = 'done', finished_at = now(), rows_read = 2, rows_inserted = 1",
    ])
  func checks(change: String) async throws {
    try await ImportBench.run { bench in
      _ = try await bench.submit(Self.rows, into: "public.t")
      let error = await #expect(throws: PostgresError.self) {
        try await bench.connection.execute("UPDATE sluice.imports SET \(change)")
      }
      #expect(error?.sqlState == "23514")
    }
  }

  @Test("the schema goes down to nothing and up again")
  func migrations() async throws {
    try await ImportBench.run { bench in
      _ = try await SluiceSchema.migrator.migrate(on: bench.connection, to: 0)
      #expect(try await bench.count("pg_proc WHERE pronamespace = 'sluice'::regnamespace") == 0)
      _ = try await SluiceSchema.migrator.migrate(on: bench.connection)
      #expect(try await SluiceSchema.migrator.status(on: bench.connection).isCurrent)
    }
  }
}
