import ImportModel
import Postgres
import Queue
import TestSupport
import Testing

@testable import Validation

@Suite("the arbiter")
struct ArbiterTests {
  static let inet = ColumnType(oid: 869, sqlName: "inet", base: .other)

  @Test("usual values of the core types need no question")
  func asksNothing() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(
        """
        CREATE TYPE mood AS ENUM ('ok');
        CREATE TABLE t (a smallint, b integer, c bigint, d boolean, e text, f varchar(9), g char(9),
          h uuid, i bytea, j json, k jsonb, l mood, m numeric(9,2), n real, o double precision, p date,
          q time, r timestamp, s timestamptz, u interval)
        """)
      let table = try await bench.table("public.t")
      let header = table.columns.map(\.name)
      let validator = try BatchValidator(
        table: table, mapping: try HeaderMapping().resolve(header: header, table: table),
        options: ValidationOptions(settings: try await .read(on: bench.connection)),
        arbiter: Arbiter(connection: bench.connection))
      await bench.connection.close()
      let row = TestRow([
        "1", "-2", "3", "yes", "é", "x", "y", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "\\x00ff",
        "{\"a\":[1,\"x\"]}", "[1.5,null,\"\\u00e9\\ud83d\\ude00\"]", "ok", "12.34", "1.5", "2.5e3",
        "2024-02-29", "12:30:00",
        "2024-02-29 12:30:00", "2024-02-29T12:30:00Z", "1 day",
      ])
      var output = EncodedBatch()
      try await validator.encode(
        .of([row], fieldsPerRow: header.count), start: FilePosition(), into: &output)
      #expect(output.rowsOK == 1)
    }
  }

  @Test("the bad values of a large set are found, the others converted")
  func findsTheBadOnes() async throws {
    try await ValidationBench.run { bench in
      let values: [String?] = (0..<1_500).map { index in
        index % 211 == 7
          ? "bad \(index)" : index % 97 == 3 ? nil : "10.0.\(index / 256).\(index % 256)"
      }
      let judgements = try await Arbiter(connection: bench.connection).judge(values, as: Self.inet)
      #expect(judgements.count == values.count)
      for (value, judgement) in zip(values, judgements) {
        switch judgement {
        case .value(let bytes):
          #expect(value == "10.0.\(bytes[6]).\(bytes[7])")
        case .refused(let refusal):
          #expect(refusal.code == .type)
          #expect(refusal.message == "invalid input syntax for type inet: \"\(value ?? "")\"")
        case .null:
          #expect(value == nil)
        case .accepted:
          Issue.record("inet has a binary form")
        }
      }
    }
  }

  @Test("more doubtful values than a set holds are all decided, equal ones alike")
  func severalSets() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute("CREATE TABLE t (a inet, b integer)")
      let count = Docket.valueLimit * 2 + 10
      let rows = (0..<count).map { index in
        TestRow([.plain(index % 1_000 == 0 ? "x" : "10.1.\(index / 250).\(index % 250)"), "1"])
      }
      let outcome = try await bench.validate(
        rows + rows, header: ["a", "b"], table: "public.t")
      let bad = (0..<count * 2).filter { $0 % count % 1_000 == 0 }.map { Int64($0 + 1) }
      #expect(outcome.rejects.map(\.row) == bad)
      let loaded = try await bench.load(outcome)
      #expect(loaded.count == count * 2 - bad.count)
      for index in 0..<count where index % 1_000 != 0 {
        let expected = "10.1.\(index / 250).\(index % 250)/32"
        #expect(loaded[Int64(index + 1)]?[0] == expected)
        #expect(loaded[Int64(count + index + 1)]?[0] == expected)
      }
    }
  }

  @Test("a value that a CHECK of a domain refuses is a reject that names the constraint")
  func domainCheck() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(
        """
        CREATE DOMAIN positive AS integer CONSTRAINT is_positive CHECK (VALUE > 0);
        CREATE TABLE t (v positive)
        """)
      let outcome = try await bench.validate(
        [TestRow(["5"]), TestRow(["-5"]), TestRow([""])], header: ["v"], table: "public.t")
      #expect(outcome.rejects.map(\.row) == [2])
      #expect(outcome.rejects.first?.code == .check)
      #expect(
        outcome.rejects.first?.message
          == "value for domain positive violates check constraint \"is_positive\"")
      #expect(try await bench.load(outcome) == [1: ["5"], 3: [nil]])
    }
  }

  @Test("characters that the database's encoding lacks cost the value, not the set")
  func otherEncoding() async throws {
    let name = TestDatabase.uniqueName()
    try await ValidationBench.run { bench in
      try await bench.execute(
        "CREATE DATABASE \(name) ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
      let own = try await TestDatabase.connect(
        try TestDatabase.configuration().replacing(database: name))
      _ = try await SluiceSchema.migrator.migrate(on: own)
      let type = ColumnType(oid: 19, sqlName: "name", base: .other)
      let judgements = try await Arbiter(connection: own).judge(["a", "日", "é"], as: type)
      #expect(judgements.count == 3)
      #expect(judgements[0] == .value(Array("a".utf8)))
      #expect(judgements[2] != judgements[1])
      if case .refused(let refusal) = judgements[1] {
        #expect(refusal.code == .badEncoding)
      } else {
        Issue.record("LATIN1 has no 日")
      }
      await own.close()
      try await bench.execute("DROP DATABASE \(name)")
    }
  }

  @Test("the functions do not depend on the search path, and names in it cannot take them in")
  func searchPath() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(
        """
        CREATE SCHEMA evil;
        CREATE FUNCTION evil.format(text, text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'boom' $$;
        CREATE FUNCTION evil.inet_send(inet) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$;
        CREATE FUNCTION evil.eq(oid, oid) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
        CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.eq);
        SET search_path = evil, pg_catalog;
        """)
      let judgements = try await Arbiter(connection: bench.connection).judge(
        ["10.0.0.1"], as: Self.inet)
      #expect(judgements == [.value([2, 32, 0, 4, 10, 0, 0, 1])])
    }
  }

  @Test("failures that are not the value's own end the import, not the value")
  func cancelled() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(
        """
        CREATE FUNCTION slow(integer) RETURNS boolean LANGUAGE plpgsql
          AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'disk full'; END $$;
        CREATE DOMAIN slow AS integer CHECK (slow(VALUE));
        CREATE TABLE t (v slow)
        """)
      await #expect(throws: PostgresError.self) {
        _ = try await bench.validate([TestRow(["5"])], header: ["v"], table: "public.t")
      }
    }
  }

  @Test("SQLSTATEs become the codes of the contract, unknown ones with the SQLSTATE")
  func codes() {
    #expect(Refusal(sqlState: "22003", message: "m", detail: "d.").message == "m. d.")
    #expect(Refusal(sqlState: "22001", message: "m", detail: nil).code == .tooLong)
    #expect(Refusal(sqlState: "23514", message: "m", detail: nil).code == .check)
    let unknown = Refusal(sqlState: "42704", message: "no such role", detail: nil)
    #expect(unknown == Refusal(code: .database, message: "no such role (SQLSTATE 42704)"))
  }
}
