import ImportModel
import Postgres
import TestSupport
import Testing

@testable import Merging

@Suite("Images that a second session keeps")
struct ImagesBesideTests {
  private static let table = "CREATE TABLE t (id int PRIMARY KEY, n int UNIQUE)"
  private static let rows = Int(ImagesBeside.leastRows)

  private static func file(_ more: String = "") -> String {
    (1...rows).reduce(into: "id,n\n") { $0 += "\($1),\($1)\n" } + more
  }

  /// How many rows have images, and whether those came in a transaction of their own.
  private static func kept(_ bench: ImportBench, of id: ImportID) async throws -> [String] {
    try await bench.rows(
      """
      SELECT sum(n), bool_and(cardinality(digests) = n AND cardinality(k0) = n),
             bool_or(xmin IN (SELECT t.xmin FROM t))
        FROM \(UndoTables.inserted(id))
      """)
  }

  @Test("are those of all rows, and take them back")
  func whole() async throws {
    try await ImportBench.run(Self.table) { bench in
      let done = try await bench.importFile(Self.file())
      try expectDone(done, read: Int64(Self.rows), inserted: Int64(Self.rows))
      #expect(try await Self.kept(bench, of: done.id) == ["\(Self.rows)|t|f"])
      #expect(
        try await bench.leftTables(of: "beside|undo") == ["undo_\(done.id.digits)_inserted"])
      try await bench.connection.execute("UPDATE t SET n = -1 WHERE id = 7")
      let undone = try await bench.undo(done.id)
      #expect((undone.undo.deleted, undone.undo.left) == (Int64(Self.rows - 1), 1))
      #expect(try await bench.rows("SELECT id FROM t") == ["7"])
    }
  }

  @Test("are waited for, however long that takes")
  func slow() async throws {
    try await ImportBench.run(Self.table) { bench in
      let helper = try await TestDatabase.connect(bench.database)
      let request = try await bench.staged(Self.rows)
      try await bench.makeOthersSlow()
      let merger = Merger(
        request, on: bench.connection, helpedBy: helper, watch: { _ in }, reject: { _, _ in },
        checkRejects: { _ in })
      let outcome = try await merger.run()
      await helper.close()
      #expect(outcome.counts.inserted == Int64(Self.rows))
      #expect(try await Self.kept(bench, of: request.lease.importID) == ["\(Self.rows)|t|f"])
    }
  }

  @Test(
    "are kept by the merge where a column holds the time of that",
    arguments: ["now()", "CURRENT_TIMESTAMP"])
  func time(default: String) async throws {
    try await ImportBench.run(
      "\(Self.table); ALTER TABLE t ADD at timestamptz DEFAULT \(`default`)"
    ) {
      bench in
      let done = try await bench.importFile(Self.file())
      #expect(try await Self.kept(bench, of: done.id) == ["\(Self.rows)|t|t"])
      #expect(try await bench.undo(done.id).undo.deleted == Int64(Self.rows))
    }
  }

  @Test("are kept by the merge where that takes rows out of staging, and nothing else is left")
  func repeated() async throws {
    try await ImportBench.run(Self.table) { bench in
      let done = try await bench.importFile(Self.file("3,-3\n"))
      try expectDone(
        done, read: Int64(Self.rows + 1), skipped: 1, inserted: Int64(Self.rows))
      #expect(try await Self.kept(bench, of: done.id) == ["\(Self.rows)|t|t"])
      #expect(
        try await bench.leftTables(of: "beside|undo") == ["undo_\(done.id.digits)_inserted"])
    }
  }

  @Test("are kept by the merge where the second session is lost")
  func lost() async throws {
    try await ImportBench.run(Self.table) { bench in
      let helper = try await TestDatabase.connect(bench.database)
      let pid = try await helper.query("SELECT pg_backend_pid() AS pid").rows[0].int("pid")
      _ = try await bench.connection.query("SELECT pg_terminate_backend(\(pid))")
      try await eventually("the session is gone") {
        try await bench.count("pg_stat_activity WHERE pid = \(pid)") == 0
      }
      let request = try await bench.staged(Self.rows)
      let merger = Merger(
        request, on: bench.connection, helpedBy: helper, watch: { _ in }, reject: { _, _ in },
        checkRejects: { _ in })
      #expect(try await merger.run().counts.inserted == Int64(Self.rows))
      #expect(
        try await Self.kept(bench, of: request.lease.importID) == ["\(Self.rows)|t|t"])
      await helper.close()
    }
  }

  @Test("are nobody's where the merge ends otherwise")
  func abandoned() async throws {
    try await ImportBench.run(Self.table) { bench in
      let helper = try await TestDatabase.connect(bench.database)
      let request = try await bench.staged(Self.rows)
      let seen = Tally()
      let merger = Merger(
        request, on: bench.connection, helpedBy: helper,
        watch: { progress in
          guard progress.isFinalizing else { return }
          let made = try await bench.pool.query(
            "SELECT count(*) AS n FROM (\(ImportBench.leftTables(of: "beside|undo"))) t")
          _ = seen.advance(to: try made.rows[0].int64("n"))
          // The import passes on to another worker.
          _ = try await bench.pool.query("UPDATE sluice.imports SET lease_id = gen_random_uuid()")
        }, reject: { _, _ in }, checkRejects: { _ in })
      await #expect(throws: LeaseLost.self) { try await merger.run() }
      #expect(seen.advance(to: 0) == -1)
      #expect(try await bench.count("t") == 0)
      #expect(try await bench.leftTables(of: "beside|undo") == [])
      await helper.close()
    }
  }

  @Test("are swept once their attempt has ended")
  func swept() async throws {
    try await ImportBench.run(Self.table) { bench in
      let request = try await bench.staged(1)
      let (lease, id) = (request.lease, request.lease.importID)
      for one in [
        lease, Lease(importID: id, id: "0123456789abcdef"),
        Lease(importID: ImportID(), id: lease.id),
      ] {
        try await bench.connection.execute(
          "CREATE TABLE \(BesideTables.name("updated", of: one)) ()")
      }
      let found = try await BesideTables.leftovers(on: bench.connection)
      #expect(found.count == 2)
      for name in found { try await BesideTables.sweep(name, on: bench.connection) }
      #expect(try await bench.leftTables(of: "beside|undo").count == 1)
      _ = try await bench.pool.query("UPDATE sluice.imports SET lease_id = gen_random_uuid()")
      #expect(try await BesideTables.leftovers(on: bench.connection).count == 1)
    }
  }
}

extension ImportBench {
  /// Rows `1, 1` and so on in staging, and what is needed to merge them into `public.t`.
  fileprivate func staged(_ rows: Int) async throws -> MergeRequest {
    try await stagedForMerge(
      into: "public.t", columns: [("id", "integer"), ("n", "integer")],
      rows: "SELECT n, n, n FROM generate_series(1, \(rows)) n", count: Int64(rows))
  }
}
