import ImportModel
import Postgres
import Testing

@testable import Validation

@Suite("texts of a JSON file in columns of JSON")
struct JSONTextTests {
  private static let texts = [
    "", "12", "true", "null", "{\"a\": 1}", "say \"hi\"", "back\\slash \\u0041",
    "\t\r\n\u{1}\u{1F}\u{7F}",
    "äöü 👍", " spaced ", "n/a", String(repeating: "\u{2}", count: 5000),
  ]

  @Test("are strings of JSON, whatever they look like", arguments: ["json", "jsonb", "object"])
  func strings(type: String) async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(
        """
        CREATE SCHEMA app; SET search_path = app, public;
        CREATE DOMAIN object AS jsonb CHECK (jsonb_typeof(VALUE) <> 'array');
        CREATE TABLE app.t (v \(type))
        """)
      let rows = Self.texts.map { TestRow([.quoted($0)]) }
      let loaded = try await bench.load(Self.validate(rows, bench))
      for (index, text) in Self.texts.enumerated() where text != "n/a" {
        let wanted = try await bench.connection.query(
          "SELECT to_json($1::text)::jsonb::text AS v", [.text(text)])
        let found = try await bench.connection.query(
          "SELECT $1::text::jsonb::text AS v", [.text(loaded[Int64(index + 1)]?[0] ?? "null")])
        #expect(found.rows[0]["v"] == wanted.rows[0]["v"], "\(text.debugDescription)")
      }
      #expect(loaded[11] == [nil])
    }
  }

  @Test("are no JSON that others wrote: numbers, words, objects and arrays stay what they are")
  func others() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute("CREATE SCHEMA app; CREATE TABLE app.t (v json)")
      let written = ["12.50", "true", "{\"a\":  1}", "[]"]
      let loaded = try await bench.load(
        Self.validate(written.map { TestRow([.plain($0)]) } + [TestRow([.plain("")])], bench))
      #expect((1...5).map { loaded[$0]?[0] } == written + [nil])
    }
  }

  private static func validate(
    _ rows: [TestRow], _ bench: ValidationBench
  ) async throws -> ValidationBench.Outcome {
    let table = try await bench.table("app.t")
    let mapping = try HeaderMapping().resolve(header: ["v"], table: table)
    let options = ValidationOptions(
      nullWords: ["n/a"], settings: try await ValidationSettings.read(on: bench.connection),
      marksText: true, textsAreJSON: true)
    let validator = try BatchValidator(
      table: table, mapping: mapping, options: options,
      arbiter: Arbiter(connection: bench.connection))
    var output = EncodedBatch()
    try await validator.encode(
      .of(rows, fieldsPerRow: 1), start: FilePosition(), into: &output)
    return ValidationBench.Outcome(batch: output, columns: validator.stagingColumns)
  }
}
