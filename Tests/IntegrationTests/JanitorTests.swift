import ImportModel
import Postgres
import Spool
import TestSupport
import Testing
import Worker

@testable import Queue

@Suite("What the janitor sweeps")
struct JanitorTests {
  /// An import that has ended, and whose worker has left all of it.
  private static func left(_ bench: ImportBench, as state: ImportState) async throws -> ImportID {
    let id = try await bench.submit("id\n\(state)\n", into: "public.t")
    let lease = try await bench.claim().lease
    try await bench.connection.execute("CREATE TABLE sluice.staging_\(id.digits) ()")
    try await bench.queue.end(lease, as: state, failure: nil, counts: nil, bytes: 0)
    return id
  }

  @Test(
    "files whose import has ended go at once; who failed may be asked for again, and who is unknown may be coming"
  )
  func files() async throws {
    try await ImportBench.run { bench in
      let ended = try await Self.left(bench, as: .cancelled)
      let failed = try await Self.left(bench, as: .failed)
      let waiting = try await bench.submit("id\n1\n", into: "public.t")
      let coming = try await bench.submission(of: "id\n2\n", into: "public.t").id
      try await bench.janitor().sweep()
      let there = Set(try bench.spool.identifiers())
      #expect(there == Set([failed, waiting, coming].map(\.description)))
      #expect(!there.contains(ended.description))
    }
  }

  @Test("the database is swept by one at a time, the spool by each")
  func alone() async throws {
    try await ImportBench.run { bench in
      let id = try await Self.left(bench, as: .cancelled)
      let staging = "pg_tables WHERE tablename = 'staging_\(id.digits)'"
      let other = try await TestDatabase.connect(bench.database)
      try await other.execute("SELECT pg_advisory_lock(\(ImportQueue.janitorLock))")
      try await bench.janitor().sweep()
      #expect(try await bench.count(staging) == 1)
      #expect(try bench.spool.identifiers().isEmpty)
      try await other.execute("SELECT pg_advisory_unlock_all()")
      try await bench.janitor().sweep()
      #expect(try await bench.count(staging) == 0)
      // It has let go of it.
      let row = try await other.query(
        "SELECT pg_try_advisory_lock($1) AS free", [.int(ImportQueue.janitorLock)]
      ).rows[0]
      #expect(try row.bool("free"))
      await other.close()
    }
  }
}
