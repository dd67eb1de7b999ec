import ImportModel
import Postgres
import TestSupport
import Testing

@Suite("Waits for locks")
struct LockWaitTests {
  @Test(
    "end by themselves: the import is handed back, no row is at fault, and it is done later",
    arguments: [
      "LOCK TABLE t IN EXCLUSIVE MODE",
      "SELECT pg_advisory_xact_lock((x'51C1'::bigint << 32) | 't'::regclass::oid::bigint)",
      "UPDATE t SET a = 0 WHERE id = 3",
    ])
  func handedBack(lock: String) async throws {
    let setUp = "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (3, 3)"
    try await ImportBench.run(setUp) { bench in
      let blocker = try await TestDatabase.connect(bench.database)
      try await blocker.execute("BEGIN; \(lock)")
      let id = try await bench.submit("id,a\n1,1\n2,2\n3,4\n", into: "public.t")
      let done = try await bench.withWorker { _ in
        try await eventually("it is handed back", within: .seconds(60)) {
          let record = try await bench.record(id)
          return record.status == .queued && record.history.count > 2
        }
        try await blocker.execute("ROLLBACK")
        try await bench.connection.execute("UPDATE sluice.imports SET available_at = now()")
        return try await bench.ended(id)
      }
      await blocker.close()
      try expectDone(done, read: 3, inserted: 2, updated: 1)
      #expect(done.attempt == 1)
      #expect(try await bench.count("sluice.rejects") == 0)
    }
  }
}
