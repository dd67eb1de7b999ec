import Postgres
import Queue
import Testing

@Suite("What the schema itself forbids")
struct SchemaTests {
  private static let lease = "lease_id = gen_random_uuid(), lease_expires_at = now()"

  @Test(
    "an import that cannot be",
    arguments: [
      "status = 'nonsense'", "status = 'parsing'", "finished_at = now()", "priority = 3",
      "status = 'done', finished_at = now(), rows_read = 3, rows_inserted = 2",
      lease, "status = 'parsing', lease_id = gen_random_uuid()", "lease_expires_at = now()",
      "status = 'failed'", "status = 'done', finished_at = now(), \(lease)", "priority = -1",
      "status = 'done', finished_at = now(), rows_read = 3, rows_inserted = 4",
      "status = 'done', finished_at = now(), rows_read = 3, rows_bad = 1, rows_ok = 2",
    ])
  func wrong(change: String) async throws {
    try await ImportBench.run { bench in
      _ = try await bench.submit("id\n1\n", into: "public.t")
      let error = await #expect(throws: PostgresError.self) {
        try await bench.connection.execute("UPDATE sluice.imports SET \(change)")
      }
      #expect(error?.sqlState == "23514")
    }
  }

  @Test("not one that runs, nor one that is done with each row accounted for")
  func right() async throws {
    try await ImportBench.run { bench in
      _ = try await bench.submit("id\n1\n", into: "public.t")
      try await bench.connection.execute(
        """
        UPDATE sluice.imports SET status = 'loading', \(Self.lease);
        UPDATE sluice.imports SET status = 'done', lease_id = NULL, lease_expires_at = NULL,
          finished_at = now(), rows_read = 15, rows_bad = 1, rows_skipped = 2, rows_inserted = 3,
          rows_updated = 4, rows_unchanged = 5
        """)
      #expect(try await bench.count("sluice.imports WHERE status = 'done'") == 1)
    }
  }

  @Test("two running imports into one target")
  func target() async throws {
    try await ImportBench.run { bench in
      for number in 1...2 { _ = try await bench.submit("id\n\(number)\n", into: "public.t") }
      let error = await #expect(throws: PostgresError.self) {
        try await bench.connection.execute(
          "UPDATE sluice.imports SET status = 'parsing', \(Self.lease)")
      }
      #expect(error?.constraint == "imports_running_target")
    }
  }

  @Test("anything at all, once it is taken down; and it comes up again")
  func migrations() async throws {
    try await ImportBench.run { bench in
      let objects = """
        (SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace('sluice')
            AND relname NOT LIKE 'schema_migrations%'
         UNION ALL SELECT oid FROM pg_proc WHERE pronamespace = to_regnamespace('sluice')) AS o
        """
      let before = try await bench.count(objects)
      #expect(before > 10)
      _ = try await SluiceSchema.migrator.migrate(on: bench.connection, to: 0)
      #expect(try await bench.count(objects) == 0)
      _ = try await SluiceSchema.migrator.migrate(on: bench.connection)
      #expect(try await bench.count(objects) == before)
      #expect(try await SluiceSchema.migrator.status(on: bench.connection).isCurrent)
    }
  }
}
