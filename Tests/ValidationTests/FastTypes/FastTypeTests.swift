import Postgres
import TestSupport
import Testing

@testable import Validation

/// A million random texts over all fast types together. `SLUICE_RANDOM_ROUNDS` says how many a type;
/// 1000000 takes a quarter of an hour in a debug build.
@Suite("every fast type against Postgres's own input function")
struct FastTypeTests {
  private static let batchSize = 25_000

  @Test("a million random texts: same value, or refused by both", arguments: FastType.all)
  func agrees(type: FastType) async throws {
    let rounds = RandomRounds(of: type.sql, count: 50_000)
    var random = RandomBytes(seed: rounds.seed)
    var (left, sure) = (rounds.count, 0)
    let oracle = try await FastTypeOracle(type)
    var contradictions: [String] = []
    while left > 0, contradictions.isEmpty {
      let batch = FastTypeBatch(type, count: min(left, Self.batchSize), random: &random)
      contradictions = try await oracle.contradictions(to: batch)
      sure += batch.sure
      left -= Self.batchSize
    }
    await oracle.close()
    #expect(contradictions.isEmpty, "seed \(rounds.seed): \(contradictions.prefix(10))")
    // An encoder that asks Postgres about everything would contradict nothing.
    #expect(sure * 8 > rounds.count, "sure of \(sure) of \(rounds.count)")
  }

  @Test("no type with an encoder is left out")
  func complete() {
    let sure = FastType.all.map { type in "\(type.base)".prefix { $0 != "(" } }
    let encoders = [
      "smallint", "integer", "bigint", "real", "doublePrecision", "boolean", "text", "date", "uuid",
      "json", "jsonb", "bytea", "numeric", "varchar", "char", "time", "timetz", "timestamp",
      "timestamptz", "interval",
    ]
    #expect(Set(sure.map(String.init)) == Set(encoders))
  }
}

/// A session that holds batches against what Postgres makes of their texts.
struct FastTypeOracle {
  private let type: FastType
  private let connection: PostgresConnection

  init(_ type: FastType) async throws {
    self.type = type
    var configuration = try TestDatabase.configuration()
    configuration.settings["TimeZone"] = "UTC"
    connection = try await PostgresConnection.connect(configuration, logger: TestDatabase.logger)
    // The first byte of an answer: 1 before a value, 0 before a SQLSTATE.
    try await connection.execute(
      """
      CREATE FUNCTION pg_temp.ask(v text) RETURNS bytea LANGUAGE plpgsql AS $$
      BEGIN
        RETURN '\\x01'::bytea || \(type.send)(\(type.input));
      EXCEPTION WHEN OTHERS THEN
        RETURN '\\x00'::bytea || convert_to(SQLSTATE, 'UTF8');
      END $$;
      CREATE TEMP TABLE texts (i bigint, verdict "char", t text);
      CREATE TEMP TABLE ours (i bigint PRIMARY KEY, v \(type.sql));
      """)
  }

  func close() async { await connection.close() }

  /// One line for each text on which encoder and Postgres differ, at most 20.
  func contradictions(to batch: FastTypeBatch) async throws -> [String] {
    try await connection.execute("TRUNCATE texts, ours")
    for (table, bytes) in [("texts", batch.texts), ("ours", batch.values)] {
      _ = try await connection.copyInBinary(into: "COPY \(table) FROM STDIN (FORMAT binary)") {
        try await $0.write(bytes, count: bytes.count)
      }
    }
    return try await connection.query(sql).rows.map { row in
      let text = try row.string("t").debugDescription
      return
        "\(text): \(try row.string("verdict")) \(row["ours"] ?? ""), not \(row["theirs"] ?? "")"
    }
  }

  private static let number = #"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"#

  /// `n` is the empty field, which no input function sees. Behind a number beyond all bounds, Postgres does
  /// not look for nonsense; that we do may be.
  private var sql: String {
    """
    SELECT t, verdict::text AS verdict, ours::text AS ours, encode(theirs, 'escape') AS theirs
    FROM (
      SELECT t.t, t.verdict, '\\x01'::bytea || \(type.send)(o.v) AS ours, pg_temp.ask(t.t) AS theirs
      FROM texts AS t LEFT JOIN ours AS o USING (i) WHERE t.verdict NOT IN ('?', 'n')
    ) AS s
    WHERE CASE WHEN verdict = 'v' THEN ours IS DISTINCT FROM theirs ELSE get_byte(theirs, 0) <> 0
      OR verdict <> CASE
        WHEN substr(theirs, 2) = '22003' AND verdict = 't' AND t !~ '\(Self.number)' THEN 't'
        WHEN substr(theirs, 2) IN ('22003', '22008', '22009', '22015') THEN 'o'
        WHEN substr(theirs, 2) = '22001' THEN 'l' ELSE 't' END END
    LIMIT 20
    """
  }
}
