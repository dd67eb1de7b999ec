import ImportModel
import Postgres
import TestSupport
import Testing
import Validation

@Suite("Targets of every kind")
struct TargetKindsTests {
  static let kinds = """
    CREATE EXTENSION postgres_fdw; CREATE EXTENSION file_fdw;
    CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
    CREATE SERVER shut FOREIGN DATA WRAPPER postgres_fdw OPTIONS (updatable 'false');
    CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
    CREATE FOREIGN DATA WRAPPER bare;
    CREATE SERVER nobody FOREIGN DATA WRAPPER bare;
    CREATE TABLE plain (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a) STORED);
    CREATE TABLE parent (id int PRIMARY KEY);
    CREATE TABLE child (PRIMARY KEY (id)) INHERITS (parent);
    CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
    CREATE TABLE part PARTITION OF parts DEFAULT;
    CREATE TABLE mixed (id int) PARTITION BY LIST (id);
    CREATE TABLE mixed_1 PARTITION OF mixed FOR VALUES IN (1) PARTITION BY LIST (id);
    CREATE FOREIGN TABLE mixed_far PARTITION OF mixed_1 FOR VALUES IN (1) SERVER far;
    CREATE FOREIGN TABLE away (id int) SERVER far;
    CREATE FOREIGN TABLE away_shut (id int) SERVER shut;
    CREATE FOREIGN TABLE lines (id int) SERVER files OPTIONS (filename '/dev/null');
    CREATE FOREIGN TABLE unhandled (id int) SERVER nobody;
    CREATE VIEW simple AS SELECT id, a, a + 1 AS more, b FROM plain;
    CREATE VIEW counted AS SELECT count(*) AS n FROM plain;
    CREATE VIEW ruled AS SELECT count(*) AS n FROM plain;
    CREATE RULE r AS ON INSERT TO ruled DO INSTEAD NOTHING;
    CREATE VIEW triggered AS SELECT count(*) AS n FROM plain;
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER g INSTEAD OF INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION f();
    CREATE TABLE also (id int PRIMARY KEY);
    CREATE RULE r AS ON INSERT TO also DO ALSO NOTHING;
    CREATE TABLE off (id int PRIMARY KEY);
    CREATE RULE r AS ON INSERT TO off DO INSTEAD NOTHING;
    ALTER TABLE off DISABLE RULE r;
    CREATE TABLE changing (id int PRIMARY KEY);
    CREATE RULE r AS ON UPDATE TO changing DO INSTEAD NOTHING;
    CREATE MATERIALIZED VIEW kept AS SELECT 1 AS id;
    """

  @Test("the catalog knows each kind, and what it takes")
  func kinds() async throws {
    try await ImportBench.run(Self.kinds) { bench in
      let listed = try await TargetCatalog().tables(on: bench.connection)
      let all: [ImportOptions.Mode] = [.upsert, .insert, .append, .replace]
      let expected: [(String, TargetShape.Kind, [ImportOptions.Mode])] = [
        ("away", .foreignTable, [.append]), ("changing", .table, [.insert, .append, .replace]),
        ("child", .table, all), ("mixed", .partitionedTable, [.append]), ("off", .table, all),
        ("parent", .table, [.upsert, .insert, .append]),
        ("parts", .partitionedTable, [.upsert, .insert, .append]),
        ("plain", .table, all), ("simple", .view, [.append]), ("triggered", .view, [.append]),
      ]
      #expect(listed.map(\.name) == expected.map(\.0))
      #expect(listed.map(\.shape.kind) == expected.map(\.1))
      #expect(listed.map(\.modes) == expected.map(\.2))
      let part = try await TargetCatalog().table(named: "public.part", on: bench.connection)
      #expect(part?.shape.kind == .partition && part?.modes == all)
      // Columns that a view computes cannot be written; those of a view with a trigger can.
      let simple = try #require(listed.first { $0.name == "simple" })
      #expect(simple.columns.map(\.isGenerated) == [false, false, true, false])
      #expect(listed.first { $0.name == "triggered" }?.columns.map(\.isGenerated) == [false])
    }
  }

  @Test("what takes no rows is refused, with what to do instead")
  func refused() async throws {
    try await ImportBench.run(Self.kinds) { bench in
      let expected: [(String, TargetError.Code)] = [
        ("away_shut", .takesNoRows), ("lines", .takesNoRows), ("unhandled", .takesNoRows),
        ("counted", .takesNoRows), ("ruled", .hasRules), ("also", .hasRules), ("kept", .notATable),
      ]
      for (name, code) in expected {
        let error = try await #require(throws: TargetError.self) {
          try await TargetCatalog().table(named: "public.\(name)", on: bench.connection)
        }
        #expect(error.code == code && error.message.contains(name) && !error.hint.isEmpty)
      }
      try await bench.connection.execute("SET default_transaction_read_only = on")
      let error = try await #require(throws: TargetError.self) {
        try await TargetCatalog().table(named: "public.plain", on: bench.connection)
      }
      #expect(error.code == .readOnly)
    }
  }

  private static func rehearse(
    _ name: String, _ columns: [String]? = nil, _ mode: ImportOptions.Mode = .upsert,
    on connection: PostgresConnection
  ) async throws {
    let found = try await TargetCatalog().table(named: "public.\(name)", on: connection)
    let table = try #require(found)
    let rehearsal = TargetRehearsal(
      target: table,
      columns: table.columns.filter { columns?.contains($0.name) ?? !$0.isGenerated },
      key: table.usableKeys.first?.columns ?? [], mode: mode)
    try await rehearsal.run(on: connection)
  }

  @Test("what Postgres would refuse of every row is known before")
  func rehearsal() async throws {
    let more = """
      CREATE DOMAIN whole AS int NOT NULL CHECK (VALUE > 0);
      CREATE TYPE "Odd Type" AS (a int);
      CREATE TABLE "Every ""One"" x" (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "select" whole, c "Odd Type", d text[] NOT NULL);
      CREATE TABLE published (id int UNIQUE NOT NULL, a int);
      CREATE PUBLICATION p FOR TABLE published
      """
    try await ImportBench.run(Self.kinds + more) { bench in
      let connection = bench.connection
      for name in ["plain", "parent", "child", "parts", "part", #""Every ""One"" x""#] {
        try await Self.rehearse(name, on: connection)
        try await Self.rehearse(name, nil, .insert, on: connection)
      }
      for name in ["away", "mixed", "triggered", "plain"] {
        try await Self.rehearse(name, nil, .append, on: connection)
      }
      try await Self.rehearse("simple", ["id", "a"], .append, on: connection)
      let generated = try await #require(throws: TargetError.self) {
        try await Self.rehearse("simple", ["id", "b"], .append, on: connection)
      }
      #expect(generated.code == .refused && generated.message.contains("\"b\""))
      let published = try await #require(throws: TargetError.self) {
        try await Self.rehearse("published", on: connection)
      }
      #expect(published.hint.contains("REPLICA IDENTITY"))
      try await Self.rehearse("published", nil, .insert, on: connection)
      #expect(try await connection.query("SELECT FROM plain").rows.isEmpty)
    }
  }

  @Test("a table that is locked now is not waited for")
  func locked() async throws {
    try await ImportBench.run("CREATE TABLE plain (id int PRIMARY KEY, a int)") { bench in
      let other = try await PostgresConnection.connect(bench.database, logger: TestDatabase.logger)
      try await other.execute("BEGIN; LOCK TABLE plain IN ACCESS EXCLUSIVE MODE")
      try await Self.rehearse("plain", on: bench.connection)
      await other.close()
    }
  }

  @Test(
    "a right that is missing for a mode is named before a row is read",
    arguments: [
      ("SELECT, INSERT", ImportOptions.Mode.upsert, "select, insert and update"),
      ("INSERT, UPDATE", .upsert, "select, insert and update"),
      ("INSERT", .insert, "select and insert"), ("INSERT (id)", .append, "insert"),
      ("SELECT, INSERT, UPDATE", .upsert, nil), ("SELECT, INSERT", .insert, nil),
      ("INSERT", .append, nil),
    ] as [(String, ImportOptions.Mode, String?)])
  func rights(_ granted: String, _ mode: ImportOptions.Mode, _ needed: String?) async throws {
    try await RoleBench.run(
      "CREATE TABLE plain (id int PRIMARY KEY, a int)", grants: "GRANT \(granted) ON plain TO %"
    ) { bench in
      let own = try await PostgresConnection.connect(bench.database, logger: TestDatabase.logger)
      do {
        try await Self.rehearse("plain", nil, mode, on: own)
        #expect(needed == nil)
      } catch let error as TargetError {
        #expect(error.code == .notWritable)
        #expect(error.hint == needed.map { "the role needs the right to \($0) on public.plain" })
      }
      await own.close()
    }
  }

  @Test("a sequence that the role may not use is named, and costs no row")
  func sequence() async throws {
    try await RoleBench.run(
      #"CREATE TABLE t (id int PRIMARY KEY, "No" serial)"#, grants: "GRANT ALL ON t TO %"
    ) { bench in
      let failed = try await bench.importFile("id\n1\n2\n")
      #expect(failed.status == .failed && failed.failure?.code == .unknownTarget)
      #expect(failed.failure?.message.contains(#"public."t_No_seq""#) == true)
      #expect(try await bench.count("sluice.rejects") == 0)
      // A file that brings the values needs none.
      #expect(try await bench.importFile("id,No\n1,5\n").status == .done)
      let role = try #require(bench.database.settings["role"])
      try await bench.connection.execute(#"GRANT USAGE ON SEQUENCE "t_No_seq" TO \#(role)"#)
      #expect(try await bench.importFile("id\n3\n").status == .done)
    }
  }
}
