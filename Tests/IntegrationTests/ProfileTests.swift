import ImportModel
import Postgres
import Queue
import TestSupport
import Testing

@testable import Worker

@Suite("Where the time of an import goes")
struct ProfileTests {
  private static let table =
    "CREATE TABLE public.t (id integer PRIMARY KEY, v date CHECK (v > '1900-01-01'))"

  private static func file(_ rows: Int, date: String = "2024-02-01") -> String {
    (1...rows).reduce(into: "id,v\n") { $0 += "\($1),\(date)\n" }
  }

  private func steps(_ record: ImportRecord) throws -> [String: ImportProfile.Step] {
    let steps = try #require(record.profile).steps
    return Dictionary(uniqueKeysWithValues: steps.map { ($0.name, $0) })
  }

  @Test("is kept with the end, step by step, with the rows of each")
  func done() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(
        Self.table + "; INSERT INTO public.t VALUES (3, '2024-01-01')")
      let id = try await bench.submit(
        Self.file(2000) + "x,2024-02-01\n7,2024-02-03\n9999,1 days ago\n", into: "public.t")
      let record = try await bench.withWorker { _ in
        _ = try await bench.ended(id)
        try await eventually("what comes after the commit is noted") {
          try await bench.record(id).profile?.steps.last?.name == "statistics"
        }
        return try await bench.record(id)
      }
      #expect(record.status == .done)
      #expect(
        try #require(record.profile).steps.map(\.name) == [
          "prepare", "look_over", "read", "validate", "arbiter", "encode", "copy", "commit", "lock",
          "duplicates", "rules", "plan", "merge", "finalize", "statistics",
        ])
      let steps = try steps(record)
      #expect(steps.values.allSatisfy { $0.seconds > 0 })
      #expect(steps["read"]?.rows == 2003)
      #expect(steps["validate"]?.rows == 2003)
      #expect(steps["encode"]?.rows == record.counts.ok)
      #expect(steps["copy"]?.rows == record.counts.ok)
      #expect(steps["merge"]?.rows == record.counts.ok - record.counts.skipped)
      #expect(steps["lookups"] == nil)
    }
  }

  @Test("of a dry run has all steps so far, and goes on when it is carried out")
  func dryRun() async throws {
    try await ImportBench.run(Self.table) { bench in
      let dry = try await bench.dryRun(Self.file(2000))
      let steps = try steps(dry)
      #expect(Set(["read", "copy", "rules", "compare"]).isSubset(of: steps.keys), "\(steps.keys)")
      #expect(steps["compare"]?.rows == 2000)
      let done = try self.steps(try await bench.carryOut(dry.id))
      #expect(done["copy"]?.rows == 2000)
      #expect(done["merge"]?.rows == 2000)
    }
  }

  @Test("is there in the transaction that ends the import")
  func atTheEnd() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.table)
      try await bench.connection.execute(
        """
        CREATE TABLE public.seen (profile jsonb);
        CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO public.seen VALUES (new.profile); RETURN NULL; END $$;
        CREATE TRIGGER see AFTER UPDATE ON sluice.imports FOR EACH ROW
          WHEN (old.status <> 'done' AND new.status = 'done') EXECUTE FUNCTION public.see()
        """)
      let id = try await bench.submit(Self.file(10), into: "public.t")
      _ = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(
        try await bench.count(
          """
          public.seen WHERE jsonb_path_exists(profile, '$.steps[*] ? (@.name == "merge" && @.rows == 10)')
            AND jsonb_path_exists(profile, '$.steps[*] ? (@.name == "finalize")')
          """) == 1)
    }
  }

  @Test("shows a wait for a lock while it lasts, and is kept when the import is called off")
  func lock() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.table)
      let blocker = try await TestDatabase.connect(bench.database)
      try await blocker.execute("BEGIN; LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE")
      let id = try await bench.submit(Self.file(10), into: "public.t")
      let record = try await bench.withWorker { _ in
        try await eventually("it is seen to wait") {
          let profile = try await bench.record(id).profile
          return (profile?.steps.first { $0.name == "lock" }?.seconds ?? 0) > 0.3
        }
        #expect(try await bench.record(id).status == .loading)
        #expect(try await bench.queue.cancel(id) == true)
        return try await bench.ended(id)
      }
      try await blocker.execute("ROLLBACK")
      await blocker.close()
      #expect(record.status == .cancelled)
      let steps = try steps(record)
      #expect(try #require(steps["lock"]).seconds > 0.3)
      #expect(steps["copy"]?.rows == 10)
      #expect(steps["merge"] == nil)
    }
  }

  @Test("is kept when the import fails")
  func failed() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.table)
      let id = try await bench.submit(Self.file(10) + "x,\n", into: "public.t") {
        $0.onError = .abort
      }
      let record = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(record.status == .failed)
      #expect(try steps(record)["read"]?.rows == 11)
    }
  }

  @Test("adds up the attempts: of one that was handed back, and of one that died")
  func attempts() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.table)
      // Enough to take a while.
      let id = try await bench.submit(Self.file(20_000), into: "public.t")
      func profile(_ rows: Int64) -> ImportProfile {
        ImportProfile(steps: [ImportProfile.Step(name: "read", seconds: 100, rows: rows)])
      }
      let first = try await bench.claim()
      try await bench.queue.release(
        first.lease, after: .zero, countsAsAttempt: true, profile: profile(20))
      let second = try await bench.claim()
      #expect(second.profile == profile(20))
      _ = try await bench.connection.query(
        """
        INSERT INTO sluice.progress (import_id, lease_id, bytes_done, rows_read, rows_ok, rows_bad,
          rows_skipped, rows_inserted, rows_updated, rows_unchanged, rows_per_second, profile)
        VALUES ($1::uuid, $2::uuid, 0, 0, 0, 0, 0, 0, 0, 0, 0, $3::jsonb)
        """,
        [
          .text(id.description), .text(second.lease.id), .text(try profile(30).json),
        ])
      #expect(try await bench.record(id).profile == profile(30))
      try await bench.connection.execute(
        "UPDATE sluice.imports SET lease_expires_at = now() - interval '1 s'")
      let record = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(record.status == .done)
      #expect(record.attempt == 3)
      let read = try #require(try steps(record)["read"])
      #expect(read.rows == 20_030)
      #expect(read.seconds > 100)
    }
  }

  @Test("tells who waits between the file and COPY")
  func channel() async throws {
    let profile = ProfileRecorder()
    func waits(_ step: ProfileStep) -> [String] {
      profile.profile.steps.first { $0.name == step.rawValue }.map { Array($0.waiting.keys) } ?? []
    }
    let channel = BatchChannel(capacity: 1, profile: profile)
    let sent = Task { await channel.send(EncodedBatch()) }
    try await eventually("the batch finds no room") { waits(.encode) == ["copy"] }
    #expect(waits(.copy).isEmpty)
    #expect(try await channel.next() != nil)
    #expect(await sent.value)
    let next = Task { try await channel.next() }
    try await eventually("there is no batch") { waits(.copy) == ["encode"] }
    channel.finish(.success(()))
    #expect(try await next.value == nil)
    let before = profile.profile
    #expect(profile.profile == before)
  }
}
