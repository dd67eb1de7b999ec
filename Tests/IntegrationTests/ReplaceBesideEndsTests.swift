import ImportModel
import Postgres
import TestSupport
import Testing

@testable import Merging

@Suite("A stand-in that two sessions have filled in vain")
struct ReplaceBesideEndsTests {
  private static let table = ReplaceBesideTests.table
  private static let rows = ReplaceBesideTests.rows

  @Test(
    "is given up where the table was altered since: what takes its place is as the table is now")
  func altered() async throws {
    try await ImportBench.run(Self.table) { bench in
      let request = try await bench.stagedForReplacement(Self.rows)
      let helper = try await TestDatabase.connect(bench.database)
      let outcome = try await bench.merger(request, helpedBy: helper) { _ in
        _ = try await bench.pool.query("ALTER TABLE t ALTER a SET STATISTICS 77")
      }.run()
      #expect(outcome.counts.inserted == Int64(Self.rows))
      #expect(try await !bench.wasFilledBeside())
      let statistics =
        "SELECT attstattarget FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'a'"
      #expect(try await bench.rows(statistics) == ["77"])
      #expect(try await bench.leftTables(of: "beside") == [])
      await helper.close()
    }
  }

  @Test(
    "is nobody's where the lease passes on or the import is called off: the table is as it was",
    arguments: ["lease_id = gen_random_uuid()", "cancel_requested = true"])
  func fenced(change: String) async throws {
    try await ImportBench.run(Self.table) { bench in
      let old = try await bench.content()
      let before = try bench.dump()
      let request = try await bench.stagedForReplacement(Self.rows)
      let helper = try await TestDatabase.connect(bench.database)
      let merger = bench.merger(request, helpedBy: helper) { progress in
        guard progress.isFinalizing else { return }
        // Others see it, but nobody asks for it.
        let seen = try await bench.pool.query(
          "SELECT to_regclass($1) IS NOT NULL AS seen",
          [.text(StandIn.beside(request.lease).name)])
        #expect(try seen.rows[0].bool("seen"))
        _ = try await bench.pool.query("UPDATE sluice.imports SET \(change)")
      }
      await #expect(throws: LeaseLost.self) { try await merger.run() }
      #expect(try await bench.content() == old)
      #expect(try bench.dump() == before)
      #expect(try await bench.count("sluice.undo") == 0)
      #expect(try await bench.leftTables(of: "beside") == [])
      await helper.close()
    }
  }

  @Test(
    "is counted before it takes the place: rows that somebody has taken out since keep the table")
  func counted() async throws {
    let setUp = """
      CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1);
      CREATE FUNCTION bite() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE made regclass; BEGIN
        SELECT i.indrelid INTO made FROM pg_event_trigger_ddl_commands() c
          JOIN pg_index i ON i.indexrelid = c.objid WHERE c.object_identity LIKE 'sluice.beside_%';
        IF FOUND THEN EXECUTE format('DELETE FROM %s WHERE id = 7', made); END IF;
      END $$;
      CREATE EVENT TRIGGER bite ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
        EXECUTE FUNCTION bite();
      """
    try await ImportBench.run(setUp) { bench in
      let failed = try await bench.replaceBeside(
        (1...Self.rows).reduce(into: "id\n") { $0 += "\($1)\n" })
      #expect(failed.failure?.code == .notConserved, "\(String(describing: failed.failure))")
      #expect(try await bench.rows("SELECT * FROM t") == ["1"])
      #expect(try await bench.leftTables(of: "beside|replace|undo") == [])
    }
  }

  @Test("is dropped where the task is cancelled while its indexes are built")
  func cancelled() async throws {
    let setUp = """
      CREATE FUNCTION held(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
        IF $1 = 777 THEN PERFORM pg_advisory_xact_lock_shared(4711); END IF;
        RETURN $1; END $$;
      \(Self.table);
      CREATE INDEX slow ON t (held(id))
      """
    try await ImportBench.run(setUp) { bench in
      let request = try await bench.stagedForReplacement(Self.rows)
      let helper = try await TestDatabase.connect(bench.database)
      try await bench.holding("SELECT pg_advisory_xact_lock(4711)") {
        let merging = Task { try await bench.merger(request, helpedBy: helper).run() }
        try await eventually("an index is held up") {
          try await !bench.pool.query(
            """
            SELECT FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND objid = 4711
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
          ).rows.isEmpty
        }
        merging.cancel()
        await #expect(throws: CancellationError.self) { try await merging.value }
      }
      #expect(try await bench.leftTables(of: "beside|replace|undo") == [])
      #expect(try await bench.count("t") == 10)
      await helper.close()
    }
  }

  @Test("is dropped where the locks cannot be had, and filled again by whoever tries again")
  func locked() async throws {
    try await ImportBench.run(Self.table) { bench in
      let request = try await bench.stagedForReplacement(Self.rows)
      let helper = try await TestDatabase.connect(bench.database)
      let merger = bench.merger(request, helpedBy: helper)
      try await bench.connection.execute("SET lock_timeout = '100ms'")
      try await bench.holding("LOCK TABLE t IN ACCESS SHARE MODE") {
        let error = await #expect(throws: PostgresError.self) { try await merger.run() }
        #expect(error?.sqlState == "55P03")
      }
      #expect(try await bench.leftTables(of: "beside|replace|undo") == [])
      #expect(try await bench.count("t") == 10)
      #expect(try await merger.run().counts.inserted == Int64(Self.rows))
      #expect(try await bench.wasFilledBeside())
      await helper.close()
    }
  }

  @Test("is swept once its attempt has ended, with all that belongs to it")
  func swept() async throws {
    let setUp = """
      CREATE TABLE t (
        "a column with a name of more than half the bytes" bigint GENERATED ALWAYS AS IDENTITY,
        id int PRIMARY KEY, up int REFERENCES t);
      CREATE STATISTICS two_columns ON id, up FROM t
      """
    try await ImportBench.run(setUp) { bench in
      let request = try await bench.stagedForReplacement(1)
      let lease = request.lease
      let standIn = StandIn.beside(lease)
      let names = [standIn.index(99_999), standIn.statistics(99_999), standIn.referrer(99_999)]
      #expect(names.allSatisfy { $0.utf8.count <= 63 })
      let everything = """
        SELECT relname FROM pg_class WHERE relname LIKE 'beside_%'
        UNION ALL SELECT stxname FROM pg_statistic_ext WHERE stxname LIKE 'beside_%'
        """
      // As a worker leaves it that was killed.
      let make = {
        try await bench.connection.transaction { connection in
          let model = try await TableModel.read(of: request.target, on: connection)
          let build = StandInBuild(
            target: request.target, model: model, standIn: standIn, connection: connection)
          try await build.make()
          try await build.makeIndexes()
          try await build.makeReferences(areNew: true)
          try await build.makeStatistics()
        }
      }
      try await make()
      #expect(try await bench.rows(everything).count == 4)
      #expect(try await BesideTables.leftovers(on: bench.connection) == [])
      _ = try await bench.pool.query("UPDATE sluice.imports SET lease_id = gen_random_uuid()")
      let left = try await BesideTables.leftovers(on: bench.connection)
      #expect(left.count == 1)
      for name in left { try await BesideTables.sweep(name, on: bench.connection) }
      #expect(try await bench.rows(everything) == [])
      try await make()
      await BesideTables.abandon(of: lease, on: bench.connection)
      #expect(try await bench.rows(everything) == [])
    }
  }
}
