import ImportModel
import Postgres
import Testing

@Suite("A worker and the types of its target")
struct TargetTypesTests {
  private static let table = """
    CREATE TYPE public.mood AS ENUM ('sad', 'ok');
    CREATE DOMAIN public.price AS numeric(8,2) CHECK (value > 0);
    CREATE TABLE public.t (
      id bigint PRIMARY KEY, c_small smallint, c_int integer, c_real real, c_double double precision,
      c_numeric numeric, c_bool boolean, c_text text, c_varchar varchar(5), c_char char(4),
      c_date date, c_time time, c_timetz timetz, c_ts timestamp, c_tstz timestamptz,
      c_interval interval, c_uuid uuid, c_json json, c_jsonb jsonb, c_bytea bytea, c_mood public.mood,
      c_price public.price, c_inet inet, c_ints int4[], c_range tstzrange)
    """

  private static let values: [(column: String, text: String)] = [
    ("c_small", "-7"), ("c_int", "42"), ("c_real", "1.5"), ("c_double", "1e5"),
    ("c_numeric", "12345678901234567890.12345"), ("c_bool", "yes"), ("c_text", "a, \"b\"\nç"),
    ("c_varchar", "äöüß€"), ("c_char", "ab"), ("c_date", "2026-02-28"), ("c_time", "12:34:56.789"),
    ("c_timetz", "12:34:56+02"), ("c_ts", "infinity"), ("c_tstz", "2026-01-01T00:00:00Z"),
    ("c_interval", "1 mon 2 days 03:04:05"), ("c_uuid", "0189d1f0-0000-7000-8000-000000000000"),
    ("c_json", "{\"a\": [1, null]}"), ("c_jsonb", "{\"b\":1,\"a\":2}"), ("c_bytea", "\\x00ff"),
    ("c_mood", "ok"), ("c_price", "9.99"), ("c_inet", "10.0.0.1/8"), ("c_ints", "{1,NULL,3}"),
    ("c_range", "[2026-01-01,2026-02-01)"),
  ]

  private static func quoted(_ text: String) -> String {
    "\"\(text.replacing("\"", with: "\"\""))\""
  }

  private static let header = "id," + values.map(\.column).joined(separator: ",") + "\n"
  private static let full = values.map { quoted($0.text) }.joined(separator: ",")
  private static let empty = String(repeating: ",", count: values.count - 1)

  @Test("every type arrives with the value that Postgres reads, and again changes nothing")
  func types() async throws {
    try await ImportBench.run(Self.table) { bench in
      let text = Self.header + "1,\(Self.full)\n2,\(Self.empty)\n"
      try expectDone(await bench.importFile(text), read: 2, inserted: 2)
      for (column, text) in Self.values {
        let same = try await bench.rows(
          """
          SELECT (\(column)::text = (SELECT (json_populate_record(NULL::public.t,
              json_build_object('\(column)', $1::text))).\(column)::text))::text,
            (SELECT \(column) IS NULL FROM public.t WHERE id = 2)::text
            FROM public.t WHERE id = 1
          """, [.text(text)])
        // A JSON text as a JSON string would be another value.
        if !column.hasPrefix("c_json") { #expect(same == ["true|true"], "\(column)") }
      }
      #expect(
        try await bench.rows("SELECT c_json, c_jsonb FROM public.t WHERE id = 1")
          == ["{\"a\": [1, null]}|{\"a\": 2, \"b\": 1}"])
      let before = try await bench.rows("SELECT ctid, xmin FROM public.t ORDER BY id")
      let again = try await bench.importFile(text) { $0.force = true }
      try expectDone(again, read: 2, unchanged: 2)
      #expect(try await bench.rows("SELECT ctid, xmin FROM public.t ORDER BY id") == before)
    }
  }

  @Test("a bad value of any type costs its row, and the report names its column")
  func rejects() async throws {
    try await ImportBench.run(Self.table) { bench in
      // These two take it for what it is.
      let strict = Self.values.map(\.column).filter { !["c_text", "c_bytea"].contains($0) }
      var text = Self.header
      for (number, column) in strict.enumerated() {
        let cells = Self.values.map { $0.column == column ? "no such value" : "" }
        text += "\(number + 1),\(cells.joined(separator: ","))\n"
      }
      text += "1000,\(Self.empty)\n"
      let done = try await bench.importFile(text)
      try expectDone(
        done, read: Int64(strict.count) + 1, bad: Int64(strict.count), inserted: 1)
      #expect(
        try await bench.rows("SELECT column_name FROM sluice.rejects ORDER BY row") == strict)
    }
  }

  @Test("a target that is gone when its turn comes fails the import, and says so")
  func gone() async throws {
    try await ImportBench.run("CREATE TABLE t (id int PRIMARY KEY)") { bench in
      let id = try await bench.submit("id\n1\n", into: "public.t")
      try await bench.connection.execute("DROP TABLE t")
      let record = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(record.status == .failed)
      #expect(record.failure?.code == .unknownTarget)
    }
  }

  @Test("a target that is a view now fails the import, and says so")
  func view() async throws {
    try await ImportBench.run("CREATE TABLE t (id int PRIMARY KEY)") { bench in
      let id = try await bench.submit("id\n1\n", into: "public.t")
      try await bench.connection.execute("DROP TABLE t; CREATE VIEW t AS SELECT 1 AS id")
      let record = try await bench.withWorker { _ in try await bench.ended(id) }
      #expect(record.status == .failed)
      #expect(record.failure?.code == .unknownTarget)
    }
  }

  @Test("a time zone that Postgres does not know fails the import at once")
  func timezone() async throws {
    try await ImportBench.run("CREATE TABLE t (id int PRIMARY KEY)") { bench in
      let record = try await bench.importFile("id\n1\n") { $0.timezone = "Nowhere/Land" }
      #expect(record.status == .failed)
      #expect(record.attempt == 1)
      #expect(record.failure?.message.contains("Nowhere/Land") == true)
    }
  }

  @Test("timestamps without a zone are those of the zone that was asked for")
  func inZone() async throws {
    try await ImportBench.run("CREATE TABLE t (id int PRIMARY KEY, at timestamptz)") { bench in
      let done = try await bench.importFile("id,at\n1,2026-07-01 12:00\n2,2026-07-01 12:00Z\n") {
        $0.timezone = "Europe/Berlin"
      }
      try expectDone(done, read: 2, inserted: 2)
      #expect(
        try await bench.rows("SELECT at AT TIME ZONE 'UTC' FROM t ORDER BY id")
          == ["2026-07-01 10:00:00", "2026-07-01 12:00:00"])
    }
  }
}
