import ImportModel
import Merging
import Postgres
import Queue
import Staging
import Testing
import Validation

@Suite("Merging")
struct MergingTests {
  /// Three rows in staging, and what is needed to merge them into `public.t`.
  private func staged(_ bench: ImportBench) async throws -> MergeRequest {
    try await bench.connection.execute("CREATE TABLE public.t (id integer PRIMARY KEY)")
    return try await bench.stagedForMerge(
      into: "public.t", columns: [("id", "integer")],
      rows: "SELECT n, n FROM generate_series(1, 3) n", count: 3)
  }

  private func merger(
    _ request: MergeRequest, _ bench: ImportBench,
    atTheEnd: @escaping @Sendable () async throws -> Void = {}
  ) -> Merger {
    Merger(
      request, on: bench.connection,
      watch: { if $0.isFinalizing { try await atTheEnd() } },
      reject: { _, _ in }, checkRejects: { _ in })
  }

  @Test("rows, counts and the state are there at once")
  func whole() async throws {
    try await ImportBench.run { bench in
      let request = try await staged(bench)
      let outcome = try await merger(request, bench) {
        // Seen from another session, nothing has happened yet.
        let seen = try await bench.pool.query("SELECT count(*) AS n FROM public.t").rows[0]
        #expect(try seen.int("n") == 0)
      }.run()
      #expect(outcome.plan == .empty)
      #expect(outcome.counts.inserted == 3)
      #expect(try await bench.count("public.t") == 3)
      #expect(try await bench.record(request.lease.importID).status == .done)
    }
  }

  @Test(
    "the last statement is fenced: a lease that passes on, or a cancel, just before it undoes all",
    arguments: ["lease_id = gen_random_uuid()", "cancel_requested = true"])
  func fence(change: String) async throws {
    try await ImportBench.run { bench in
      let request = try await staged(bench)
      await #expect(throws: LeaseLost.self) {
        try await merger(request, bench) {
          _ = try await bench.pool.query("UPDATE sluice.imports SET \(change)")
        }.run()
      }
      #expect(try await bench.count("public.t") == 0)
      #expect(try await bench.count(request.staging) == 3)
      #expect(try await bench.record(request.lease.importID).status == .loading)
    }
  }

  @Test(
    "a batch is fenced as well: a lease that passes on, or a cancel, in the middle of it undoes it",
    arguments: ["lease_id = gen_random_uuid()", "cancel_requested = true"])
  func batchFence(change: String) async throws {
    try await ImportBench.run { bench in
      let request = try await staged(bench)
      let merger = Merger(
        request, on: bench.connection,
        watch: { _ in _ = try await bench.pool.query("UPDATE sluice.imports SET \(change)") },
        reject: { _, _ in }, checkRejects: { _ in })
      await #expect(throws: LeaseLost.self) {
        try await merger.run(
          inBatches: BatchSettings(),
          from: Merger.BatchStart(merged: MergedBatches(), isReady: true))
      }
      #expect(try await bench.count("public.t") == 0)
      #expect(try await bench.count("sluice.batches") == 0)
      #expect(try await bench.record(request.lease.importID).counts.inserted == 0)
    }
  }

  @Test("counts that do not add up commit nothing")
  func conservation() async throws {
    try await ImportBench.run { bench in
      var request = try await staged(bench)
      request.staged.read = 4
      let failure = await #expect(throws: ImportFailure.self) {
        try await merger(request, bench).run()
      }
      #expect(failure?.code == .notConserved)
      #expect(try await bench.count("public.t") == 0)
    }
  }

  @Test("a key that is written by somebody else meanwhile is met as a key that is there")
  func conflict() async throws {
    try await ImportBench.run { bench in
      let request = try await staged(bench)
      let other = try await TestDatabaseSession.begin(bench, "INSERT INTO public.t VALUES (2)")
      let merge = Task { try await merger(request, bench).run() }
      try await other.commitWhenAwaited()
      let outcome = try await merge.value
      #expect(outcome.plan == .joinByIndex)
      #expect((outcome.counts.inserted, outcome.counts.unchanged) == (2, 1))
      #expect(try await bench.count("public.t") == 3)
    }
  }
}

extension ImportBench {
  /// Rows in staging, and what is needed to merge them.
  ///
  /// - Parameter rows: the query that gives them, each with its number before it.
  func stagedForMerge(
    into target: String, columns: [(name: String, type: String)], rows: String, count: Int64
  ) async throws -> MergeRequest {
    let id = try await submit("id\n1\n", into: target)
    let lease = try #require(try await queue.claim(worker: "a", leaseSeconds: 30)).lease
    let table = try #require(try await TargetCatalog().table(named: target, on: connection))
    let layout = StagingLayout(
      columns: columns.map { StagingLayout.Column(name: $0.name, sqlType: $0.type) })
    let staging = StagingTable(importID: id, layout: layout)
    _ = try await staging.prepare(lease: lease, on: connection)
    try await connection.execute("INSERT INTO \(staging.name) \(rows)")
    for state in [ImportState.validated, .loading] { try await queue.move(lease, to: state) }
    var counts = RowCounts()
    (counts.read, counts.ok) = (count, count)
    return MergeRequest(
      lease: lease, staging: staging.name, layout: layout, target: table, isPartitioned: false,
      key: table.keys[0], duplicates: .last, staged: counts)
  }
}
