import ImportModel
import Postgres
import Progress
import Queue
import Synchronization
import Telemetry
import TestSupport
import Testing

@Suite("A hub that tells of imports")
struct ProgressHubTests {
  /// What a client has heard, as it came.
  private final class Client: Sendable {
    private let heard = Mutex<[String]>([])

    func hear(_ message: ProgressMessage) { heard.withLock { $0.append(message.json) } }

    func count(_ text: String) -> Int {
      heard.withLock { $0.filter { $0.contains(text) }.count }
    }
  }

  /// A hub whose tick does not come while a test runs: what it tells, it tells at once.
  private func hub(
    _ bench: ImportBench, _ body: @Sendable (ProgressHub) async throws -> Void
  ) async throws {
    let hub = ProgressHub(
      pool: bench.pool, configuration: bench.database, logger: TestDatabase.logger,
      metrics: Metrics(), tick: .seconds(600))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await hub.run() }
      try await eventually("the hub listens") { hub.isListening }
      try await body(hub)
      group.cancelAll()
    }
  }

  private func notice(_ id: ImportID, on bench: ImportBench) async throws {
    _ = try await bench.connection.query(
      "SELECT pg_notify($1, $2)", [.text(ProgressPublisher.channel), .text(id.description)])
  }

  @Test("a change of state is told at once, to whoever waits for it")
  func atOnce() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
      try await hub(bench) { hub in
        let client = Client()
        let subscriber = await hub.add { client.hear($0) }
        try await hub.subscribeToAll(subscriber, since: nil)
        let id = try await bench.submit("id\n1\n", into: "public.t")
        try await eventually("the import is told of") { client.count("\"queued\"") > 0 }
        _ = try await bench.queue.cancel(id)
        try await eventually("its end is told of") { client.count("\"cancelled\"") > 0 }
      }
    }
  }

  @Test("counts of a moment before take back nothing that a change of state has told")
  func late() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
      let id = try await bench.submit("id\n1\n2\n3\n", into: "public.t")
      let lease = try await bench.claim().lease
      func count(read: Int64, bad: Int64) async throws {
        _ = try await bench.connection.query(
          """
          INSERT INTO sluice.progress (import_id, lease_id, bytes_done, rows_read, rows_ok, rows_bad,
            rows_skipped, rows_inserted, rows_updated, rows_unchanged, rows_per_second)
          VALUES ($1::uuid, $2::uuid, $3 * 2, $3, $3 - $4::bigint, $4, 0, 0, 0, 0, 0)
          ON CONFLICT (import_id) DO UPDATE SET bytes_done = excluded.bytes_done,
            rows_read = excluded.rows_read, rows_ok = excluded.rows_ok, rows_bad = excluded.rows_bad
          """, [.text(id.description), .text(lease.id), .int(read), .int(bad)])
      }
      func told() async throws -> [Int64] {
        let record = try await bench.record(id)
        return [record.bytesDone, record.counts.read, record.counts.ok, record.counts.bad]
      }
      try await count(read: 2, bad: 0)
      #expect(try await told() == [4, 2, 2, 0])
      var counts = RowCounts()
      (counts.read, counts.ok, counts.bad) = (3, 2, 1)
      try await bench.queue.move(lease, to: .validated, counts: counts)
      #expect(try await told() == [9, 3, 2, 1])
      try await bench.queue.move(lease, to: .loading)
      #expect(try await told() == [9, 3, 2, 1])
      // The merge finds another one.
      try await count(read: 3, bad: 2)
      #expect(try await told() == [9, 3, 1, 2])
      // What was staged is lost.
      try await bench.queue.move(lease, to: .parsing)
      try await count(read: 1, bad: 0)
      #expect(try await told() == [2, 1, 1, 0])
    }
  }

  @Test("however many notices come, ten are told of in any second")
  func pace() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
      try await hub(bench) { hub in
        let client = Client()
        let subscriber = await hub.add { client.hear($0) }
        let id = try await bench.submit("id\n1\n", into: "public.t")
        let other = try await bench.submit("id\n2\n", into: "public.t")
        try await hub.subscribeToAll(subscriber, since: nil)
        let begun = ContinuousClock.now
        var told = client.count("\(id)")
        for _ in 0..<10 {
          try await notice(id, on: bench)
          try await eventually("the notice is told of, or one too many") {
            client.count("\(id)") > told || ContinuousClock.now - begun > .seconds(1)
          }
          told = client.count("\(id)")
        }
        for _ in 0..<30 { try await notice(id, on: bench) }
        let before = client.count("\(other)")
        try await notice(other, on: bench)
        try await eventually("what came last is told of") { client.count("\(other)") > before }
        let seconds = Int((ContinuousClock.now - begun) / .seconds(1)) + 1
        // The first is the snapshot.
        #expect(client.count("\(id)") <= 1 + 10 * seconds)
      }
    }
  }
}
