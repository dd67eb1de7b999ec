import ImportModel
import Postgres
import Queue
import Spool
import TestSupport
import Testing

@Suite("A dry run")
struct DryRunTests {
  private static let table = """
    CREATE TABLE t (id int PRIMARY KEY, a text, n numeric(10,2), c int CHECK (c > 0));
    INSERT INTO t VALUES (1, 'x', 1, 1), (2, 'y', 2, 2), (3, NULL, NULL, 3)
    """
  private static let file = """
    id,a,n,c\n1,x,1.00,1\n2,new,2,5\n3,,,3\n4,z,4,1\n5,q,5,-1\nx,,,\n4,zz,4.5,1\n
    """

  @Test("tells what would become of each row, and leaves the target as it is")
  func outcome() async throws {
    try await ImportBench.run(Self.table) { bench in
      let look = "SELECT xmin, xmax, ctid, * FROM t ORDER BY id"
      let before = try await bench.rows(look)
      let done = try await bench.dryRun(Self.file)
      try expectDone(
        done, read: 7, bad: 2, skipped: 1, inserted: 1, updated: 1, unchanged: 2)
      #expect(done.isDryRun)
      #expect(done.history.map(\.name) == [.queued, .parsing, .validated, .done])
      #expect(try await bench.rows(look) == before)
      #expect(done.diff?.counts == done.counts)
      #expect(
        done.diff?.updatedColumns
          == [.init(column: "a", rows: 1), .init(column: "c", rows: 1)])
      #expect(
        try await bench.samples(of: done.id) == [
          #"inserted|7|∅|{"id":4,"a":"zz","n":4.50,"c":1}|"#,
          #"updated|2|{"id":2,"a":"y","n":2.00,"c":2}|{"id":2,"a":"new","n":2.00,"c":5}|a,c"#,
        ])
      #expect(
        try await bench.faults(of: done.id).map { $0.split(separator: "|")[3] }
          == ["check", "type"])
    }
  }

  @Test("draws no number from a sequence")
  func sequences() async throws {
    let table = "CREATE TABLE t (id int PRIMARY KEY, n serial, i int GENERATED ALWAYS AS IDENTITY)"
    try await ImportBench.run(table) { bench in
      _ = try await bench.dryRun("id\n1\n2\n")
      #expect(
        try await bench.rows(
          "SELECT is_called FROM t_n_seq UNION ALL SELECT is_called FROM t_i_seq") == ["f", "f"])
    }
  }

  @Test("is carried out from what is staged, and comes to what it said")
  func carriedOut() async throws {
    try await ImportBench.run(Self.table) { bench in
      let dry = try await bench.dryRun(Self.file)
      let rejects = try await bench.faults(of: dry.id)
      #expect(bench.spool.exists(id: dry.id.description))
      // Whoever would read the file again would find other rows.
      try await bench.connection.execute(
        "UPDATE sluice.staging_\(dry.id.digits) SET a = 'staged' WHERE id = 4")
      let done = try await bench.carryOut(dry.id)
      try expectDone(
        done, read: 7, bad: 2, skipped: 1, inserted: 1, updated: 1, unchanged: 2)
      #expect(done.id == dry.id)
      #expect(!done.isDryRun)
      #expect(done.attempt == 1)
      #expect(done.warnings == [])
      #expect(
        done.history.map(\.name) == [
          .queued, .parsing, .validated, .done, .queued, .parsing, .validated, .loading,
          .finalizing, .done,
        ])
      #expect(
        try await bench.rows("SELECT * FROM t ORDER BY id")
          == ["1|x|1.00|1", "2|new|2.00|5", "3|∅|∅|3", "4|staged|4.50|1"])
      #expect(try await bench.faults(of: dry.id) == rejects)
      #expect(!bench.spool.exists(id: dry.id.description))
      #expect(try await bench.count("pg_class WHERE relname LIKE 'staging%'") == 0)
      #expect(try await bench.count("sluice.chunks") == 0)
    }
  }

  @Test(
    "is carried out by reading the file again where staging is lost",
    arguments: ["crash", "dropped"])
  func lostStaging(how: String) async throws {
    try await ImportBench.run(Self.table) { bench in
      let dry = try await bench.dryRun(Self.file)
      let staging = "sluice.staging_\(dry.id.digits)"
      // A crash of Postgres empties what is not logged.
      try await bench.connection.execute(
        how == "crash"
          ? "TRUNCATE \(staging), sluice.chunks, sluice.progress" : "DROP TABLE \(staging)")
      let done = try await bench.carryOut(dry.id)
      try expectDone(
        done, read: 7, bad: 2, skipped: 1, inserted: 1, updated: 1, unchanged: 2)
      #expect(done.warnings == [])
      #expect(try await bench.rejectedRows(of: dry.id) == ["5", "6"])
      #expect(try await bench.rows("SELECT a FROM t WHERE id = 4") == ["zz"])
    }
  }

  @Test("warns where the target has changed before it is carried out")
  func changedTarget() async throws {
    try await ImportBench.run(Self.table) { bench in
      let dry = try await bench.dryRun(Self.file)
      try await bench.connection.execute(
        """
        DELETE FROM t WHERE id = 1; UPDATE t SET a = 'new', c = 5 WHERE id = 2;
        ALTER TABLE t ADD CONSTRAINT few UNIQUE (n), ADD extra date
        """)
      let done = try await bench.carryOut(dry.id)
      try expectDone(done, read: 7, bad: 2, skipped: 1, inserted: 2, unchanged: 2)
      let warning = try #require(done.warnings.first)
      #expect(done.warnings.count == 1)
      #expect(warning.code == "target_changed")
      #expect(
        warning.message
          == "the dry run foresaw 1 inserted, 1 updated; it became 2 inserted, 0 updated; "
          + "columns or keys of the target are others than then (new: extra date, unique (n))")
    }
  }

  @Test("a change of the target that makes no difference is no warning")
  func harmlessChange() async throws {
    try await ImportBench.run(Self.table) { bench in
      let dry = try await bench.dryRun(Self.file)
      try await bench.connection.execute("UPDATE t SET a = 'other' WHERE id = 2")
      let done = try await bench.carryOut(dry.id)
      #expect(done.warnings == [])
      #expect(done.counts == dry.counts)
    }
  }

  @Test("rejected duplicates leave staging as well, and are reported once")
  func rejectedDuplicates() async throws {
    try await ImportBench.run(Self.table) { bench in
      let dry = try await bench.dryRun(Self.file) { $0.duplicates = .reject }
      try expectDone(dry, read: 7, bad: 4, updated: 1, unchanged: 2)
      let done = try await bench.carryOut(dry.id)
      try expectDone(done, read: 7, bad: 4, updated: 1, unchanged: 2)
      #expect(try await bench.rejectedRows(of: dry.id) == ["4", "5", "6", "7"])
    }
  }

  @Test("fails as its import would where too many rows are bad")
  func tooManyRejects() async throws {
    try await ImportBench.run(Self.table) { bench in
      let dry = try await bench.dryRun("id,c\n1,1\n2,-1\n") { $0.onError = .abort }
      #expect(dry.status == .failed)
      #expect(dry.failure?.code == .tooManyRejects)
      #expect(try await bench.queue.commit(dry.id) == .ended(.failed))
      #expect(try await bench.rejectedRows(of: dry.id) == ["2"])
    }
  }

  @Test("a key that holds NULLs for equal, and a column that no update can write")
  func unusualKeys() async throws {
    let table = """
      CREATE TABLE t (k text, v numeric, i int GENERATED ALWAYS AS IDENTITY,
                      CONSTRAINT t_k UNIQUE NULLS NOT DISTINCT (k));
      INSERT INTO t (k, v) VALUES (NULL, 1), ('a', 1.0)
      """
    try await ImportBench.run(table) { bench in
      let dry = try await bench.dryRun("k,v,i\n,2,1\na,1.00,2\nb,3,7\n") { $0.key = ["k"] }
      try expectDone(dry, read: 3, inserted: 1, updated: 2)
      #expect(
        try await bench.samples(of: dry.id).suffix(2) == [
          #"updated|1|{"k":null,"v":1,"i":1}|{"k":null,"v":2,"i":1}|v"#,
          #"updated|2|{"k":"a","v":1.0,"i":2}|{"k":"a","v":1.00,"i":2}|v"#,
        ])
      let done = try await bench.carryOut(dry.id)
      #expect(done.counts == dry.counts)
      #expect(done.warnings == [])
    }
  }

  @Test("a partitioned target is compared across its partitions")
  func partitions() async throws {
    let table = """
      CREATE TABLE t (id int PRIMARY KEY, a text) PARTITION BY RANGE (id);
      CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (0) TO (100);
      CREATE TABLE t_high PARTITION OF t FOR VALUES FROM (100) TO (200);
      INSERT INTO t VALUES (1, 'one'), (101, 'two')
      """
    try await ImportBench.run(table) { bench in
      let dry = try await bench.dryRun("id,a\n1,uno\n101,dos\n102,tres\n")
      try expectDone(dry, read: 3, inserted: 1, updated: 2)
      #expect(
        try await bench.samples(of: dry.id) == [
          #"inserted|3|∅|{"id":102,"a":"tres"}|"#,
          #"updated|1|{"id":1,"a":"one"}|{"id":1,"a":"uno"}|a"#,
          #"updated|2|{"id":101,"a":"two"}|{"id":101,"a":"dos"}|a"#,
        ])
      #expect(try await bench.carryOut(dry.id).counts == dry.counts)
    }
  }

  @Test("samples are the first 200 rows, and long values are cut")
  func samples() async throws {
    let table = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (500, 'x')"
    try await ImportBench.run(table) { bench in
      let long = String(repeating: "é", count: 3000)
      let text = (1...300).reduce(into: "id,a\n500,\(long)\n") { $0 += "\($1),v\n" }
      let dry = try await bench.dryRun(text)
      try expectDone(dry, read: 301, inserted: 300, updated: 1)
      #expect(try await bench.count("sluice.diff_rows WHERE kind = 'inserted'") == 200)
      #expect(
        try await bench.rows("SELECT min(row), max(row) FROM sluice.diff_rows") == ["1|201"])
      #expect(
        try await bench.rows(
          "SELECT length(after ->> 'a') FROM sluice.diff_rows WHERE kind = 'updated'") == ["1001"])
    }
  }

  @Test("found keys are kept with what is staged")
  func lookups() async throws {
    let table = """
      CREATE TABLE c (id int PRIMARY KEY, mail text UNIQUE);
      INSERT INTO c VALUES (7, 'a@b'), (8, 'c@d');
      CREATE TABLE t (id int PRIMARY KEY, customer int REFERENCES c)
      """
    try await ImportBench.run(table) { bench in
      let dry = try await bench.dryRun("id,mail\n1,a@b\n2,c@d\n3,nobody\n1,c@d\n") {
        $0.mapping = [
          "mail": MappingEntry(column: "customer", lookup: "public.c.mail"), "id": "id",
        ]
      }
      try expectDone(dry, read: 4, bad: 1, skipped: 1, inserted: 2)
      let done = try await bench.carryOut(dry.id)
      try expectDone(done, read: 4, bad: 1, skipped: 1, inserted: 2)
      #expect(try await bench.rows("SELECT * FROM t ORDER BY id") == ["1|8", "2|8"])
    }
  }
}
