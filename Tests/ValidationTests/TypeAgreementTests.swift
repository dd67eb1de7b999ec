import ImportModel
import Postgres
import TestSupport
import Testing

@testable import Validation

@Suite("validation and Postgres agree")
struct TypeAgreementTests {
  @Test("on the types with an encoder of their own", arguments: TypeTexts.core)
  func coreTypes(_ sample: TypeTexts) async throws {
    try await compare(sample)
  }

  @Test("on types that Postgres converts", arguments: TypeTexts.others)
  func otherTypes(_ sample: TypeTexts) async throws {
    try await compare(sample)
  }

  @Test(
    "on random texts",
    arguments: [
      ("smallint", "0123456789+- x_"), ("integer", "0123456789+- \t"), ("bigint", "0123456789-"),
      ("boolean", "truefalsyno1 TF"), ("uuid", "0123456789abcdefAF-{}"), ("bytea", "\\x01789aF "),
      ("varchar(4)", "aä👍 "), ("char(4)", "bé \t"), ("json", "{}[]:,\"a1-.e\\ ntrue"),
      ("jsonb", "{}[]:,\"u01-.e\\ nul"),
    ])
  func randomTexts(type: String, alphabet: String) async throws {
    let rounds = RandomRounds(of: type, count: 400)
    let seeds = TypeTexts.core.first { $0.type.hasPrefix(type.prefix(4)) }?.texts ?? []
    let texts = rounds.texts { random in
      if !seeds.isEmpty, random.once(in: 2) {
        return random.mutated(String(random.pick(seeds).prefix(60)), alphabet: alphabet)
      }
      return String((0..<random.below(24)).map { _ in random.pick(Array(alphabet)) })
    }
    try await compare(TypeTexts(type: type, texts: texts))
  }

  @Test("on times without a zone, whatever the session's", arguments: ["UTC", "America/New_York"])
  func timeZones(zone: String) async throws {
    let texts = ["2024-07-01 12:00", "2024-01-01T12:00:00.25", "2024-07-01", "2024-03-10 02:30"]
    try await compare(
      TypeTexts(type: "timestamptz", texts: texts), settings: ["TimeZone": zone])
  }

  /// Loads the texts that we accept, and holds each against what an INSERT of the text makes of it.
  private func compare(
    _ sample: TypeTexts, settings: [String: String] = [:]
  ) async throws {
    try await ValidationBench.run(settings: settings) { bench in
      try await bench.execute(
        "CREATE SCHEMA app; SET search_path = app, public; \(sample.setUp);\n"
          + "CREATE TABLE app.target (v \(sample.type))")
      let answers = try await InputOracle(bench: bench).answers(to: sample.texts, as: sample.type)
      let outcome = try await bench.validate(
        sample.texts.map { TestRow([.quoted($0)]) }, header: ["v"], table: "app.target")
      let loaded = try await bench.load(outcome)
      let isText = outcome.columns[0].target.type.base.isTextLike
      let rejects = Dictionary(grouping: outcome.rejects, by: \.row)
      for (index, text) in sample.texts.enumerated() {
        let row = Int64(index + 1)
        check(
          text, text.isEmpty && !isText ? .value(nil) : answers[index], loaded[row],
          rejects[row]?.first, isStagedAsText: outcome.columns[0].target.type.isStagedAsText)
      }
    }
  }

  private func check(
    _ text: String, _ answer: InputOracle.Answer, _ loaded: [String?]?, _ reject: Reject?,
    isStagedAsText: Bool
  ) {
    switch answer {
    case .value(let value):
      #expect(reject == nil, "refused, though Postgres takes it: \(text.debugDescription)")
      guard let loaded else { return }
      #expect(loaded[0] == (isStagedAsText ? text : value), "of \(text.debugDescription)")
    case .refused(let state, let message):
      #expect(loaded == nil, "loaded, though Postgres refuses it: \(text.debugDescription)")
      guard let reject else { return }
      #expect(reject.column == "v")
      // Ours names types with their schema in every session.
      let words = reject.message.replacing("app.", with: "")
      #expect(words.hasPrefix(Excerpt.message(message).prefix(200)))
      let code = Refusal(sqlState: state, message: "", detail: nil).code
      #expect(reject.code == code, "of \(text.debugDescription), \(state)")
    }
  }
}
