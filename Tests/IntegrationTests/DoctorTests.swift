import Doctor
import ImportModel
import Postgres
import TestSupport
import Testing
import Validation

/// Something wrong with a database, and how to bring it about.
struct Ailment: Sendable, CustomTestStringConvertible {
  let code: String
  var what = ""
  /// Run one by one: some may not stand in a transaction.
  let steps: [String]
  /// A step that has to fail.
  var failing: String?
  var after: [String] = []
  var change: @Sendable (inout Thresholds) -> Void = { _ in }
  /// What the SQL has to be, where quoting is worth a look.
  var sql: String?

  var testDescription: String { what.isEmpty ? code : "\(code), \(what)" }

  static let rows = "INSERT INTO t SELECT g, g FROM generate_series(1, 10000) AS g"
  static let table = "CREATE TABLE t (id int PRIMARY KEY, a int)"

  static let all: [Ailment] = [
    Ailment(
      code: "no_usable_key", what: "but a deferrable one",
      steps: ["CREATE TABLE t (id int NOT NULL, a int, UNIQUE (id) DEFERRABLE)"],
      sql: #"CREATE UNIQUE INDEX CONCURRENTLY ON public.t (id);"#),
    Ailment(
      code: "no_usable_key", what: "but a column that is different in every row",
      steps: [
        #"CREATE TABLE t (kind text, "Serial ""No""" int)"#,
        "INSERT INTO t SELECT 'x', g FROM generate_series(1, 1000) AS g", "ANALYZE t",
      ],
      sql: #"CREATE UNIQUE INDEX CONCURRENTLY ON public.t ("Serial ""No""");"#),
    Ailment(
      code: "foreign_key_without_index", what: "of another table",
      steps: [
        table, rows, #"CREATE TABLE "Other ""T""" (x int, "to" int REFERENCES t)"#,
        #"INSERT INTO "Other ""T""" SELECT g, g FROM generate_series(1, 10000) AS g"#,
      ],
      sql: #"CREATE INDEX CONCURRENTLY ON public."Other ""T""" ("to");"#),
    Ailment(
      code: "foreign_key_without_index", what: "of a partitioned table",
      steps: [
        "CREATE TABLE r (id int PRIMARY KEY)",
        "CREATE TABLE t (id int, a int REFERENCES r, PRIMARY KEY (id)) PARTITION BY RANGE (id)",
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (1000000)",
        "INSERT INTO t SELECT g, NULL FROM generate_series(1, 10000) AS g",
      ],
      change: { $0.smallTableBytes = -1 }, sql: "CREATE INDEX ON public.t (a);"),
    Ailment(
      code: "invalid_index", what: "that can be built again", steps: [table, rows],
      failing: "CREATE UNIQUE INDEX CONCURRENTLY t_twice ON t ((a % 9999))",
      after: ["DELETE FROM t WHERE id = 10000"],
      sql: "REINDEX INDEX CONCURRENTLY public.t_twice;"),
    Ailment(
      code: "invalid_index", what: "that a reindex has left", steps: [table, rows],
      failing: "CREATE UNIQUE INDEX CONCURRENTLY t_twice_ccnew ON t ((a % 9999))",
      sql: "DROP INDEX CONCURRENTLY public.t_twice_ccnew;"),
    Ailment(
      code: "duplicate_index",
      steps: [table, "CREATE INDEX one ON t (a)", "CREATE INDEX two ON t (a)"],
      sql: "DROP INDEX CONCURRENTLY public.two;"),
    Ailment(
      code: "duplicate_index", what: "of a key, which stays",
      steps: [
        "CREATE TABLE t (id int, a int)", "CREATE UNIQUE INDEX older ON t (id)",
        "ALTER TABLE t ADD PRIMARY KEY (id)",
      ],
      sql: "DROP INDEX CONCURRENTLY public.older;"),
    Ailment(
      code: "unused_index", steps: [table, rows, "CREATE INDEX idle ON t (a)"],
      change: {
        $0.unusedSeconds = 0
        $0.unusedIndexBytes = 1
      },
      sql: "DROP INDEX CONCURRENTLY public.idle;"),
    Ailment(code: "never_analyzed", steps: [table, rows], sql: "ANALYZE public.t;"),
    Ailment(
      code: "autovacuum_off_for_table",
      steps: [table, "ALTER TABLE t SET (autovacuum_enabled = false)"],
      sql: "ALTER TABLE public.t RESET (autovacuum_enabled);"),
    Ailment(
      code: "dead_rows",
      steps: [
        table, "ALTER TABLE t SET (autovacuum_enabled = false)", rows, "UPDATE t SET a = 0",
      ],
      change: { $0.deadRows = 1000 }, sql: "VACUUM (ANALYZE) public.t;"),
    Ailment(
      code: "wraparound_near",
      steps: [
        table,
        """
        DO $$ BEGIN FOR i IN 1..6000 LOOP PERFORM txid_current(); COMMIT; END LOOP; END $$
        """,
      ],
      change: { $0.frozenAgeFactor = 5000.0 / 200_000_000 }, sql: "VACUUM (FREEZE) public.t;"),
    Ailment(
      code: "unlogged_target", steps: ["CREATE UNLOGGED TABLE t (id int PRIMARY KEY)"],
      sql: "ALTER TABLE public.t SET LOGGED;"),
    Ailment(
      code: "no_partitions",
      steps: ["CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id)"],
      sql: #"CREATE TABLE "public"."t_default" PARTITION OF public.t DEFAULT;"#),
    Ailment(
      code: "foreign_rows_one_by_one",
      steps: [
        "CREATE EXTENSION postgres_fdw", "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
        "CREATE FOREIGN TABLE t (id int) SERVER s",
      ],
      sql: "ALTER FOREIGN TABLE public.t OPTIONS (ADD batch_size '1000');"),
    Ailment(
      code: "extension_outdated", steps: [table, "CREATE EXTENSION citext VERSION '1.4'"],
      sql: "ALTER EXTENSION citext UPDATE;"),
    Ailment(
      code: "orphaned_tables",
      steps: [table, "CREATE TABLE sluice.staging_0123456789abcdef0123456789abcdef (a int)"],
      sql: "DROP TABLE sluice.staging_0123456789abcdef0123456789abcdef;"),
    Ailment(
      code: "orphaned_tables",
      steps: [
        table,
        "CREATE TABLE sluice.beside_0123456789abcdef0123456789abcdef_0123456789ab_updated ()",
      ],
      sql: "DROP TABLE sluice.beside_0123456789abcdef0123456789abcdef_0123456789ab_updated;"),
  ]
}

@Suite("The doctor")
struct DoctorTests {
  private static func findings(
    _ connection: PostgresConnection, _ limits: Thresholds = .standard
  ) async throws -> [Finding] {
    let target = try await TargetCatalog().table(named: "public.t", on: connection)
    let examination = Examination(
      targets: [try #require(target)], spoolFolder: "/nowhere", retentionSeconds: 86_400,
      limits: limits)
    return try await examination.run(on: connection).sections.flatMap(\.findings)
  }

  /// What psql makes of it: one statement after the other.
  private static func run(_ finding: Finding, on connection: PostgresConnection) async throws {
    for statement in try #require(finding.sql).split(separator: ";\n") {
      _ = try await connection.query(String(statement))
    }
  }

  @Test("what it finds is gone once its SQL was run", arguments: Ailment.all)
  func mends(_ ailment: Ailment) async throws {
    try await ImportBench.run("") { bench in
      let connection = bench.connection
      for step in ailment.steps { _ = try await connection.query(step) }
      if let failing = ailment.failing {
        await #expect(throws: PostgresError.self) { _ = try await connection.query(failing) }
      }
      for step in ailment.after { _ = try await connection.query(step) }
      var limits = Thresholds()
      ailment.change(&limits)
      let set = limits
      // Counters come a moment after what they count.
      try await eventually("it is found", within: .seconds(20)) {
        try await Self.findings(connection, set).contains { $0.code == ailment.code }
      }
      let found = try await Self.findings(connection, set).filter { $0.code == ailment.code }
      #expect(found.count == 1)
      let finding = try #require(found.first)
      if let sql = ailment.sql { #expect(finding.sql == sql) }
      #expect(!finding.message.isEmpty && !finding.message.hasSuffix("."))
      try await Self.run(finding, on: connection)
      try await eventually("it is gone", within: .seconds(20)) {
        try await !Self.findings(connection, set).contains { $0.code == ailment.code }
      }
    }
  }

  @Test("a sound table has no findings of its own, and an import into it no warnings")
  func sound() async throws {
    let setUp = """
      CREATE TABLE r (id int PRIMARY KEY);
      CREATE TABLE t (id int PRIMARY KEY, a int REFERENCES r);
      CREATE INDEX t_a ON t (a)
      """
    try await ImportBench.run(setUp) { bench in
      let found = try await Self.findings(bench.connection).filter { $0.target != nil }
      #expect(found.isEmpty)
      let done = try await bench.importFile("id,a\n1,\n2,\n")
      #expect(done.status == .done)
      #expect(done.warnings == [])
    }
  }

  @Test("an import has the warnings of its target, with the SQL to run")
  func importWarns() async throws {
    let setUp = """
      CREATE UNLOGGED TABLE t (id int PRIMARY KEY, a int);
      CREATE UNLOGGED TABLE c (t int REFERENCES t);
      INSERT INTO t SELECT g, g FROM generate_series(1, 10000) AS g;
      INSERT INTO c SELECT g FROM generate_series(1, 10000) AS g;
      ANALYZE t;
      CREATE INDEX one ON t (a); CREATE INDEX two ON t (a)
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile("id,a\n1,5\n20001,5\n")
      #expect(done.status == .done)
      // The duplicate index is the doctor's business only.
      #expect(done.warnings.map(\.code) == ["unlogged_target", "foreign_key_without_index"])
      #expect(done.warnings.last?.sql == "CREATE INDEX CONCURRENTLY ON public.c (t);")
      try await bench.connection.execute("CREATE INDEX ON c (t)")
      let again = try await bench.importFile("id,a\n1,6\n")
      #expect(again.warnings.map(\.code) == ["unlogged_target"])
    }
  }

  @Test("however many partitions and references there are, an import's object has a few remarks")
  func many() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id);
      DO $$ BEGIN FOR n IN 1..30 LOOP
        EXECUTE format('CREATE UNLOGGED TABLE t_%s PARTITION OF t FOR VALUES FROM (%s) TO (%s)', n, n, n + 1);
        EXECUTE format('CREATE UNLOGGED TABLE o_%s (t int REFERENCES t)', n);
        EXECUTE format('INSERT INTO o_%s SELECT NULL FROM generate_series(1, 5000)', n);
      END LOOP; END $$;
      """
    try await ImportBench.run(setUp) { bench in
      let target = try #require(
        try await TargetCatalog().table(named: "public.t", on: bench.connection))
      let found = try await ImportWarnings(target: target, mode: .upsert, fileBytes: 1)
        .read(on: bench.connection)
      #expect(found.count == 21)
      #expect(found.last?.code == "more_warnings")
      let lines = found.first { $0.code == "unlogged_target" }?.sql?.split(separator: "\n")
      #expect(lines?.count == 21)
      #expect(lines?.last == "-- and 10 more like these")
    }
  }

  @Test("a file that fills max_wal_size is told so, with a size that does")
  func largeFile() async throws {
    try await ImportBench.run("CREATE TABLE t (id int PRIMARY KEY)") { bench in
      let target = try #require(
        try await TargetCatalog().table(named: "public.t", on: bench.connection))
      func sql(_ bytes: Int64) async throws -> String? {
        let look = ImportWarnings(target: target, mode: .upsert, fileBytes: bytes)
        return try await look.read(on: bench.connection)
          .first { $0.code == "max_wal_size_small" }?.sql
      }
      #expect(try await sql(100 << 20) == nil)
      // 3 times the file between two checkpoints, and those come at 53 % of it.
      #expect(
        try await sql(4 << 30)
          == "ALTER SYSTEM SET max_wal_size = '32GB';\nSELECT pg_reload_conf();")
    }
  }

  @Test("a session that forgot its transaction is named, and can be ended")
  func oldSnapshot() async throws {
    try await ImportBench.run("CREATE TABLE t (id int PRIMARY KEY)") { bench in
      var limits = Thresholds()
      limits.oldSnapshotSeconds = 0
      let set = limits
      var configuration = bench.database
      configuration.applicationName = "forgetful"
      let other = try await PostgresConnection.connect(configuration, logger: TestDatabase.logger)
      _ = try await other.query("BEGIN ISOLATION LEVEL REPEATABLE READ")
      _ = try await other.query("SELECT FROM t")
      func mine() async throws -> Finding? {
        try await Self.findings(bench.connection, set)
          .first { $0.code == "old_snapshot" && $0.message.contains("forgetful, idle in") }
      }
      try await Self.run(try #require(try await mine()), on: bench.connection)
      try await eventually("the session is gone") { try await mine() == nil }
      await other.close()
    }
  }

  @Test("a slot that nobody reads from is named, and can be dropped")
  func idleSlot() async throws {
    try await ImportBench.run("CREATE TABLE t (id int PRIMARY KEY)") { bench in
      let name = TestDatabase.uniqueName()
      _ = try await bench.connection.query(
        "SELECT pg_create_physical_replication_slot($1, true)", [.text(name)])
      var limits = Thresholds()
      limits.slotBytes = 0
      let set = limits
      func mine() async throws -> Finding? {
        try await Self.findings(bench.connection, set)
          .first { $0.code == "replication_slot" && $0.message.contains(name) }
      }
      try await Self.run(try #require(try await mine()), on: bench.connection)
      #expect(try await mine() == nil)
      #expect(
        try await !Self.findings(bench.connection).contains { $0.code == "replication_slot" })
    }
  }

  @Test("rights that are missing are named one by one, and granted by the SQL")
  func rights() async throws {
    try await RoleBench.run(
      "CREATE TABLE t (id int PRIMARY KEY)", grants: "GRANT SELECT, INSERT ON t TO %"
    ) { bench in
      let own = try await PostgresConnection.connect(bench.database, logger: TestDatabase.logger)
      let found = try await Self.findings(own)
      let rights = found.filter { $0.code == "missing_right" }
      #expect(
        rights.map { $0.sql?.split(separator: " ").prefix(4).joined(separator: " ") } == [
          "GRANT UPDATE ON public.t", "GRANT DELETE ON public.t",
        ])
      #expect(found.contains { $0.code == "not_owner" && $0.sql == nil })
      for finding in rights { try await Self.run(finding, on: bench.connection) }
      let hidden = try #require(found.first { $0.code == "statistics_hidden" })
      try await Self.run(hidden, on: bench.connection)
      let left = Set(try await Self.findings(own).map(\.code))
      #expect(left.isDisjoint(with: ["missing_right", "statistics_hidden"]))
      await own.close()
    }
  }

  @Test("a role without rights on the schema of Sluice is told which it needs")
  func closedSchema() async throws {
    try await RoleBench.run(
      "CREATE TABLE t (id int PRIMARY KEY)", grants: "GRANT ALL ON t TO %"
    ) { bench in
      let role = try #require(bench.database.settings["role"])
      try await bench.connection.execute("REVOKE ALL ON ALL TABLES IN SCHEMA sluice FROM \(role)")
      try await bench.connection.execute("REVOKE CREATE ON SCHEMA sluice FROM \(role)")
      try await bench.connection.execute("GRANT SELECT ON sluice.schema_migrations TO \(role)")
      let own = try await PostgresConnection.connect(bench.database, logger: TestDatabase.logger)
      let closed = try #require(
        try await Self.findings(own).first { $0.code == "schema_closed" })
      #expect(closed.severity == .serious)
      try await Self.run(closed, on: bench.connection)
      #expect(try await !Self.findings(own).contains { $0.code == "schema_closed" })
      await own.close()
    }
  }

  @Test("imports that wait while nobody works are serious, and those past their time a warning")
  func waiting() async throws {
    try await ImportBench.run("CREATE TABLE t (id int PRIMARY KEY)") { bench in
      let waiting = try await bench.submit("id\n1\n", into: "public.t")
      let old = try await bench.submit("id\n2\n", into: "public.t")
      try await bench.connection.execute(
        """
        UPDATE sluice.imports SET available_at = clock_timestamp() - interval '1 hour'
         WHERE id = '\(waiting)';
        UPDATE sluice.imports SET status = 'cancelled',
               finished_at = clock_timestamp() - interval '3 days' WHERE id = '\(old)'
        """)
      let found = try await Self.findings(bench.connection)
      let noWorker = try #require(found.first { $0.code == "no_worker" })
      #expect(noWorker.severity == .serious)
      #expect(noWorker.message.hasPrefix("1 import waits, the longest for 60 min"))
      #expect(found.contains { $0.code == "imports_expired" })
      // Its file is elsewhere.
      #expect(found.contains { $0.code == "spool_missing" && $0.severity == .serious })
    }
  }
}
