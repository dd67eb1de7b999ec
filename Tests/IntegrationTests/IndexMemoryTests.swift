import ImportModel
import Postgres
import Testing

@testable import Merging

@Suite("The memory that indexes are made in")
struct IndexMemoryTests {
  /// Expressions that leave behind how much memory their indexes were made in, and how many processes the table asked
  /// for: sequences forget nothing, whatever the transaction comes to.
  private static let tables = """
    CREATE SEQUENCE sorted;
    CREATE SEQUENCE hashed;
    CREATE SEQUENCE workers MINVALUE 0 START 0;
    CREATE FUNCTION seen(sequence text, id bigint) RETURNS bigint IMMUTABLE LANGUAGE plpgsql AS $$
    BEGIN
      -- Statistics of the expression are asked for as well.
      PERFORM setval('public.' || sequence, pg_size_bytes(current_setting('maintenance_work_mem')) / 1048576)
        WHERE starts_with(current_query(), 'CREATE INDEX');
      PERFORM setval('public.workers', split_part(o, '=', 2)::bigint)
        FROM pg_class AS c, unnest(c.reloptions) AS o
        WHERE c.relname = 'it''s' AND starts_with(o, 'parallel_workers=')
          AND starts_with(current_query(), 'CREATE INDEX');
      RETURN id;
    END $$;
    CREATE TABLE "it's" (id bigint PRIMARY KEY, rest text) WITH (fillfactor = 90);
    CREATE INDEX a_hashed ON "it's" USING hash (seen('hashed', id));
    CREATE INDEX b_sorted ON "it's" (seen('sorted', id));
    CREATE INDEX c_hashed ON "it's" USING hash (id);
    """

  private static func megabytes(_ bench: ImportBench) async throws -> [String] {
    try await bench.rows("SELECT a.last_value, b.last_value FROM sorted a, hashed b")
  }

  private static let file = (1...Int(IndexesAside.leastRows)).reduce(into: "id\n") {
    $0 += "\($1)\n"
  }

  @Test(
    "is little for a B-tree, and for others what the administrator says, if that is not less",
    arguments: [(nil, "256"), ("64MB", "256"), ("1GB", "1024")])
  func aside(told: String?, others: String) async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.tables)
      if let told {
        let name = try await bench.rows("SELECT quote_ident(current_database())")[0]
        try await bench.connection.execute(
          "ALTER DATABASE \(name) SET maintenance_work_mem = '\(told)'")
      }
      let done = try await bench.importFile(Self.file, into: "public.it's")
      #expect(done.status == .done)
      #expect(try await bench.record(done.id).plan?.name == "load_then_index")
      #expect(try await Self.megabytes(bench) == ["64|\(others)"])
    }
  }

  @Test(
    "is less where Postgres would take a second process, which helps all the same",
    arguments: [(nil, "16|256|1"), (3, "64|256|3")])
  func helped(own: Int?, seen: String) async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.tables)
      if let own {
        try await bench.connection.execute("ALTER TABLE \"it's\" SET (parallel_workers = \(own))")
      }
      let options = "SELECT reloptions FROM pg_class WHERE relname = 'it''s'"
      let before = try await bench.rows(options)
      let rest = String(repeating: "x", count: 900)
      let file = (1...Int(IndexesAside.leastRows)).reduce(into: "id,rest\n") {
        $0 += "\($1),\(rest)\n"
      }
      let done = try await bench.importFile(file, into: "public.it's")
      #expect(done.status == .done)
      #expect(
        try await bench.rows(
          "SELECT a.last_value, b.last_value, c.last_value FROM sorted a, hashed b, workers c")
          == [seen])
      #expect(try await bench.rows(options) == before)
    }
  }

  @Test("is the same where the whole table is built anew")
  func replaced() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.tables)
      let done = try await bench.importFile(Self.file, into: "public.it's") { $0.mode = .replace }
      #expect(done.status == .done)
      #expect(try await Self.megabytes(bench) == ["64|256"])
    }
  }

  @Test("is more where one pass would not merge what was sorted")
  func large() async throws {
    try await ImportBench.run { bench in
      try await bench.connection.execute(Self.tables)
      try await bench.connection.execute("INSERT INTO \"it's\" SELECT generate_series(1, 1000)")
      let found = try await bench.connection.transaction { connection in
        try await connection.execute(
          IndexMemory.setting("USING btree (id)", of: "public.\"it's\"", onePass: "8kB"))
        return try await connection.query("SHOW maintenance_work_mem").rows[0]
          .string("maintenance_work_mem")
      }
      #expect(found == "256MB")
    }
  }
}
