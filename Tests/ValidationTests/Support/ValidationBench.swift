import ImportModel
import Postgres
import Queue
import TestSupport

@testable import Validation

/// A database with the functions of the arbiter in it, and what the tests do there.
struct ValidationBench: Sendable {
  let connection: PostgresConnection

  /// Gives the body a database of its own.
  static func run<R: Sendable>(
    settings: [String: String] = [:], _ body: (ValidationBench) async throws -> R
  ) async throws -> R {
    await Turnstile.databases.enter()
    let outcome: Result<R, any Error>
    do {
      outcome = .success(try await withTestDatabase { try await session($0, settings, body) })
    } catch {
      outcome = .failure(error)
    }
    await Turnstile.databases.leave()
    return try outcome.get()
  }

  private static func session<R: Sendable>(
    _ configuration: PostgresConfiguration, _ settings: [String: String],
    _ body: (ValidationBench) async throws -> R
  ) async throws -> R {
    var configuration = configuration
    configuration.settings.merge(settings) { $1 }
    let connection = try await TestDatabase.connect(configuration)
    let outcome: Result<R, any Error>
    do {
      _ = try await SluiceSchema.migrator.migrate(on: connection)
      outcome = .success(try await body(ValidationBench(connection: connection)))
    } catch {
      outcome = .failure(error)
    }
    await connection.close()
    return try outcome.get()
  }

  func execute(_ script: String) async throws { try await connection.execute(script) }

  /// A table that must exist.
  func table(_ name: String) async throws -> TargetTable {
    guard let table = try await TargetCatalog().table(named: name, on: connection) else {
      throw BenchError.noTable(name)
    }
    return table
  }

  /// What came of the rows of a file.
  struct Outcome: Sendable {
    var batch: EncodedBatch
    var columns: [StagingColumn]
    var rejects: [Reject] { batch.rejects }
  }

  /// Validates rows for a table.
  func validate(
    _ rows: [TestRow], header: [String], table name: String, nullWords: [String] = [],
    rejectRoom: RejectRoom = .standard
  ) async throws -> Outcome {
    let table = try await table(name)
    let mapping = try HeaderMapping().resolve(header: header, table: table)
    let options = ValidationOptions(
      nullWords: nullWords, settings: try await ValidationSettings.read(on: connection))
    let validator = try BatchValidator(
      table: table, mapping: mapping, options: options, arbiter: Arbiter(connection: connection))
    var output = EncodedBatch()
    try await validator.encode(
      .of(rows, fieldsPerRow: header.count), start: FilePosition(), into: &output,
      rejectRoom: rejectRoom)
    return Outcome(batch: output, columns: validator.stagingColumns)
  }

  /// Copies what was encoded into a new table, and reads each row back as text, by its number.
  func load(_ outcome: Outcome) async throws -> [Int64: [String?]] {
    let columns = outcome.columns.map { "\(quotedIdentifier($0.name)) \($0.sqlType)" }
    try await execute(
      """
      DROP TABLE IF EXISTS pg_temp.staging;
      CREATE TEMP TABLE staging (row_number bigint, \(columns.joined(separator: ", ")))
      """)
    let (bytes, count) = (outcome.batch.bytes, outcome.batch.count)
    let copied = try await connection.copyInBinary(
      into: "COPY pg_temp.staging FROM STDIN (FORMAT binary)"
    ) { writer in try await writer.write(bytes, count: count) }
    guard copied.rows == outcome.batch.rowsOK else { throw BenchError.lost(copied.rows) }
    let texts = outcome.columns.map { "\(quotedIdentifier($0.name))::text" }
    let result = try await connection.query(
      "SELECT row_number, \(texts.joined(separator: ", ")) FROM pg_temp.staging")
    var rows: [Int64: [String?]] = [:]
    for row in result.rows {
      rows[try row.int64("row_number")] = outcome.columns.indices.map { row[$0 + 1] }
    }
    return rows
  }
}

enum BenchError: Error {
  case noTable(String)
  case lost(Int)
}
