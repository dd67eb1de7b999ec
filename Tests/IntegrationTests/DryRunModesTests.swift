import ImportModel
import Merging
import Postgres
import Queue
import Staging
import TestSupport
import Testing
import Validation

@Suite("A dry run of each mode")
struct DryRunModesTests {
  @Test("rows that are known are left alone by insert, whatever rules they break")
  func insert() async throws {
    let table = "CREATE TABLE t (id int PRIMARY KEY, a text CHECK (a <> 'bad'));"
    try await ImportBench.run(table + "INSERT INTO t VALUES (1, 'x'), (2, 'y')") { bench in
      let dry = try await bench.dryRun("id,a\n1,x\n2,bad\n3,z\n4,bad\n3,zz\n") { $0.mode = .insert }
      try expectDone(dry, read: 5, bad: 1, skipped: 1, inserted: 1, unchanged: 2)
      #expect(dry.diff?.updatedColumns == [])
      #expect(
        try await bench.samples(of: dry.id) == [#"inserted|5|∅|{"id":3,"a":"zz"}|"#])
      let done = try await bench.carryOut(dry.id)
      #expect(done.counts == dry.counts)
      #expect(done.warnings == [])
    }
  }

  @Test("rows that are appended are all new")
  func append() async throws {
    try await ImportBench.run("CREATE TABLE t (a text); INSERT INTO t VALUES ('x')") { bench in
      let id = try await bench.submit("a\nx\nx\n", into: "public.t", key: []) {
        $0.mode = .append
        $0.dryRun = true
      }
      let dry = try await bench.withWorker { _ in try await bench.ended(id) }
      try expectDone(dry, read: 2, inserted: 2)
      #expect(
        try await bench.samples(of: id) == [
          #"inserted|1|∅|{"a":"x"}|"#, #"inserted|2|∅|{"a":"x"}|"#,
        ])
      #expect(try await bench.carryOut(id).counts == dry.counts)
      #expect(try await bench.count("t") == 3)
    }
  }

  @Test("a table that is replaced is held against the file by its key")
  func replace() async throws {
    let table = "CREATE TABLE t (id int PRIMARY KEY, a text, n numeric);"
    try await ImportBench.run(
      table + "INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2), (3, 'z', 3), (4, 'q', 4)"
    ) { bench in
      let (id, merger) = try await staged(bench, hasKey: true)
      let counts = try await merger.rehearse()
      // A new table has new rows only.
      #expect((counts.inserted, counts.updated, counts.unchanged) == (3, 0, 0))
      let diff = try #require(try await bench.record(id).diff)
      #expect(diff.rows == .init(inserted: 1, updated: 1, unchanged: 1, deleted: 2))
      #expect(diff.updatedColumns == [.init(column: "n", rows: 1)])
      #expect(
        try await bench.samples(of: id) == [
          #"deleted|∅|{"id":3,"a":"z","n":3}|∅|"#, #"deleted|∅|{"id":4,"a":"q","n":4}|∅|"#,
          #"inserted|3|∅|{"id":7,"a":"new","n":7}|"#,
          #"updated|2|{"id":2,"a":"y","n":2}|{"id":2,"a":"y","n":2.0}|n"#,
        ])
      #expect(diff.content?.hasPrefix("4 ") == true)
      #expect(try await bench.count("t") == 4)
    }
  }

  @Test("a table without a key is replaced as a whole")
  func replaceWithoutKey() async throws {
    let table = "CREATE TABLE t (id int, a text, n numeric); INSERT INTO t VALUES (1, 'x', 1)"
    try await ImportBench.run(table) { bench in
      let (id, merger) = try await staged(bench, hasKey: false)
      #expect(try await merger.rehearse().inserted == 3)
      let diff = try #require(try await bench.record(id).diff)
      #expect(diff.rows == .init(inserted: 3, updated: 0, unchanged: 0, deleted: 1))
    }
  }

  /// Three rows in staging, and what takes them through a dry run of `replace`.
  private func staged(_ bench: ImportBench, hasKey: Bool) async throws -> (ImportID, Merger) {
    let id = try await bench.submit("id,a,n\n", into: "public.t") {
      $0.mode = .replace
      $0.dryRun = true
    }
    let lease = try #require(try await bench.queue.claim(worker: "a", leaseSeconds: 30)).lease
    let target = try #require(
      try await TargetCatalog().table(named: "public.t", on: bench.connection))
    let layout = StagingLayout(columns: [
      .init(name: "id", sqlType: "integer"), .init(name: "a", sqlType: "text", comparison: .text),
      .init(name: "n", sqlType: "numeric", comparison: .image),
    ])
    let table = StagingTable(importID: id, layout: layout)
    _ = try await table.prepare(lease: lease, on: bench.connection)
    try await bench.connection.execute(
      "INSERT INTO \(table.name) VALUES (1, 1, 'x', 1), (2, 2, 'y', 2.0), (3, 7, 'new', 7)")
    try await bench.queue.move(lease, to: .validated)
    var counts = RowCounts()
    (counts.read, counts.ok) = (3, 3)
    let request = MergeRequest(
      lease: lease, staging: table.name, layout: layout, target: target, isPartitioned: false,
      key: hasKey ? target.keys[0] : .none, mode: .replace, duplicates: .last, staged: counts)
    return (
      id,
      Merger(
        request, on: bench.connection, watch: { _ in }, reject: { _, _ in },
        checkRejects: { _ in })
    )
  }
}
