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

  @Test("that are being dropped cannot be asked for any more")
  func dropped() async throws {
    try await ImportBench.run(Self.table) { bench in
      let id = try await bench.imported("INSERT INTO public.t VALUES (1, 'a')")
      let other = try await TestDatabaseSession.begin(
        bench,
        """
        SELECT FROM sluice.imports WHERE id = '\(id)' FOR UPDATE;
        DELETE FROM sluice.undo WHERE import_id = '\(id)'
        """)
      async let answer = bench.queue.requestUndo(id)
      try await other.commitWhenAwaited()
      guard case .unavailable = try await answer else {
        throw ImportBenchError("an undo was asked for that has no images")
      }
      #expect(try await bench.record(id).undo.isRequested == false)
    }
  }

  @Test("are left over where the import was taken back or is gone")
  func leftOver() async throws {
    try await ImportBench.run(Self.table) { bench in
      let undone = try await bench.imported("INSERT INTO public.t VALUES (1, 'a')")
      let gone = try await bench.imported("INSERT INTO public.t VALUES (2, 'a')")
      _ = try await bench.imported("INSERT INTO public.t VALUES (3, 'a')")
      try await bench.connection.execute(
        """
        UPDATE sluice.imports SET status = 'undone' WHERE id = '\(undone)';
        DELETE FROM sluice.imports WHERE id = '\(gone)'
        """)
      let found = try await UndoTables.leftovers(on: bench.connection)
      #expect(Set(found.map(\.description)) == [undone.description, gone.description])
    }
  }
}
