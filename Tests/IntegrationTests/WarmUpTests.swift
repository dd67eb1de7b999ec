import ImportModel
import Postgres
import Queue
import TestSupport
import Testing
import Worker

@Suite("Sessions that were warmed up")
struct WarmUpTests {
  /// The sessions for work on targets.
  private func sessions(_ bench: ImportBench) async throws -> Set<String> {
    let found = try await bench.connection.query(
      """
      SELECT pid FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = $1
      """, [.text(WorkSession.loads.rawValue)])
    return Set(try found.rows.map { try $0.string("pid") })
  }

  @Test("are there before the first import, which uses them and leaves them fit for the next")
  func used() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute("CREATE TABLE public.t (id integer PRIMARY KEY, v text)")
      try await bench.withWorker { worker in
        #expect(try await sessions(bench).isEmpty)
        await worker.warmUp()
        let before = try await sessions(bench)
        #expect(before.count == 2)
        let id = try await bench.submit("id,v\n1,a\n", into: "public.t")
        #expect(try await bench.ended(id).counts.inserted == 1)
        try await eventually("they have their names back") {
          try await sessions(bench) == before
        }
      }
    }
  }

  @Test("are no condition: a worker goes on where there is nothing to look at")
  func nothing() async throws {
    try await ImportBench.run { bench in
      try await bench.withWorker { worker in
        try await bench.connection.execute("ALTER SCHEMA sluice RENAME TO away")
        await worker.warmUp()
        try await bench.connection.execute("ALTER SCHEMA away RENAME TO sluice")
        try await bench.connection.execute("CREATE TABLE public.t (id integer PRIMARY KEY)")
        let id = try await bench.submit("id\n1\n", into: "public.t")
        #expect(try await bench.ended(id).counts.inserted == 1)
      }
    }
  }
}
