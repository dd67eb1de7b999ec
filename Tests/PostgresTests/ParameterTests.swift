import Postgres
import Testing

@Suite("Parameters and rows")
struct ParameterTests {
  static let texts = [
    "", "plain", "it's", "back\\slash", "\"quoted\"", "{a,b}", "NULL", "a\nb\r\tc", "żółw 🐢 日本語",
    "\\x00", " spaces ",
  ]

  @Test("text comes back as it went", arguments: texts)
  func text(_ value: String) async throws {
    try await withConnection { connection in
      let result = try await connection.query("SELECT $1::text AS value", [.text(value)])
      #expect(try result.rows[0].string("value") == value)
      #expect(result.columns == ["value"])
    }
  }

  @Test("a text with a NUL character is refused before it is sent")
  func nulCharacter() async throws {
    try await withConnection { connection in
      let error = try await postgresError { _ = try await connection.query("SELECT $1", ["a\0b"]) }
      #expect(error.code == .invalidParameter)
    }
  }

  @Test("all kinds of scalars come back as they went")
  func scalars() async throws {
    try await withConnection { connection in
      let row = try await connection.query(
        """
        SELECT $1::bigint AS i, $2::double precision AS d, $3::boolean AS b, $4::text AS n,
               $5::double precision AS inf, $6::smallint AS s
        """, [.int(Int64.min), .double(0.1), true, nil, .double(-.infinity), .int(-7)]
      ).rows[0]
      #expect(try row.int64("i") == Int64.min)
      #expect(try row.double("d") == 0.1)
      #expect(try row.bool("b") == true)
      #expect(row["n"] == nil)
      #expect(try row.optionalString("n") == nil)
      #expect(try row.double("inf") == -.infinity)
      #expect(try row.int("s") == -7)
      #expect(row[5] == "-7")
    }
  }

  @Test("bytes come back as they went", arguments: [[], [0], [0, 255, 92, 39], Array(0...255)])
  func bytes(_ value: [UInt8]) async throws {
    try await withConnection { connection in
      let row = try await connection.query(
        "SELECT $1 AS value, length($1) AS length, NULL::bytea AS missing", [.bytes(value)]
      ).rows[0]
      #expect(try row.bytes("value") == value)
      #expect(try row.int("length") == value.count)
      #expect(try row.optionalBytes("missing") == nil)
    }
  }

  @Test("arrays keep quotes, backslashes, braces, NULL and empty elements")
  func arrays() async throws {
    let values: [String?] = Self.texts + [nil]
    let blobs: [[UInt8]?] = [[], [0, 92, 34], nil, Array(0...255)]
    try await withConnection { connection in
      let texts = try await connection.query(
        "SELECT value FROM unnest($1::text[]) WITH ORDINALITY AS t(value, n) ORDER BY n",
        [.textArray(values)])
      #expect(texts.rows.map { $0["value"] } == values)
      let numbers = try await connection.query(
        "SELECT value FROM unnest($1::bigint[]) WITH ORDINALITY AS t(value, n) ORDER BY n",
        [.int8Array([Int64.min, 0, Int64.max])])
      #expect(try numbers.rows.map { try $0.int64("value") } == [Int64.min, 0, Int64.max])
      let bytes = try await connection.query(
        "SELECT value FROM unnest($1::bytea[]) WITH ORDINALITY AS t(value, n) ORDER BY n",
        [.bytesArray(blobs)])
      #expect(try bytes.rows.map { try $0.optionalBytes("value") } == blobs)
      let empty = try await connection.query("SELECT cardinality($1::text[])", [.textArray([])])
      #expect(empty.rows[0][0] == "0")
    }
  }

  @Test("a value of another type, a NULL and a missing column are decoding errors")
  func decoding() async throws {
    try await withConnection { connection in
      let row = try await connection.query("SELECT 'x' AS t, NULL::int AS n").rows[0]
      for column in ["t", "n", "nowhere"] {
        let error = try await postgresError { _ = try row.int(column) }
        #expect(error.code == .decoding)
        #expect(error.column == column)
      }
    }
  }

  @Test("counts and command tags are reported")
  func affected() async throws {
    try await withConnection { connection in
      #expect(try await connection.query("CREATE TABLE t (a int)").command == "CREATE TABLE")
      let insert = try await connection.query("INSERT INTO t SELECT generate_series(1, 5)")
      #expect(insert.affected == 5)
      #expect(insert.command == "INSERT")
      #expect(try await connection.query("SELECT a FROM t WHERE a > $1", [3]).rows.count == 2)
    }
  }

  @Test("identifiers are quoted", arguments: ["plain", "with \"quotes\"", "Ünïcode; DROP TABLE x"])
  func identifiers(_ name: String) async throws {
    try await withConnection { connection in
      let result = try await connection.query("SELECT 1 AS \(quotedIdentifier(name))")
      #expect(result.columns == [name])
    }
  }
}
