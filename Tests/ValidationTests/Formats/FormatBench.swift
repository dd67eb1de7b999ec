import ImportModel
import Postgres
import Testing

@testable import Validation

extension ValidationBench {
  /// One text as a file has it, and its plain form by a slow and independent way; nil where it is no value
  /// of the format.
  struct Sample: Sendable {
    let written: String
    let plain: String?
  }

  /// What became of the rows of a table with one column `v`.
  struct FormatOutcome: Sendable {
    /// Values as text, by row from 1.
    var values: [Int64: String?]
    var rejects: [Int64: Reject]
    var outcome: Outcome
  }

  /// Validates one field a row for a column `v` of a type, and loads what is good.
  func read(
    _ cells: [Cell], as type: String, _ formats: ValueFormats, nullWords: [String] = []
  ) async throws -> FormatOutcome {
    try await execute(
      """
      CREATE SCHEMA IF NOT EXISTS app; DROP TABLE IF EXISTS app.t; CREATE TABLE app.t (v \(type))
      """)
    let outcome = try await validate(cells, formats, nullWords)
    let rejects = Dictionary(outcome.rejects.map { ($0.row, $0) }) { first, _ in first }
    let loaded = try await load(outcome)
    #expect(loaded.count + rejects.count == cells.count)
    return FormatOutcome(
      values: loaded.mapValues { $0[0] }, rejects: rejects, outcome: outcome)
  }

  private func validate(
    _ cells: [Cell], _ formats: ValueFormats, _ nullWords: [String]
  ) async throws -> Outcome {
    let table = try await table("app.t")
    let mapping = try HeaderMapping().resolve(header: ["v"], table: table)
    let options = ValidationOptions(
      nullWords: nullWords, settings: try await ValidationSettings.read(on: connection),
      formats: formats)
    let validator = try BatchValidator(
      table: table, mapping: mapping, options: options, arbiter: Arbiter(connection: connection))
    var output = EncodedBatch()
    try await validator.encode(
      .of(cells.map { TestRow([$0]) }, fieldsPerRow: 1), start: FilePosition(), into: &output)
    return Outcome(batch: output, columns: validator.stagingColumns)
  }

  /// What Postgres's input function makes of plain texts, as text; nil where it refuses one.
  ///
  /// As a field of a row's text, so that it is told the type's modifier, as it is by COPY: a cast reads a
  /// number as a `numeric` first, of which there is none as small as 6E-694468, and rounds it then.
  func ask(_ texts: [String], as type: String) async throws -> [String?] {
    try await execute(
      #"""
      DROP TABLE IF EXISTS pg_temp.asked CASCADE;
      CREATE TEMP TABLE asked (v \#(type));
      CREATE OR REPLACE FUNCTION pg_temp.ask(v text) RETURNS text LANGUAGE plpgsql AS $$
      BEGIN
        RETURN ((('("' || regexp_replace(v, '(["\\])', '\\\1', 'g') || '")')::pg_temp.asked).v)::text;
      EXCEPTION WHEN OTHERS THEN
        RETURN NULL;
      END $$
      """#)
    let result = try await connection.query(
      """
      SELECT pg_temp.ask(v) AS answer FROM unnest($1::text[]) WITH ORDINALITY AS t(v, n) ORDER BY n
      """, [.textArray(texts)])
    return result.rows.map { $0["answer"] }
  }

  /// Reads samples with formats and compares each with what Postgres makes of its plain form: one line
  /// for each that differs.
  func differences(
    _ samples: [Sample], as type: String, _ formats: ValueFormats
  ) async throws -> [String] {
    let outcome = try await read(samples.map { .plain($0.written) }, as: type, formats)
    let answers = try await ask(samples.map { $0.plain ?? "" }, as: type)
    var differences: [String] = []
    for (index, sample) in samples.enumerated() {
      let row = Int64(index + 1)
      let expected = sample.plain == nil ? nil : answers[index]
      let found = outcome.values[row] ?? nil
      if found != expected {
        differences.append(
          "\(sample.written.debugDescription): \(found ?? "rejected"), not \(expected ?? "rejected")"
        )
      } else if expected == nil, sample.plain == nil, outcome.rejects[row]?.code != .type {
        differences.append(
          "\(sample.written.debugDescription): \(String(describing: outcome.rejects[row]))")
      }
    }
    return differences
  }
}
