import Glibc
import Postgres
import TestSupport

@testable import Validation

/// A session that says what Postgres itself makes of a text.
struct PostgresOracle {
  let connection: PostgresConnection

  /// Connects to the test run's Postgres; fails where there is none.
  static func connect(settings: [String: String] = [:]) async throws -> PostgresOracle {
    var configuration = try TestDatabase.configuration()
    configuration.settings.merge(settings) { $1 }
    return PostgresOracle(
      connection: try await PostgresConnection.connect(configuration, logger: TestDatabase.logger))
  }

  func close() async { await connection.close() }

  /// What Postgres says of a text: the value's binary form in hexadecimal, or `!` and a SQLSTATE.
  func answers(to texts: [String], as encoder: EncoderCase) async throws -> [String] {
    try await connection.execute(
      """
      CREATE OR REPLACE FUNCTION pg_temp.ask(v text) RETURNS text LANGUAGE plpgsql AS $$
      BEGIN
        RETURN encode(\(encoder.sendFunction)(v::\(encoder.type)), 'hex');
      EXCEPTION WHEN OTHERS THEN
        RETURN '!' || SQLSTATE;
      END $$
      """)
    var answers: [String] = []
    for start in stride(from: 0, to: texts.count, by: 5000) {
      let slice = texts[start..<min(start + 5000, texts.count)]
      let result = try await connection.query(
        """
        SELECT pg_temp.ask(v) AS answer FROM unnest($1::text[]) WITH ORDINALITY AS t(v, n) ORDER BY n
        """, [.textArray(slice.map { $0 })])
      answers += try result.rows.map { try $0.string("answer") }
    }
    return answers
  }

  /// Compares outcomes with answers: one line for each that contradicts.
  static func contradictions(_ outcomes: [EncoderCase.Outcome], _ answers: [String]) -> [String] {
    zip(outcomes, answers).compactMap { outcome, answer in
      let agrees =
        switch outcome.verdict {
        case .value: hexadecimal(outcome.bytes) == answer
        case .invalid, .outOfRange: answer.hasPrefix("!")
        case .doubtful: true
        case .null: false
        }
      return agrees
        ? nil
        : "\(outcome.text.debugDescription): \(outcome.verdict) \(outcome.bytes), not \(answer)"
    }
  }

  static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}

/// How many random texts a test tries, and from which seed.
struct RandomRounds {
  let count: Int
  let seed: UInt64

  /// `SLUICE_RANDOM_ROUNDS` and `SLUICE_RANDOM_SEED` decide where they are set.
  init(of subject: String, count: Int) {
    func setting<Value: LosslessStringConvertible>(_ name: String) -> Value? {
      getenv(name).flatMap { Value(String(cString: $0)) }
    }
    self.count = setting("SLUICE_RANDOM_ROUNDS") ?? count
    seed = setting("SLUICE_RANDOM_SEED") ?? UInt64.random(in: 0...UInt64.max)
    print("\(subject): \(self.count) random texts, SLUICE_RANDOM_SEED=\(seed)")
  }

  func texts(_ make: (inout SeededRandom) -> String) -> [String] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in make(&random) }
  }
}
