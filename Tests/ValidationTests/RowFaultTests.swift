import ImportModel
import Postgres
import TestSupport
import Testing

@testable import Validation

@Suite("rejects of a batch")
struct RowFaultTests {
  static let table = """
    CREATE SCHEMA app;
    CREATE TABLE app.sales (
      id integer NOT NULL, name varchar(3), price numeric(5,2), at date, address inet,
      size smallint);
    """
  static let header = ["id", "name", "price", "at", "address", "size"]

  @Test("every fault of a row is reported, in the order of the columns, the first one with the row")
  func severalFaults() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(Self.table)
      let outcome = try await bench.validate(
        [
          TestRow(["1", "abc", "1.50", "2024-02-29", "10.0.0.1", "5"]),
          TestRow(["", "abcd", "1000", "2024-02-30", "10.0.0.300", "99999"]),
          TestRow(["3", "", "", "", "", ""]),
          TestRow(["x", "a", "1", "2024-01-01", "::1", "1"]),
        ], header: Self.header, table: "app.sales")
      #expect(outcome.batch.rowsOK == 2)
      #expect(outcome.batch.rowsBad == 2)
      #expect(outcome.rejects.map(\.row) == [2, 2, 2, 2, 2, 2, 4])
      #expect(outcome.rejects.map(\.line) == [3, 3, 3, 3, 3, 3, 5])
      #expect(outcome.rejects.map(\.column) == Self.header + ["id"])
      #expect(
        outcome.rejects.map(\.code) == [
          .required, .tooLong, .outOfRange, .outOfRange, .type, .outOfRange, .type,
        ])
      let raws = outcome.rejects.map { $0.raw.map { String(decoding: $0, as: UTF8.self) } }
      #expect(raws[0] == ",abcd,1000,2024-02-30,10.0.0.300,99999")
      #expect(raws[1...5].allSatisfy { $0 == nil })
      #expect(raws[6] == "x,a,1,2024-01-01,::1,1")
      #expect(
        outcome.rejects.map(\.value) == [
          nil, "abcd", "1000", "2024-02-30", "10.0.0.300", "99999", "x",
        ])
      #expect(
        outcome.rejects[5].message == "value \"99999\" is out of range for type smallint")
      let loaded = try await bench.load(outcome)
      #expect(loaded.keys.sorted() == [1, 3])
      #expect(loaded[1] == ["1", "abc", "1.50", "2024-02-29", "10.0.0.1/32", "5"])
      #expect(loaded[3] == ["3", nil, nil, nil, nil, nil])
    }
  }

  @Test(
    "of a row with very many faults the first are listed, and the others are counted",
    arguments: [(20, 20), (21, 21), (22, 21), (200, 21)])
  func manyFaults(columns: Int, listed: Int) async throws {
    try await ValidationBench.run { bench in
      let names = (1...columns).map { "c\($0)" }
      let list = names.map { "\($0) integer" }.joined(separator: ", ")
      try await bench.execute("CREATE SCHEMA app; CREATE TABLE app.wide (\(list))")
      let row = TestRow([Cell](repeating: "x", count: columns))
      let outcome = try await bench.validate([row, row], header: names, table: "app.wide")
      #expect(outcome.batch.rowsBad == 2)
      #expect(
        outcome.rejects.map(\.row) == (1...2).flatMap { [Int64](repeating: $0, count: listed) })
      #expect(outcome.rejects[19].column == "c20")
      let last = outcome.rejects[listed - 1]
      guard columns > 21 else {
        #expect(last.column == names.last)
        return
      }
      #expect(last.message == "and \(columns - 20) more faults")
      #expect((last.column, last.value, last.code) == (nil, nil, .type))
    }
  }

  @Test("no rejects are made that the report has no room for; bad rows are counted all the same")
  func noRoom() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute("CREATE SCHEMA app; CREATE TABLE app.t (a integer, b integer)")
      let rows = [TestRow](repeating: TestRow(["x", "y"]), count: 50)
      let outcome = try await bench.validate(
        rows, header: ["a", "b"], table: "app.t", rejectRoom: RejectRoom(rows: 3))
      #expect(outcome.batch.rowsBad == 50)
      #expect(outcome.rejects.map(\.row) == [1, 1, 2, 2, 3, 3])
      let none = try await bench.validate(
        rows, header: ["a", "b"], table: "app.t", rejectRoom: RejectRoom(rows: 0))
      #expect(none.batch.rowsBad == 50)
      #expect(none.rejects.isEmpty)
    }
  }

  @Test("rows that the reader could not make whole are rejected as they stand, and not looked at")
  func readerFaults() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(Self.table)
      let cells: [Cell] = ["x", "abcd", "x", "x", "x", "x"]
      let outcome = try await bench.validate(
        [
          TestRow(cells, fault: .fieldCount(found: 9)),
          TestRow(cells, fault: .fieldCount(found: 1)),
          TestRow(cells, fault: .tooLong(limit: 64)), TestRow(cells, fault: .unterminatedQuote),
          TestRow(["1"]),
        ], header: Self.header, table: "app.sales")
      #expect(outcome.batch.rowsOK == 1)
      #expect(outcome.rejects.map(\.row) == [1, 2, 3, 4])
      #expect(
        outcome.rejects.map(\.code) == [.fieldCount, .fieldCount, .rowTooLong, .unterminatedQuote])
      #expect(outcome.rejects[0].message == "has 9 fields, the header has 6")
      #expect(outcome.rejects[1].message == "has 1 field, the header has 6")
      #expect(outcome.rejects.allSatisfy { $0.column == nil && $0.value == nil })
      #expect(outcome.rejects.allSatisfy { $0.raw == Array("x,abcd,x,x,x,x".utf8) })
      #expect(try await bench.load(outcome)[5]?.first == "1")
    }
  }

  @Test("bytes that are no text cost the row in any column, and Postgres never sees them")
  func badEncoding() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(
        "CREATE SCHEMA app; CREATE TABLE app.t (a text, b json, c inet, d integer, e bytea, f \"char\")"
      )
      let bad: [[UInt8]] = [
        [0xFF], [0x61, 0x00], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
        [0xE2, 0x82], Array("ten bytes ".utf8) + [0x80],
      ]
      let rows = bad.flatMap { bytes in
        (0..<6).map { column in
          TestRow((0..<6).map { $0 == column ? .bytes(bytes) : .plain("") })
        }
      }
      let outcome = try await bench.validate(
        rows, header: ["a", "b", "c", "d", "e", "f"], table: "app.t")
      #expect(outcome.batch.rowsOK == 0)
      #expect(outcome.rejects.count == rows.count)
      #expect(outcome.rejects.allSatisfy { $0.code == .badEncoding })
      #expect(outcome.rejects[0].message == "invalid byte sequence for encoding \"UTF8\": 0xff")
      #expect(outcome.rejects[0].value == "\u{FFFD}")
      #expect(outcome.rejects[6].message == "invalid byte sequence for encoding \"UTF8\": 0x00")
      #expect(
        outcome.rejects[24].message == "invalid byte sequence for encoding \"UTF8\": 0xed 0xa0 0x80"
      )
    }
  }

  @Test("a long value is cut at a character, a message too")
  func longValues() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute("CREATE SCHEMA app; CREATE TABLE app.t (a integer, b inet)")
      let long = String(repeating: "é€", count: 4_000)
      let outcome = try await bench.validate(
        [TestRow([.plain(long), .plain(long)])], header: ["a", "b"], table: "app.t")
      #expect(outcome.rejects.count == 2)
      for reject in outcome.rejects {
        let value = try #require(reject.value)
        #expect(long.hasPrefix(value))
        #expect((Reject.valueLimit - 3...Reject.valueLimit).contains(value.utf8.count))
        #expect(reject.message.utf8.count <= Reject.valueLimit)
        #expect(reject.message.hasPrefix("invalid input syntax for type "))
      }
    }
  }

  @Test("a batch without rows gives nothing, also after one with doubtful values")
  func emptyBatch() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute("CREATE SCHEMA app; CREATE TABLE app.t (a inet)")
      let table = try await bench.table("app.t")
      let validator = try BatchValidator(
        table: table, mapping: try HeaderMapping().resolve(header: ["a"], table: table),
        options: ValidationOptions(), arbiter: Arbiter(connection: bench.connection))
      var output = EncodedBatch()
      try await validator.encode(
        .of([TestRow(["::1"]), TestRow(["x"])], fieldsPerRow: 1), start: FilePosition(),
        into: &output)
      #expect(output.rowsOK == 1 && output.rejects.count == 1)
      let end = FilePosition(byte: 9, row: 2, line: 3)
      let empty = RecordBatch.of([], fieldsPerRow: 1)
      empty.end = end
      try await validator.encode(empty, start: end, into: &output)
      #expect(output.count == 0 && output.rowsOK == 0 && output.rowsBad == 0)
      #expect(output.rejects.isEmpty && output.start == end && output.end == end)
    }
  }
}
