import Postgres
import Testing

@testable import Validation

@Suite("encoders of numbers")
struct NumberEncoderTests {
  static let encoders: [EncoderCase] = [
    .fixed("float4", send: "float4send", bytes: 4) { RealText.encode($0, into: $1) },
    .fixed("float8", send: "float8send", bytes: 8) { DoubleText.encode($0, into: $1) },
    .numeric(),
  ]

  @Test("what an encoder is sure of is what Postgres says of the same text", arguments: encoders)
  func agreesWithPostgres(encoder: EncoderCase) async throws {
    let rounds = RandomRounds(of: encoder.type, count: 20_000)
    let texts = NumberTexts.edges + rounds.texts(NumberTexts.random)
    let outcomes = texts.map { text in
      encoder.outcome(of: text, room: Self.room(encoder, text))
    }
    let oracle = try await PostgresOracle.connect()
    let answers = try await oracle.answers(to: texts, as: encoder)
    await oracle.close()
    let contradictions = PostgresOracle.contradictions(outcomes, answers)
    #expect(contradictions.isEmpty, "seed \(rounds.seed): \(contradictions.prefix(10))")
    #expect(answers.count == texts.count)
  }

  @Test(
    "a numeric column takes in binary what it takes as text, and the encoder knows what it refuses",
    arguments: [
      (1, 0), (3, 3), (4, 2), (5, -3), (2, 5), (12, 2), (16, 0), (18, 4), (38, 10), (20, -10),
      (1000, 0), (30, 30),
    ])
  func numericLimits(precision: Int, scale: Int) async throws {
    let encoder = EncoderCase.numeric(precision: precision, scale: scale)
    let rounds = RandomRounds(of: encoder.type, count: 2_000)
    let texts = NumberTexts.edges + rounds.texts(NumberTexts.random)
    let outcomes = texts.map { encoder.outcome(of: $0, room: Self.room(encoder, $0)) }
    let oracle = try await PostgresOracle.connect()
    let answers = try await oracle.answers(to: texts, as: encoder)
    let stored = try await Self.stored(outcomes, in: encoder.type, oracle.connection)
    await oracle.close()

    var contradictions: [String] = []
    for (row, outcome) in outcomes.enumerated() where outcome.verdict != .doubtful {
      let agrees =
        outcome.verdict == .value
        ? stored[row] == answers[row] : answers[row].hasPrefix("!")
      if !agrees {
        contradictions.append(
          "\(outcome.text.debugDescription): \(outcome.verdict) \(stored[row] ?? ""), not \(answers[row])"
        )
      }
    }
    #expect(contradictions.isEmpty, "seed \(rounds.seed): \(contradictions.prefix(10))")
    #expect(stored.count > 100)
  }

  @Test("plain numbers never need Postgres", arguments: encoders)
  func plainFormsAreSure(encoder: EncoderCase) {
    for text in NumberTexts.common {
      let verdict = encoder.outcome(of: text, room: Self.room(encoder, text)).verdict
      #expect(verdict == .value, "\(text)")
    }
  }

  @Test("what is plainly no number is refused without asking", arguments: encoders)
  func plainJunkIsSure(encoder: EncoderCase) {
    for text in ["", " ", "abc", "$5", "1,234.56", "5%", "--", "TBD", "-"] {
      let verdict = encoder.outcome(of: text, room: Self.room(encoder, text)).verdict
      #expect(verdict == .invalid, "\(text)")
    }
  }

  @Test("a real is rounded from its text, not from a double")
  func realIsRoundedOnce() {
    // Just above the middle of two floats, where the nearest double is the middle itself.
    let text = "1.00000005960464477539063"
    let outcome = Self.encoders[0].outcome(of: text, room: 4)
    #expect(outcome.bytes == [0x3F, 0x80, 0x00, 0x01])
    #expect(Float(Double(text) ?? 0) == 1)
  }

  @Test("every rounding shortcut gives the bits of the C library", arguments: [1, 2, 3])
  func shortcutsRoundRightly(stream: Int) {
    let rounds = RandomRounds(of: "rounding", count: 20_000)
    var random = SeededRandom(seed: rounds.seed &+ UInt64(stream))
    for _ in 0..<rounds.count {
      let mantissa = random.next() >> UInt64(random.below(64))
      let exponent = Int.random(in: -70...70, using: &random)
      let text = "\(mantissa)e\(exponent)"
      if let bits = FloatRounding.doubleBits(mantissa, exponent) {
        #expect(bits == Double(text)?.bitPattern, "seed \(rounds.seed): \(text)")
      }
      if let bits = FloatRounding.floatBits(mantissa, exponent) {
        #expect(bits == Float(text)?.bitPattern, "seed \(rounds.seed): \(text)")
      }
    }
  }

  /// The room an encoder may use: `maxBytes` is part of what is tested.
  private static func room(_ encoder: EncoderCase, _ text: String) -> Int {
    switch encoder.sendFunction {
    case "float4send": 4
    case "float8send": 8
    default: NumericText.maxBytes(forText: text.utf8.count)
    }
  }

  /// Copies the values in binary into a column of the type and reads back what is there, by row.
  private static func stored(
    _ outcomes: [EncoderCase.Outcome], in type: String, _ connection: PostgresConnection
  ) async throws -> [Int: String] {
    try await connection.execute("CREATE TEMP TABLE stored (i int8, v \(type))")
    var tuples: [UInt8] = []
    for (row, outcome) in outcomes.enumerated() where outcome.verdict == .value {
      tuples += [0, 2, 0, 0, 0, 8]
      tuples += withUnsafeBytes(of: Int64(row).bigEndian, Array.init)
      tuples += withUnsafeBytes(of: Int32(outcome.bytes.count).bigEndian, Array.init)
      tuples += outcome.bytes
    }
    let bytes = tuples
    _ = try await connection.copyInBinary(into: "COPY stored FROM STDIN (FORMAT binary)") {
      writer in
      try await writer.write(bytes, count: bytes.count)
    }
    let result = try await connection.query(
      "SELECT i, encode(numeric_send(v), 'hex') AS v FROM stored")
    return try Dictionary(
      uniqueKeysWithValues: result.rows.map { (try $0.int("i"), try $0.string("v")) })
  }
}
