import FoundationEssentials
import ImportModel
import Postgres
import Testing

@testable import Validation

@Suite("formats of values")
struct ValueFormatsTests {
  @Test("formats come back from JSON as they went, and what is missing is not told")
  func json() throws {
    let formats = ValueFormats(
      decimal: .comma, thousands: .narrowNoBreakSpace, currency: ["€"], percent: true,
      dateFormat: try DatePattern("DD.MM.YYYY"), excelSerial: true, trueWords: ["ja"],
      falseWords: ["nein"], trim: true, columns: ["a": ValueFormats(dateOrder: .mdy)])
    let data = try JSONEncoder().encode(formats)
    #expect(try JSONDecoder().decode(ValueFormats.self, from: data) == formats)
    let empty = try JSONDecoder().decode(ValueFormats.self, from: Data("{}".utf8))
    #expect(empty == ValueFormats())
    let keys = #"{"decimal": ",", "date_order": "dmy", "true_words": ["oui"]}"#
    let read = try JSONDecoder().decode(ValueFormats.self, from: Data(keys.utf8))
    #expect(read == ValueFormats(decimal: .comma, dateOrder: .dmy, trueWords: ["oui"]))
    #expect(throws: (any Error).self) {
      try JSONDecoder().decode(ValueFormats.self, from: Data(#"{"date_format": "QQ"}"#.utf8))
    }
  }

  @Test("what contradicts itself is refused with a code, and the validator refuses it too")
  func contradictions() async throws {
    let pattern = try DatePattern("DD.MM.YYYY")
    let bad: [(ValueFormats, FormatError.Code)] = [
      (ValueFormats(decimal: .comma, thousands: .comma), .badSeparators),
      (ValueFormats(decimal: .point, thousands: .point), .badSeparators),
      (ValueFormats(dateOrder: .dmy, dateFormat: pattern), .badDateFormat),
      (ValueFormats(currency: [""]), .badCurrency), (ValueFormats(currency: ["%"]), .badCurrency),
      (ValueFormats(currency: ["1"]), .badCurrency), (ValueFormats(currency: [".5"]), .badCurrency),
      (ValueFormats(trueWords: ["Ja"], falseWords: ["ja"]), .badWords),
      (ValueFormats(columns: ["a": ValueFormats(currency: ["-"])]), .badCurrency),
      (ValueFormats(columns: ["a": ValueFormats(columns: ["b": ValueFormats()])]), .badColumns),
    ]
    for (formats, code) in bad {
      #expect {
        try formats.validate()
      } throws: { error in
        (error as? FormatError)?.code == code && (error as? FormatError)?.hint.isEmpty == false
      }
    }
    _ = try await ValidationBench.run { bench in
      await #expect {
        _ = try await bench.read(["1"], as: "integer", bad[0].0)
      } throws: { error in
        (error as? MappingError)?.code == .badFormats
      }
    }
    try ValueFormats(thousands: .point).validate()
  }

  @Test("a pattern of times stands beside an order of dates, and both hold")
  func timesBesideDates() async throws {
    let formats = ValueFormats(dateOrder: .dmy, dateFormat: try DatePattern("HH24.MI"))
    try formats.validate()
    try await ValidationBench.run { bench in
      let dates = try await bench.read(["03.04.2024"], as: "date", formats)
      #expect(dates.values == [1: "2024-04-03"])
      let times = try await bench.read(["11.39"], as: "time", formats)
      #expect(times.values == [1: "11:39:00"])
    }
  }

  @Test("told words are booleans in any case, besides Postgres's own")
  func booleans() async throws {
    let formats = ValueFormats(trueWords: ["ja", "да", "X"], falseWords: ["nein", "0x", "-"])
    try await ValidationBench.run { bench in
      let read = try await bench.read(
        ["ja", "JA", "Да", "ДА", " x ", "nein", "-", "t", "FALSE", "jaa", "oui"], as: "boolean",
        formats)
      let expected: [Int64: String?] = [
        1: "true", 2: "true", 3: "true", 4: "true", 5: "true", 6: "false", 7: "false", 8: "true",
        9: "false",
      ]
      #expect(read.values == expected)
      #expect(read.rejects[10]?.code == .type)
      #expect(
        read.rejects[11]?.message == """
          invalid input for boolean: "oui" (expected true, false or one of "ja", "да", "X", \
          "nein", "0x", "-")
          """)
    }
  }

  @Test(
    "trimming leaves out white space at both ends, and what is left may be NULL",
    arguments: ["text", "varchar(4)", "json", "jsonb", "inet", "uuid", "numeric", "mood", "bytea"])
  func trimming(type: String) async throws {
    let values = [
      "text": "a  b", "varchar(4)": "a  b", "json": "[1]", "jsonb": "[1]", "inet": "10.0.0.0/8",
      "uuid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "numeric": "1.5", "mood": "ok",
      "bytea": "\\x61",
    ]
    let value = try #require(values[type])
    try await ValidationBench.run { bench in
      try await bench.execute("CREATE TYPE mood AS ENUM ('ok')")
      let read = try await bench.read(
        [
          .plain("  \(value)\t"), .plain("\u{A0}\(value)\u{3000}"), .plain(value),
          .quoted(" \(value) "), .plain("  "), .plain(" NA "), .plain("\u{202F}\u{A0}"),
          .quoted(" NA"),
        ], as: type, ValueFormats(trim: true), nullWords: ["NA"])
      for row in Int64(1)...4 { #expect(read.values[row] == value, "\(row)") }
      for row in Int64(5)...7 { #expect(read.values[row] == .some(nil), "\(row)") }
      if type == "text" || type == "varchar(4)" {
        #expect(read.values[8] == "NA")
        let empty = try await bench.read([.quoted("  ")], as: type, ValueFormats(trim: true))
        #expect(empty.values == [1: ""])
      }
    }
  }

  @Test("texts are as they stand, whatever is told of other types")
  func textsStay() async throws {
    let formats = ValueFormats(
      decimal: .comma, thousands: .point, currency: ["€"], percent: true, dateOrder: .dmy,
      excelSerial: true, trueWords: ["ja"], falseWords: ["nein"])
    let texts = ["00012", "1.234,56", "31.12.2024", "ja", " x ", "5 €", "1E5", "45291"]
    try await ValidationBench.run { bench in
      for type in ["text", "varchar(20)", "json"] {
        let cells = texts.map { Cell.plain(type == "json" ? "\"\($0)\"" : $0) }
        let read = try await bench.read(cells, as: type, formats)
        for (index, text) in texts.enumerated() {
          let expected = type == "json" ? "\"\(text)\"" : text
          #expect(read.values[Int64(index + 1)] == expected)
        }
      }
    }
  }

  @Test("a column's own formats hold instead of the file's")
  func columns() async throws {
    let formats = ValueFormats(
      decimal: .comma, columns: ["v": ValueFormats(decimal: .point, thousands: .comma)])
    try await ValidationBench.run { bench in
      let read = try await bench.read(["1,234.5", "1,5"], as: "numeric", formats)
      #expect(read.values == [1: "1234.5"])
      #expect(read.rejects[2]?.message.contains("expected 1,234.56") == true)
    }
  }

  @Test("nothing told gives the very bytes and rejects of a validator without formats")
  func nothingTold() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(
        "CREATE SCHEMA app; CREATE TABLE app.t (n numeric, d date, t text, b boolean)")
      let rows = [
        TestRow(["1.5", "2024-01-31", " x ", "t"]), TestRow(["1,5", "31/12/2024", "", "ja"]),
        TestRow(["1E5", "01/02/2024", "0012", "off"]), TestRow([" 7 ", "today", "é", " no "]),
      ]
      let header = ["n", "d", "t", "b"]
      let usual = try await bench.validate(rows, header: header, table: "app.t")
      let table = try await bench.table("app.t")
      let validator = try BatchValidator(
        table: table, mapping: try HeaderMapping().resolve(header: header, table: table),
        options: ValidationOptions(
          settings: try await .read(on: bench.connection),
          formats: ValueFormats(columns: ["n": ValueFormats()])),
        arbiter: Arbiter(connection: bench.connection))
      var output = EncodedBatch()
      try await validator.encode(
        .of(rows, fieldsPerRow: 4), start: FilePosition(), into: &output)
      #expect(output.bytes[..<output.count] == usual.batch.bytes[..<usual.batch.count])
      #expect(output.rejects == usual.rejects)
      #expect(
        usual.rejects.map(\.message).contains(#"invalid input syntax for type numeric: "1,5""#))
    }
  }
}
