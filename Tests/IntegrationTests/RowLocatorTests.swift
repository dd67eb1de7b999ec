import ImportModel
import Postgres
import TestSupport
import Testing

@Suite("Rows that are read again")
struct RowLocatorTests {
  /// Makes one chunk of all that the ledger has.
  private static let oneChunk = """
    BEGIN;
    UPDATE sluice.chunks c SET last_byte = a.last_byte, last_row = a.last_row, last_line = a.last_line,
           rows_ok = a.rows_ok
      FROM (SELECT max(last_byte) AS last_byte, max(last_row) AS last_row,
                   max(last_line) AS last_line, sum(rows_ok) AS rows_ok FROM sluice.chunks) a
     WHERE c.chunk = 0;
    DELETE FROM sluice.chunks WHERE chunk > 0;
    COMMIT
    """

  @Test("are found however far they stand behind the start of their chunk")
  func far() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY CHECK (id NOT IN (7, 150001)));
      DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET lock_timeout = 100', current_database());
      END $$
      """
    try await ImportBench.run(setUp) { bench in
      let blocker = try await TestDatabase.connect(bench.database)
      try await blocker.execute("BEGIN; LOCK TABLE t IN EXCLUSIVE MODE")
      let text = (1...150_001).reduce(into: "id\n") { $0 += "\($1)\n" }
      let id = try await bench.submit(text, into: "public.t")
      // All is staged when the merge is handed back, and nobody works on it.
      try await bench.withWorker { _ in
        try await eventually("it is handed back", within: .seconds(60)) {
          let record = try await bench.record(id)
          return record.status.isTerminal
            || record.status == .queued && record.history.map(\.name).contains(.loading)
        }
      }
      try #require(try await bench.record(id).status == .queued)
      try await bench.connection.execute(Self.oneChunk)
      try await blocker.execute("ROLLBACK")
      await blocker.close()
      try await bench.connection.execute("UPDATE sluice.imports SET available_at = now()")
      #expect(
        try await bench.rows("SELECT first_row, last_row FROM sluice.chunks") == ["1|150001"])
      let done = try await bench.withWorker { _ in try await bench.ended(id) }
      try expectDone(done, read: 150_001, bad: 2, inserted: 149_999)
      #expect(
        try await bench.rejects(of: id) == ["7|8|id|check|7", "150001|150002|id|check|150001"])
    }
  }
}
