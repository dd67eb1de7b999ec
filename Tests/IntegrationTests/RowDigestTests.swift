import Postgres
import TestSupport
import Testing

@testable import Merging

@Suite("The digest of a row")
struct RowDigestTests {
  private static let types = """
    CREATE EXTENSION citext; CREATE EXTENSION hstore;
    CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TYPE pair AS (n numeric, t text, f float8);
    CREATE TYPE span AS RANGE (subtype = numeric);
    CREATE DOMAIN price AS numeric(8,2);
    CREATE DOMAIN number AS numeric;
    CREATE DOMAIN other_number AS number
    """

  /// Values that differ, of one type; NULL is added to each.
  private static let values: [(type: String, values: [String])] = [
    ("int", ["0", "1", "-1", "65536"]), ("bigint", ["1", "4294967297"]), ("bool", ["t", "f"]),
    ("numeric", ["0.0001", "1", "1.0", "1.00", "10", "NaN", "0", "0.0", "Infinity"]),
    ("numeric(10,2)", ["1", "2", "NaN"]), ("price", ["1", "2"]), ("number", ["1", "1.0"]),
    ("other_number", ["1", "1.0"]), ("float8", ["0", "-0", "1", "1.0000000000000002", "NaN"]),
    ("float4", ["0", "-0", "1", "1.0000001"]), ("text", ["", " ", "a", "A", "a "]),
    ("varchar(9)", ["", "a", "A", "a "]), ("text COLLATE ci", ["a", "A", "b"]),
    ("char(3)", ["a", "A"]), ("bpchar", ["a", "a ", "A"]), ("char(3) COLLATE ci", ["a", "A"]),
    ("citext", ["a", "A"]), ("name", ["a", "A"]), ("mood", ["sad", "ok"]),
    ("json", [#"{"a":1}"#, #"{ "a":1}"#, #"{"a":1.0}"#]),
    ("jsonb", [#"{"a":1}"#, #"{"a":1.0}"#, #"{"a":"1"}"#, "null"]),
    ("xml", ["<a/>", "<a></a>"]), ("point", ["(0,0)", "(-0,0)", "(0,1)"]),
    ("box", ["(1,1),(0,0)", "(1,1),(-0,0)", "(2,0.5),(0,0)"]), ("polygon", ["(0,0)", "(-0,0)"]),
    ("int[]", ["{}", "{1,2}", "{{1,2}}", "[0:1]={1,2}", "{1,NULL}", "{NULL}", "{2,1}"]),
    ("text[]", ["{a}", "{A}", "{\"\"}", "{}"]), ("text[] COLLATE ci", ["{a}", "{A}"]),
    ("numeric[]", ["{1}", "{1.0}"]), ("numeric(9,1)[]", ["{1}", "{2}", "{NaN}", "{NULL}"]),
    ("number[]", ["{1}", "{1.0}"]), ("float8[]", ["{0}", "{-0}"]), ("mood[]", ["{ok}", "{sad}"]),
    ("pair", ["(1,a,0)", "(1.0,a,0)", "(1,A,0)", "(1,a,-0)", "(1,,0)"]),
    ("pair[]", ["{\"(1,a,0)\"}", "{\"(1.0,a,0)\"}"]), ("span", ["[1,2)", "[1.0,2)", "empty"]),
    ("nummultirange", ["{[1,2)}", "{[1.0,2)}", "{}"]), ("int4range", ["[1,2)", "[1,3)"]),
    ("tstzrange", ["[2026-01-01Z,)", "[2026-01-01 01:00Z,)"]),
    ("interval", ["24:00", "1 day", "30 days", "1 mon"]), ("time", ["00:00", "24:00"]),
    ("timetz", ["12:00+00", "13:00+01"]), ("timestamptz", ["2026-01-01Z", "2026-01-01 01:00Z"]),
    ("timestamp", ["2026-01-01", "infinity"]), ("date", ["2026-01-01", "infinity"]),
    ("bytea", ["\\x00", "\\x0000", ""]), ("bit(2)", ["01", "10"]), ("varbit", ["1", "10", ""]),
    ("money", ["1", "1.01"]), ("inet", ["10.0.0.1", "10.0.0.1/8"]), ("cidr", ["10.0.0.0/8"]),
    ("\"char\"", ["a", "b"]), ("uuid", ["00000000-0000-0000-0000-000000000001"]),
    ("hstore", ["a=>1", "a=>NULL"]),
    ("tsvector", ["a", "a:1"]), ("aclitem[]", ["{=r/postgres}", "{=w/postgres}"]),
    ("refcursor", ["a", "A"]), ("oidvector", ["1 2", "1"]), ("int2vector", ["1 2", "1"]),
  ]

  private static let settings = """
    SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601';
    SET extra_float_digits = -5; SET bytea_output = 'escape'; SET search_path = pg_catalog;
    SET lc_monetary = 'C'; SET xmloption = 'document'
    """

  @Test("rows that differ in any type have different digests, whatever the session's settings")
  func tellsApart() async throws {
    try await withTestDatabase { database in
      let connection = try await TestDatabase.connect(database)
      try await connection.execute(Self.types)
      for (type, values) in Self.values {
        try await connection.execute("DROP TABLE IF EXISTS public.t")
        try await connection.execute(
          "CREATE TABLE public.t (n int, gone int, v \(type)); ALTER TABLE public.t DROP gone")
        let quoted = values.map { "(1, '\($0)')" } + ["(1, NULL)"]
        let insert = "INSERT INTO public.t VALUES \(quoted.joined(separator: ", "))"
        try await connection.execute("\(insert); \(insert)")
        let oid = try await connection.query("SELECT 'public.t'::regclass::oid::bigint AS oid")
        let digest = try await RowDigest.read(
          UInt32(try oid.rows[0].int64("oid")), on: connection)
        #expect(digest.columnNames == ["n", "v"])
        let query = "SELECT \(digest.expression("t")) AS d FROM public.t ORDER BY ctid"
        let before = try await connection.query(query).rows.map { try $0.int64("d") }
        #expect(Set(before).count == values.count + 1, "\(type)")
        #expect(before.prefix(values.count + 1) == before.suffix(values.count + 1), "\(type)")
        try await connection.execute(Self.settings)
        let after = try await connection.query(query).rows.map { try $0.int64("d") }
        if type != "aclitem[]" { #expect(before == after, "\(type)") }
        try await connection.execute("RESET ALL")
      }
      await connection.close()
    }
  }

  @Test("columns are digested in their order, chosen ones alone, and as many as a table can have")
  func columns() async throws {
    try await withTestDatabase { database in
      let connection = try await TestDatabase.connect(database)
      let many = (1...1500).map { "c\($0) numeric" }.joined(separator: ", ")
      try await connection.execute(
        """
        CREATE TABLE public.t (\(many), twice numeric GENERATED ALWAYS AS (c1 * 2) STORED);
        INSERT INTO public.t (c1, c1500) VALUES (1, 1), (1, 2), (2, 1)
        """)
      let oid = UInt32(
        try await connection.query("SELECT 'public.t'::regclass::oid::bigint AS oid").rows[0]
          .int64("oid"))
      func distinct(_ digest: RowDigest) async throws -> Int {
        try await connection.query(
          "SELECT count(DISTINCT \(digest.expression("x"))) AS n FROM public.t x"
        ).rows[0].int("n")
      }
      let all = try await RowDigest.read(oid, on: connection)
      #expect(all.columnNames == (1...1500).map { "c\($0)" })
      #expect(try await distinct(all) == 3)
      let some = try await RowDigest.read(oid, only: ["c1500", "c1499", "gone"], on: connection)
      #expect(some.columnNames == ["c1499", "c1500"])
      #expect(try await distinct(some) == 2)
      #expect(try await distinct(RowDigest(columns: [])) == 1)
      await connection.close()
    }
  }
}
