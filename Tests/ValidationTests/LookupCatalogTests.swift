import ImportModel
import Testing

@testable import Validation

@Suite("the catalog of lookups")
struct LookupCatalogTests {
  private static let schema = """
    CREATE EXTENSION citext;
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE DOMAIN mail AS citext NOT NULL CHECK (VALUE LIKE '%@%');
    CREATE TABLE people (
      id bigint PRIMARY KEY, number integer NOT NULL UNIQUE, label varchar(20) NOT NULL UNIQUE,
      a text UNIQUE, b varchar(9), c mail, d numeric(6,2), e mood, f char(4), g integer[], h int4range,
      i timestamp(0), j text COLLATE "C", k text, l text, m text, n bytea, o json, p inet,
      UNIQUE (number, label));
    CREATE UNIQUE INDEX ON people (k COLLATE "C");
    CREATE UNIQUE INDEX ON people (l) WHERE l <> '';
    CREATE UNIQUE INDEX ON people (lower(m));
    CREATE UNIQUE INDEX ON people (m, l);
    CREATE UNIQUE INDEX ON people (b) INCLUDE (m);
    CREATE TABLE cities (id integer PRIMARY KEY, name text) PARTITION BY RANGE (id);
    CREATE TABLE towns () INHERITS (people);
    CREATE TABLE t (
      id integer PRIMARY KEY REFERENCES people, small smallint REFERENCES people (number),
      tag text REFERENCES people (label), number integer, label varchar(20), other integer, far date,
      FOREIGN KEY (number, label) REFERENCES people (number, label));
    """

  private func lookup(
    _ bench: ValidationBench, _ column: String, _ lookup: String
  ) async throws -> ColumnLookup {
    let found = try await LookupCatalog().lookups(
      of: ["x": MappingEntry(column: column, lookup: lookup), "y": "id", "z": nil],
      into: try await bench.table("public.t"), on: bench.connection)
    return try #require(found.first)
  }

  @Test("a key has its column's type without domain and length, and that type's equality")
  func keys() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(Self.schema)
      let text = "OPERATOR(pg_catalog.=)"
      let expected: [(String, String, BaseType, String, Bool)] = [
        ("a", "text", .text, text, true),
        ("b", "character varying", .varchar(limit: nil), text, true),
        ("c", "public.citext", .text, "OPERATOR(public.=)", false),
        ("d", "numeric", .numeric(precision: nil, scale: nil), text, false),
        ("e", "public.mood", .enumeration(labels: ["sad", "ok"]), text, false),
        ("f", "bpchar", .varchar(limit: nil), text, false),
        ("g", "integer[]", .other, text, false), ("h", "int4range", .other, text, false),
        ("i", "timestamp without time zone", .timestamp(precision: nil), text, false),
        ("k", "text", .text, text, false), ("l", "text", .text, text, false),
        ("m", "text", .text, text, false), ("n", "bytea", .bytea, text, false),
        ("p", "inet", .other, text, false),
      ]
      for (name, type, base, equality, isUnique) in expected {
        let key = try await lookup(bench, "other", "public.people.\(name)").key
        #expect((key.name, key.type.sqlName, key.type.base) == (name, type, base))
        #expect((key.equality, key.isUnique, key.collation) == (equality, isUnique, nil), "\(name)")
        #expect(!key.type.hasDomainChecks && key.type.modifier == -1)
      }
      let collation = try await lookup(bench, "other", "public.people.j").key.collation
      #expect(collation == #"pg_catalog."C""#)
    }
  }

  @Test("the value is what the foreign key refers to, or else the primary key")
  func values() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(Self.schema)
      let expected: [(String, ColumnLookup.Value)] = [
        ("id", ColumnLookup.Value(name: "id", sqlType: "bigint", castTo: "integer")),
        ("small", ColumnLookup.Value(name: "number", sqlType: "integer", castTo: "smallint")),
        ("tag", ColumnLookup.Value(name: "label", sqlType: "character varying", castTo: "text")),
        ("number", ColumnLookup.Value(name: "number", sqlType: "integer")),
        ("label", ColumnLookup.Value(name: "label", sqlType: "character varying")),
        ("other", ColumnLookup.Value(name: "id", sqlType: "bigint", castTo: "integer")),
      ]
      for (column, value) in expected {
        let found = try await lookup(bench, column, "public.people.a")
        #expect(found.value == value)
        // Rows of tables that inherit are none that a foreign key knows.
        #expect(found.source == #"ONLY "public"."people""#)
      }
      let partitioned = try await lookup(bench, "other", "public.cities.name").source
      #expect(partitioned == #""public"."cities""#)
    }
  }

  @Test(
    "what cannot be looked up is refused with its reason",
    arguments: [
      ("other", "public.people.o", "cannot be compared"),
      ("far", "public.people.a", "does not fit"),
      ("tag", "public.cities.name", "does not fit"), ("other", "public.towns.a", "primary key"),
      ("other", "public.people.z", "has no column"), ("other", "public.pets.a", "no table"),
      ("other", "pg_catalog.pg_class.relname", "no table"), ("other", "a.b", "no name of a column"),
    ])
  func refused(column: String, name: String, says: String) async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(Self.schema)
      let error = try await #require(throws: OptionError.self) {
        try await lookup(bench, column, name)
      }
      #expect(error.option == "mapping")
      #expect(error.message.contains(says), "\(error.message)")
    }
  }
}
