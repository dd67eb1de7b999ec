import ImportModel
import Postgres
import Queue
import TestSupport
import Testing
import Worker

@Suite("A worker that stops")
struct StopTests {
  /// Who enters a chunk or a batch into its ledger waits for us.
  private struct Hold: Sendable, CustomTestStringConvertible {
    let ledger: String
    let commit: ImportOptions.Commit

    var testDescription: String { ledger }

    var setUp: String {
      """
      CREATE TABLE public.t (id integer PRIMARY KEY, v text);
      CREATE TABLE public.other (id integer PRIMARY KEY, v text);
      CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END $$;
      CREATE TRIGGER hold BEFORE INSERT ON \(ledger) FOR EACH ROW EXECUTE FUNCTION hold()
      """
    }

    static let all = [
      Hold(ledger: "sluice.chunks", commit: .atomic),
      Hold(ledger: "sluice.batches", commit: .batched),
    ]
  }

  private static let rows = 100_000
  private static let text = (1...rows).reduce(into: "id,v\n") { $0 += "\($1),value \($1)\n" }

  private static func waits(_ bench: ImportBench) async throws -> Bool {
    try await bench.count(
      "pg_locks JOIN pg_database d ON d.oid = database AND d.datname = current_database()"
        + " WHERE locktype = 'advisory' AND objid = 7 AND NOT granted") > 0
  }

  /// Stops a worker in the midst of a chunk or a batch.
  private static func stop(
    _ hold: Hold, grace: Duration,
    _ meanwhile: @Sendable (ImportBench, PostgresConnection) async throws -> Void,
    then check: @Sendable (ImportBench, ImportID) async throws -> Void
  ) async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(hold.setUp)
      let holder = try await TestDatabase.connect(bench.database)
      try await holder.execute("SELECT pg_advisory_lock(7)")
      let id = try await bench.submit(text, into: "public.t") { $0.commit = hold.commit }
      try await bench.withWorker(batches: ImportBench.smallBatches, stopGrace: grace) { worker in
        try await eventually("it is in the midst") { try await waits(bench) }
        await worker.stop()
        try await meanwhile(bench, holder)
      }
      await holder.close()
      let handedBack = try await bench.record(id)
      #expect(handedBack.status == .queued)
      #expect(handedBack.attempt == 0)
      try await check(bench, id)
      let record = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(record.status == .done)
      #expect(record.attempt == 1)
      #expect(record.counts.inserted == Int64(rows))
      #expect(try await bench.count("public.t WHERE v = 'value ' || id") == rows)
    }
  }

  @Test(
    "lets the chunk or the batch at hand end, claims nothing more, and hands back",
    arguments: Hold.all)
  private func graceful(_ hold: Hold) async throws {
    try await Self.stop(hold, grace: .seconds(60)) { bench, holder in
      let later = try await bench.submit("id,v\n1,a\n", into: "public.other")
      // Time enough to do the wrong thing: it looks at the queue ten times a second.
      try await Task.sleep(for: .milliseconds(500))
      #expect(try await Self.waits(bench))
      #expect(try await bench.record(later).status == .queued)
      #expect(try await bench.queue.cancel(later) == true)
      try await holder.execute("SELECT pg_advisory_unlock_all()")
    } then: { bench, id in
      let entries = try await bench.count("\(hold.ledger) WHERE import_id = '\(id)'")
      #expect(entries == 1)
    }
  }

  @Test("does not wait for them for longer than its grace", arguments: Hold.all)
  private func impatient(_ hold: Hold) async throws {
    try await Self.stop(hold, grace: .milliseconds(100)) { bench, _ in
      try await eventually("it is broken off") { try await !Self.waits(bench) }
    } then: { bench, id in
      let entries = try await bench.count("\(hold.ledger) WHERE import_id = '\(id)'")
      #expect(entries == 0)
    }
  }
}
