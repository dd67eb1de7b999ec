import ImportModel
import Postgres
import TestSupport
import Testing

@testable import Validation

@Suite("empty fields and NULL")
struct NullRuleTests {
  static let types = [
    "text", "varchar(3)", "char(3)", "integer", "boolean", "numeric", "date", "json", "jsonb",
    "bytea",
    "uuid", "inet", "aclitem", "text_domain", "checked_text", "checked_integer", "citext",
  ]
  static let setUp = """
    CREATE SCHEMA app;
    SET search_path = app, public;
    CREATE EXTENSION citext SCHEMA public;
    CREATE DOMAIN text_domain AS text;
    CREATE DOMAIN checked_text AS text CHECK (VALUE <> 'bad');
    CREATE DOMAIN checked_integer AS integer CHECK (VALUE <> 13);
    """

  @Test("quoted and empty is text in text columns and NULL elsewhere", arguments: types)
  func emptyFields(type: String) async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(Self.setUp + "CREATE TABLE app.t (v \(type))")
      let outcome = try await bench.validate(
        [TestRow([""]), TestRow([.quoted("")])], header: ["v"], table: "app.t")
      #expect(outcome.rejects == [])
      let loaded = try await bench.load(outcome)
      let texts = ["text", "varchar(3)", "text_domain", "checked_text", "citext"]
      let quoted: String? = texts.contains(type) ? "" : type == "char(3)" ? "" : nil
      #expect(loaded[1] == [nil])
      #expect(loaded[2] == [quoted])
    }
  }

  @Test("null words count without quotes only, and exactly", arguments: types)
  func nullWords(type: String) async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(Self.setUp + "CREATE TABLE app.t (v \(type))")
      let long = String(repeating: "-", count: 70)
      let outcome = try await bench.validate(
        [
          TestRow(["NA"]), TestRow([.plain("NULL")]), TestRow([.plain(long)]),
          TestRow([.quoted("NA")]), TestRow(["na"]),
        ], header: ["v"], table: "app.t", nullWords: ["NA", "NULL", "", long])
      let loaded = try await bench.load(outcome)
      for row in Int64(1)...3 { #expect(loaded[row] == [nil]) }
      for row in Int64(4)...5 {
        #expect(loaded[row].map { $0 != [nil] } ?? true, "\(row) is no NULL")
      }
    }
  }

  @Test("NULL in a column that must have a value is rejected as required", arguments: types)
  func required(type: String) async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(Self.setUp + "CREATE TABLE app.t (v \(type) NOT NULL)")
      let outcome = try await bench.validate([TestRow([""])], header: ["v"], table: "app.t")
      #expect(outcome.rejects.map(\.code) == [.required])
      #expect(
        outcome.rejects.first?.message == "null value in column \"v\" violates not-null constraint")
    }
  }

  @Test("a domain may refuse NULL by NOT NULL or by a CHECK")
  func domainsRefuseNull() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(
        """
        CREATE SCHEMA app;
        CREATE DOMAIN app.a AS integer NOT NULL;
        CREATE DOMAIN app.b AS app.a;
        CREATE DOMAIN app.c AS text CONSTRAINT has_value CHECK (VALUE IS NOT NULL);
        CREATE TABLE app.t (a app.a, b app.b, c app.c);
        """)
      let outcome = try await bench.validate(
        [TestRow(["", "", ""]), TestRow(["1", "2", .quoted("")])], header: ["a", "b", "c"],
        table: "app.t")
      #expect(outcome.rejects.map(\.code) == [.required, .required, .check])
      #expect(outcome.rejects.last?.message.contains("has_value") == true)
      #expect(try await bench.load(outcome)[2] == ["1", "2", ""])
    }
  }
}
