import ImportModel
import Postgres
import Testing

@testable import Validation

@Suite("numbers as people write them")
struct NumberFormatTests {
  static let types = [
    "smallint", "integer", "bigint", "real", "double precision", "numeric", "numeric(12,2)",
  ]

  static let formats: [ValueFormats] = [
    ValueFormats(decimal: .comma, thousands: .point),
    ValueFormats(decimal: .point, thousands: .comma, currency: ["$", "US$"], percent: true),
    ValueFormats(decimal: .comma, thousands: .space, currency: ["€", "EUR"], percent: true),
    ValueFormats(decimal: .point, thousands: .apostrophe, currency: ["Fr."]),
    ValueFormats(percent: true),
  ]

  @Test(
    "random numbers are what Postgres reads in their plain form", arguments: types,
    formats.indices)
  func randomNumbers(type: String, index: Int) async throws {
    let formats = Self.formats[index]
    let samples = NumberSamples(
      formats: formats, isInteger: type.hasSuffix("int") || type == "integer")
    let rounds = RandomRounds(of: "\(type), format \(index)", count: 4_000)
    var random = SeededRandom(seed: rounds.seed)
    let texts = (0..<rounds.count).map { _ in samples.sample(&random) }
    let differences = try await ValidationBench.run { bench in
      try await bench.differences(texts, as: type, formats)
    }
    #expect(differences.isEmpty, "seed \(rounds.seed): \(differences.prefix(10))")
    #expect(texts.filter { $0.plain != nil }.count > rounds.count / 4)
    #expect(texts.contains { $0.plain == nil })
  }

  @Test("a number smaller than any numeric is rounded by its column, as COPY does")
  func tinyNumbers() async throws {
    try await ValidationBench.run { bench in
      let tiny = ValidationBench.Sample(written: "6E-694468", plain: "6E-694468")
      for (type, answer) in [("numeric(12,2)", "0.00"), ("numeric", nil)] {
        let answers = try await bench.ask([tiny.written], as: type)
        let differences = try await bench.differences([tiny], as: type, Self.formats[4])
        #expect(answers == [answer])
        #expect(differences.isEmpty)
      }
    }
  }

  @Test(
    "a number is its digits, exactly",
    arguments: [
      (0, "1.234.567,89", "1234567.89"), (0, "-0,5", "-0.5"), (0, ",5", "0.5"),
      (0, "1E5", "100000"),
      (0, "1,5E3", "1500"), (0, "123456789012345", "123456789012345"),
      (0, "0,123456789012345678901234567890", "0.123456789012345678901234567890"),
      (0, "NaN", "NaN"), (0, " 7 ", "7"), (0, "00012", "12"), (1, "12.5%", "0.125"),
      (1, "1,234 %", "12.34"), (1, "-5%", "-0.05"), (1, ".5%", "0.005"),
      (1, "$1,234.50", "1234.50"),
      (1, "-$5", "-5"), (1, "$-5", "-5"), (1, "US$ 5", "5"), (2, "1 234,56 €", "1234.56"),
      (2, "1\u{A0}234\u{202F}567,5\u{A0}€", "1234567.5"), (2, "EUR 12", "12"), (2, "−12", "-12"),
      (3, "1'234.5", "1234.5"), (3, "1’234.5", "1234.5"), (3, "Fr. 5", "5"), (4, "50%", "0.50"),
    ])
  func exactNumbers(index: Int, text: String, value: String) async throws {
    try await ValidationBench.run { bench in
      let outcome = try await bench.read([.plain(text)], as: "numeric", Self.formats[index])
      #expect(outcome.values == [1: value])
    }
  }

  @Test(
    "a number that is not of the told format is rejected, and the message shows the format",
    arguments: [
      (0, "numeric", "12.34.5", "numeric: \"12.34.5\" (expected 1.234,56)"),
      (0, "numeric", "1234.5", "numeric: \"1234.5\" (expected 1.234,56)"),
      (0, "numeric", "0.123", "numeric: \"0.123\" (expected 1.234,56)"),
      (0, "numeric", "1.234.", "numeric: \"1.234.\" (expected 1.234,56)"),
      (0, "numeric", "1.2345,6", "numeric: \"1.2345,6\" (expected 1.234,56)"),
      (0, "numeric", "5 €", "numeric: \"5 €\" (expected 1.234,56)"),
      (0, "integer", "1.234,0", "integer: \"1.234,0\" (expected 1.234)"),
      (0, "numeric", "abc", "numeric: \"abc\" (expected 1.234,56)"),
      (1, "real", "5€", "real: \"5€\" (expected 1,234.56, with or without $ or US$ or %)"),
      (1, "numeric", "$5%", "numeric: \"$5%\" (expected 1,234.56, with or without $ or US$ or %)"),
      (1, "integer", "5%", "integer: \"5%\" (expected 1,234, with or without $ or US$ or %)"),
      (4, "bigint", "1,5", "bigint: \"1,5\" (expected 1234, with or without %)"),
    ])
  func misfits(index: Int, type: String, text: String, message: String) async throws {
    try await ValidationBench.run { bench in
      let outcome = try await bench.read([.plain(text)], as: type, Self.formats[index])
      let reject = outcome.rejects[1]
      #expect(reject?.code == .type)
      #expect(reject?.message == "invalid input for \(message)")
      #expect(reject?.value == text)
      #expect(reject?.raw == Array(text.utf8))
    }
  }

  @Test("a number of the format that the type cannot hold is out of range, as it was written")
  func outOfRange() async throws {
    try await ValidationBench.run { bench in
      let outcome = try await bench.read(["99.999"], as: "smallint", Self.formats[0])
      #expect(outcome.rejects[1]?.code == .outOfRange)
      #expect(
        outcome.rejects[1]?.message == "value \"99.999\" is out of range for type smallint")
    }
  }

  @Test("null words are those of the file, not of the plain form")
  func nullWords() async throws {
    try await ValidationBench.run { bench in
      let outcome = try await bench.read(
        ["1.000", "1000", .quoted("1000"), "", .quoted("")], as: "integer", Self.formats[0],
        nullWords: ["1000"])
      #expect(outcome.values == [1: "1000", 2: nil, 3: "1000", 4: nil, 5: nil])
    }
  }

  @Test("broken bytes are an encoding's fault, not a format's")
  func brokenBytes() async throws {
    try await ValidationBench.run { bench in
      let outcome = try await bench.read([.bytes([0x31, 0xFF])], as: "numeric", Self.formats[0])
      #expect(outcome.rejects[1]?.code == .badEncoding)
    }
  }

  @Test("a domain's CHECK sees the plain form, and what is staged as text is the plain form")
  func domains() async throws {
    try await ValidationBench.run { bench in
      try await bench.execute(
        "CREATE SCHEMA app; CREATE DOMAIN app.price AS numeric CHECK (VALUE > 1000)")
      let outcome = try await bench.read(
        ["1.234,5", "999,5", "1.2", ""], as: "app.price", Self.formats[0])
      #expect(outcome.values == [1: "1234.5", 4: nil])
      #expect(outcome.rejects[2]?.code == .check)
      #expect(outcome.rejects[3]?.code == .type)
    }
  }
}
