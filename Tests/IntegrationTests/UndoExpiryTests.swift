import ImportModel
import Postgres
import Queue
import Testing

@testable import Merging

@Suite("Images whose time is over")
struct UndoExpiryTests {
  private static let table = "CREATE TABLE public.t (id integer PRIMARY KEY, v text)"

  @Test("are neither listed nor dropped while the import waits to be taken back")
  func asked() async throws {
    try await ImportBench.run(Self.table) { bench in
      let asked = try await bench.imported("INSERT INTO public.t VALUES (1, 'a')")
      let other = try await bench.imported("INSERT INTO public.t VALUES (2, 'a')")
      #expect(try await bench.queue.requestUndo(asked) == .requested)
      try await bench.connection.execute("UPDATE sluice.undo SET expires_at = now()")
      #expect(try await UndoTables.expired(on: bench.connection) == [other])
      // It was asked for after they were listed.
      #expect(try await UndoTables.expire(asked, on: bench.connection) == false)
      #expect(try await UndoTables.expire(other, on: bench.connection))
      #expect(
        try await bench.rows("SELECT import_id FROM sluice.undo") == [asked.description])
      #expect(
        try await bench.rows(
          "SELECT DISTINCT substr(relname, 6, 32) FROM pg_class WHERE relname ~ '^undo_[0-9a-f]{32}_'"
        ) == [asked.digits])
    }
  }
}
