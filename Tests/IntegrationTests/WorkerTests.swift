import Foundation
import ImportModel
import Postgres
import Queue
import Spool
import TestSupport
import Testing

@Suite("A worker")
struct WorkerTests {
  private static func file(_ rows: Int) -> String {
    (1...rows).reduce(into: "id,v\n") { $0 += "\($1),value \($1)\n" }
  }

  private static let table = "CREATE TABLE public.t (id integer PRIMARY KEY, v text)"

  @Test("puts a file of every kind of row where it belongs")
  func plain() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(
        Self.table + "; INSERT INTO public.t VALUES (1, 'a'), (2, 'b')")
      let id = try await bench.submit("id,v\n1,a\n2,B\n3,c\nx,d\n4,e\n4,f\n", into: "public.t")
      let record = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(record.status == .done)
      let counts = record.counts
      #expect(counts.isConserved)
      #expect((counts.read, counts.bad, counts.skipped) == (6, 1, 1))
      #expect((counts.inserted, counts.updated, counts.unchanged) == (2, 1, 1))
      #expect(
        record.history.map(\.name)
          == [.queued, .parsing, .validated, .loading, .finalizing, .done])
      #expect(!bench.spool.exists(id: id.description))
      #expect(try await bench.count("pg_class WHERE relname LIKE 'staging%'") == 0)
    }
  }

  @Test("leaves rows that have not changed untouched")
  func untouched() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.table)
      let first = try await bench.submit(Self.file(100), into: "public.t")
      let again = try await bench.submit(Self.file(100), into: "public.t") { $0.force = true }
      try await bench.withWorker { _ in
        _ = try await bench.ended(first)
        let before = try await bench.connection.query("SELECT ctid, xmin, id FROM public.t").rows
        let record = try await bench.ended(again)
        #expect(record.counts.unchanged == 100)
        let after = try await bench.connection.query("SELECT ctid, xmin, id FROM public.t").rows
        #expect(before.map { $0["ctid"] } == after.map { $0["ctid"] })
      }
    }
  }

  @Test("ends a merge that waits for a lock when the import is called off, the target untouched")
  func cancelBlocked() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.table)
      let blocker = try await TestDatabase.connect(bench.database)
      try await blocker.execute("BEGIN; LOCK TABLE public.t IN EXCLUSIVE MODE")
      let id = try await bench.submit(Self.file(10), into: "public.t")
      let record = try await bench.withWorker { _ in
        try await eventually("it waits for the lock") {
          try await bench.count("pg_locks WHERE NOT granted AND relation = 'public.t'::regclass")
            > 0
        }
        #expect(try await bench.queue.cancel(id) == true)
        return try await bench.ended(id)
      }
      try await blocker.execute("ROLLBACK")
      await blocker.close()
      #expect(record.status == .cancelled)
      #expect(try await bench.count("public.t") == 0)
    }
  }

  @Test("that stops hands its import back, and another one goes on from the last chunk")
  func stopped() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(
        "CREATE TYPE public.mood AS ENUM ('sad', 'ok');"
          + "CREATE TABLE public.t (id integer PRIMARY KEY, v text, m public.mood)")
      let rows = 200_000
      let text = (1...rows).reduce(into: "id,v,m\n") { $0 += "\($1),value \($1),ok\n" }
      let id = try await bench.submit(text, into: "public.t")
      try await bench.withWorker { _ in
        try await eventually("a chunk is staged") { try await bench.count("sluice.chunks") > 0 }
      }
      let handedBack = try await bench.record(id)
      guard handedBack.status == .queued else {
        throw ImportBenchError("it was \(handedBack.status) before it could be stopped")
      }
      let kept = try await bench.connection.query(
        "SELECT chunk, committed_at FROM sluice.chunks ORDER BY chunk"
      ).rows.map { $0["committed_at"] }
      #expect(!kept.isEmpty)
      let blocker = try await TestDatabase.connect(bench.database)
      try await blocker.execute("BEGIN; LOCK TABLE public.t IN EXCLUSIVE MODE")
      let record = try await bench.withWorker { _ in
        // Before the merge, which clears the ledger.
        try await eventually("all is staged", within: .seconds(60)) {
          try await bench.record(id).status == .loading
        }
        let chunks = try await bench.connection.query(
          "SELECT chunk, committed_at FROM sluice.chunks ORDER BY chunk"
        ).rows.map { $0["committed_at"] }
        #expect(Array(chunks.prefix(kept.count)) == kept)
        try await blocker.execute("ROLLBACK")
        return try await bench.ended(id)
      }
      await blocker.close()
      #expect(record.status == .done)
      #expect(record.counts.read == Int64(rows))
      #expect(record.counts.inserted == Int64(rows))
      #expect(try await bench.count("public.t WHERE v = 'value ' || id AND m = 'ok'") == rows)
    }
  }

  @Test("reads the first rows while it waits for their room")
  func readsAhead() async throws {
    try await ImportBench.run { bench in
      // Postgres has to tell what such a value means: so one sees that it was read.
      try await bench.connection.execute("CREATE TABLE public.t (id integer PRIMARY KEY, a inet)")
      let id = try await bench.submit("id,a\n1,10.0.0.1\n2,10.0.0.2\n", into: "public.t")
      let record = try await bench.withWorker { _ in
        try await bench.holding("LOCK TABLE sluice.chunks IN EXCLUSIVE MODE") {
          try await bench.loadWaits()
          try await eventually("values are asked about") {
            try await bench.count(
              """
              pg_stat_activity WHERE datname = current_database()
                 AND application_name LIKE '\(WorkSession.helps.rawValue) %'
                 AND query LIKE '%sluice.try_cast%'
              """) > 0
          }
          #expect(try await bench.record(id).counts == RowCounts())
        }
        return try await bench.ended(id)
      }
      #expect(record.status == .done)
      #expect(record.counts.inserted == 2)
      #expect(try await bench.count("public.t WHERE a <<= '10.0.0.0/24'") == 2)
    }
  }

  @Test("tries again when its connection is cut")
  func cut() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.table)
      let blocker = try await TestDatabase.connect(bench.database)
      try await blocker.execute("BEGIN; LOCK TABLE public.t IN EXCLUSIVE MODE")
      let id = try await bench.submit(Self.file(1000), into: "public.t")
      let record = try await bench.withWorker { _ in
        try await eventually("it waits for the lock") {
          try await bench.count("pg_locks WHERE NOT granted AND relation = 'public.t'::regclass")
            > 0
        }
        _ = try await bench.connection.query(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE application_name LIKE 'sluice import%' AND datname = current_database()
          """)
        try await blocker.execute("ROLLBACK")
        return try await bench.ended(id)
      }
      await blocker.close()
      #expect(record.status == .done)
      #expect(record.attempt == 2)
      #expect(try await bench.count("public.t") == 1000)
    }
  }

  @Test("gives its place away while somebody has locked the target, and is done when that ends")
  func lockTimeout() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.table)
      try await bench.connection.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET lock_timeout = 100', current_database()); END $$"
      )
      let blocker = try await TestDatabase.connect(bench.database)
      try await blocker.execute("BEGIN; LOCK TABLE public.t IN EXCLUSIVE MODE")
      let id = try await bench.submit(Self.file(10), into: "public.t")
      let record = try await bench.withWorker { _ in
        try await eventually("it is handed back") {
          let record = try await bench.record(id)
          return record.status == .queued && record.history.count > 2
        }
        try await blocker.execute("ROLLBACK")
        try await bench.connection.execute("UPDATE sluice.imports SET available_at = now()")
        return try await bench.ended(id)
      }
      await blocker.close()
      #expect(record.status == .done)
      #expect(record.attempt == 1)
      #expect(try await bench.count("public.t") == 10)
    }
  }

  @Test("an import that used up its attempts names what ended the last one, and keeps its counts")
  func exhausted() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.table)
      let id = try await bench.submit(Self.file(10), into: "public.t")
      let claimed = try await bench.claim()
      var counts = RowCounts()
      (counts.read, counts.ok) = (10, 10)
      try await bench.queue.move(claimed.lease, to: .validated, counts: counts)
      try await bench.queue.release(
        claimed.lease, after: .zero, countsAsAttempt: true,
        because: ImportFailure(.database, "no space left on device (53100)"))
      try await bench.connection.execute("UPDATE sluice.imports SET attempt = 5")
      let record = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(record.failure?.code == .attemptsExhausted)
      #expect(record.failure?.message.contains("no space left on device (53100)") == true)
      #expect(record.counts.read == 10)
    }
  }

  @Test("an import that was called off during its last attempt is cancelled, not failed")
  func cancelledAtTheEnd() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.table)
      let id = try await bench.submit(Self.file(10), into: "public.t")
      _ = try await bench.claim()
      try await bench.connection.execute(
        """
        UPDATE sluice.imports
           SET attempt = 5, cancel_requested = true, lease_expires_at = now() - interval '1 s'
        """)
      let record = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(record.status == .cancelled)
    }
  }

  @Test("a fault of the spool's disk is tried again")
  func spoolFault() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.table)
      let id = try await bench.submit(Self.file(10), into: "public.t")
      let folder = URL(fileURLWithPath: bench.spool.folder)
      let name = try #require(
        FileManager.default.subpaths(atPath: folder.path)?.first { $0.contains(id.description) })
      let file = folder.appendingPathComponent(name)
      let aside = folder.appendingPathComponent("aside")
      // A folder in the file's place can be opened, but not read.
      try FileManager.default.moveItem(at: file, to: aside)
      try FileManager.default.createDirectory(at: file, withIntermediateDirectories: false)
      let record = try await bench.withWorker { _ in
        try await eventually("it is handed back") {
          try await bench.count("sluice.imports WHERE jsonb_path_exists(history, '$[*].reason')")
            == 1
        }
        try FileManager.default.removeItem(at: file)
        try FileManager.default.moveItem(at: aside, to: file)
        return try await bench.ended(id)
      }
      #expect(record.status == .done)
      #expect(try await bench.count("public.t") == 10)
    }
  }

  @Test("a row that Postgres refuses in the COPY, though it was accepted, costs that row only")
  func refusedInCopy() async throws {
    try await ImportBench.run { bench in
      // The arbiter's session says yes to what the loading session says no to.
      try await bench.connection.execute(
        """
        CREATE FUNCTION public.accepts(v text) RETURNS boolean LANGUAGE sql STABLE AS $$
          SELECT v <> 'odd' OR current_setting('application_name') NOT LIKE 'sluice import%' $$;
        CREATE DOMAIN public.fickle AS text CHECK (public.accepts(VALUE));
        CREATE TABLE public.t (id integer PRIMARY KEY, v public.fickle)
        """)
      let text = (1...3000).reduce(into: "id,v\n") {
        $0 += "\($1),\([1000, 1001, 2999].contains($1) ? "odd" : "even")\n"
      }
      let id = try await bench.submit(text, into: "public.t")
      let record = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(record.status == .done)
      #expect((record.counts.bad, record.counts.inserted) == (3, 2997))
      let rejects = try await bench.connection.query(
        "SELECT row, line, code, message, raw FROM sluice.rejects ORDER BY row"
      ).rows
      #expect(rejects.map { $0["row"] } == ["1000", "1001", "2999"])
      #expect(rejects.map { $0["line"] } == ["1001", "1002", "3000"])
      #expect(rejects.allSatisfy { $0["code"] == "database" })
      #expect(rejects.allSatisfy { $0["message"]?.contains("23514") == true })
      #expect(try rejects[0].bytes("raw") == Array("1000,odd".utf8))
    }
  }

  @Test(
    "puts nothing in when more rows are bad than may be",
    arguments: ["on_error", "max_rejects", "max_reject_ratio"])
  func limits(option: String) async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.table)
      let id = try await bench.submit("id,v\n1,a\nx,b\ny,c\n4,d\n", into: "public.t") {
        switch option {
        case "on_error": $0.onError = .abort
        case "max_rejects": $0.maxRejects = 1
        default: $0.maxRejectRatio = 0.4
        }
      }
      let record = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(record.status == .failed)
      #expect(record.failure?.code == .tooManyRejects)
      #expect(try await bench.count("public.t") == 0)
      #expect(try await bench.count("sluice.rejects") == 2)
    }
  }

  @Test("sessions are used again, and know nothing of the import before")
  func sessionsAgain() async throws {
    try await ImportBench.run { bench in
      // The server's process that has inserted the row.
      try await bench.connection.execute(
        """
        CREATE TABLE public.t (id integer PRIMARY KEY, at timestamptz,
          session integer DEFAULT pg_backend_pid())
        """)
      // One after the other: whoever is quicker than the end of the import before needs sessions of his own.
      try await bench.withWorker(concurrency: 1) { _ in
        for (id, zone) in [(1, nil), (2, "Asia/Tokyo"), (3, nil)] {
          let task = try await bench.submit("id,at\n\(id),2024-01-01 00:00\n", into: "public.t") {
            $0.timezone = zone
          }
          #expect(try await bench.ended(task).status == .done)
        }
      }
      #expect(
        try await bench.rows(
          "SELECT id, at - timestamptz '2024-01-01 00:00 Asia/Tokyo' FROM t WHERE id = 2")
          == ["2|00:00:00"])
      #expect(
        try await bench.rows("SELECT count(DISTINCT at) FROM t WHERE id <> 2") == ["1"])
      #expect(try await bench.rows("SELECT count(DISTINCT session) FROM t") == ["1"])
    }
  }

  @Test("a worker that lost its lease merges nothing")
  func lateMerge() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.table)
      let blocker = try await TestDatabase.connect(bench.database)
      try await blocker.execute("BEGIN; LOCK TABLE public.t IN EXCLUSIVE MODE")
      let id = try await bench.submit(Self.file(10), into: "public.t")
      try await bench.withWorker { _ in
        // Not before: what is asked of the database earlier goes on without.
        try await eventually("the merge waits for the lock") {
          let isWaiting = try await bench.count(
            "pg_locks WHERE NOT granted AND relation = 'public.t'::regclass")
          guard isWaiting > 0 else { return false }
          return try await bench.record(id).status == .loading
        }
        // As if another worker had claimed it, and not begun yet.
        try await bench.connection.execute("UPDATE sluice.imports SET lease_id = gen_random_uuid()")
        try await blocker.execute("ROLLBACK")
        try await eventually("the merge has ended") {
          try await bench.count(
            """
            pg_stat_activity WHERE application_name LIKE 'sluice import%'
               AND datname = current_database()
            """) == 0
        }
      }
      await blocker.close()
      #expect(try await bench.count("public.t") == 0)
      #expect(try await bench.record(id).status == .loading)
    }
  }

  @Test("names that need quotes and keys with NULL are handled like any other")
  func names() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(
        #"CREATE TABLE public."T ""x""" ("Select" integer, "a""b" text, sluice_row text, "#
          + #"CONSTRAINT k UNIQUE ("Select", "a""b"))"#)
      let text = "Select,\"a\"\"b\",sluice_row\n1,x,p\n1,x,q\n,y,r\n,y,s\n"
      let id = try await bench.submit(
        text, into: "public.\"T \"\"x\"\"\"", key: ["Select", "a\"b"]
      ) { $0.key = ["Select", "a\"b"] }
      let record = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(record.status == .done, "\(String(describing: record.failure))")
      #expect((record.counts.skipped, record.counts.inserted) == (1, 3))
      #expect(try await bench.count("public.\"T \"\"x\"\"\" WHERE sluice_row = 'q'") == 1)
    }
  }
}
