import ImportModel
import Merging
import Postgres
import Testing
import Validation

@Suite("Tables that cannot be replaced")
struct ReplaceObstaclesTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let setUp: String
    let reason: String
    var testDescription: String { reason }
  }

  static let cases = [
    Case(setUp: "CREATE TABLE t (id int) PARTITION BY RANGE (id)", reason: "it is partitioned"),
    Case(
      setUp: "CREATE TABLE t (id int); CREATE TABLE c () INHERITS (t)", reason: "c inherits from it"
    ),
    Case(
      setUp: "CREATE TABLE p (id int); CREATE TABLE t () INHERITS (p)", reason: "it inherits from p"
    ),
    Case(
      setUp: "CREATE TABLE t (id int); CREATE MATERIALIZED VIEW m AS SELECT * FROM t",
      reason: "materialized view m depends on it"),
    Case(
      setUp:
        "CREATE TABLE t (id int); CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM t; END",
      reason: "function f() depends on it"),
    Case(
      setUp: "CREATE TABLE t (id int); CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT 1'",
      reason: "function f(t) uses its row type"),
    Case(
      setUp: "CREATE TABLE t (id int); CREATE TABLE o (whole t[])",
      reason: "column whole of table o uses its row type"),
    Case(
      setUp: "CREATE TABLE t (id int); CREATE VIEW v AS SELECT t FROM t",
      reason: "column t of view v uses its row type"),
    Case(
      setUp: """
        CREATE TABLE t (id int); CREATE TABLE o (id int);
        CREATE RULE also AS ON INSERT TO o DO ALSO INSERT INTO t VALUES (NEW.id)
        """, reason: "rule also on table o depends on it"),
    Case(
      setUp: """
        CREATE TABLE t (id int); CREATE TABLE o (id int);
        CREATE POLICY seen ON o USING (EXISTS (SELECT FROM t WHERE t.id = o.id))
        """, reason: "policy seen on table o depends on it"),
    Case(
      setUp: """
        CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY);
        CREATE TABLE o (id int DEFAULT nextval('t_id_seq'))
        """, reason: "default value for column id of table o depends on it"),
    Case(
      setUp: """
        CREATE TABLE t (id int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE CONSTRAINT TRIGGER each AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()
        """, reason: "constraint trigger each looks at each row"),
    Case(
      setUp: """
        CREATE TABLE w (id int PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE t PARTITION OF w FOR VALUES FROM (0) TO (9);
        CREATE TABLE o (w int REFERENCES w)
        """, reason: "foreign keys refer to w, whose partition it is"),
    Case(
      setUp:
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE o (t int REFERENCES t); ALTER TABLE o DISABLE TRIGGER ALL",
      reason: "foreign keys of o are disabled"),
    Case(
      setUp: "CREATE TABLE t (id int); CREATE PUBLICATION everything FOR ALL TABLES",
      reason: "the publication everything sends all tables"),
    Case(
      setUp: """
        CREATE TABLE w (id int PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE t PARTITION OF w FOR VALUES FROM (0) TO (9);
        CREATE PUBLICATION "Both" FOR TABLE w, t WHERE (id > 3) WITH (publish_via_partition_root)
        """, reason: "the publication \"Both\" filters its rows"),
    Case(
      setUp: "CREATE TABLE t (id int, a int, CONSTRAINT whole CHECK (t IS NOT NULL))",
      reason: "its constraint whole looks at rows as a whole"),
    Case(
      setUp: "CREATE TABLE t (id int); CREATE INDEX \"By all\" ON t (hash_record(t))",
      reason: "its index \"By all\" looks at rows as a whole"),
    Case(
      setUp: """
        CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1);
        UPDATE pg_index SET indisvalid = false WHERE false;
        CREATE INDEX i ON t (id); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass
        """, reason: "its index i is not valid"),
  ]

  @Test("each is refused with its reason", arguments: cases)
  func reasons(refused: Case) async throws {
    try await ImportBench.run(refused.setUp) { bench in
      let message = try await message(of: "public.t", bench.connection)
      #expect(message?.contains(refused.reason) == true, "\(message ?? "it is not refused")")
    }
  }

  @Test("a role that does not own the table may not replace it, nor one that may create nothing")
  func rights() async throws {
    let setUp = """
      DO $$ BEGIN CREATE ROLE sluice_other; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$;
      CREATE TABLE t (id int); GRANT ALL ON t TO sluice_other; GRANT USAGE ON SCHEMA public TO sluice_other;
      REVOKE CREATE ON SCHEMA public FROM PUBLIC; SET ROLE sluice_other
      """
    try await ImportBench.run(setUp) { bench in
      var message = try await message(of: "public.t", bench.connection)
      #expect(
        message?.contains("sluice_other is no member of that role") == true, "\(message ?? "")")
      try await bench.connection.execute(
        "RESET ROLE; ALTER TABLE t OWNER TO sluice_other; SET ROLE sluice_other")
      message = try await self.message(of: "public.t", bench.connection)
      #expect(
        message?.contains("sluice_other may create nothing in the schema public") == true,
        "\(message ?? "")")
      try await bench.connection.execute("RESET ROLE")
    }
  }

  private func message(of name: String, _ connection: PostgresConnection) async throws -> String? {
    guard let target = try await TargetCatalog().table(named: name, on: connection) else {
      throw ImportBenchError("there is no \(name)")
    }
    do {
      try await ReplaceObstacles.check(target, on: connection)
      return nil
    } catch let failure as ImportFailure {
      return failure.message
    }
  }
}
