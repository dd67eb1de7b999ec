import Testing

@testable import Validation

@Suite("encoders of dates and times")
struct TemporalEncoderTests {
  /// Settings of a session that change how Postgres reads dates, zones and intervals.
  struct Session: Sendable, CustomTestStringConvertible {
    let timeZone: String
    let dateStyle: String
    let intervalStyle: String

    var testDescription: String { "\(timeZone), \(dateStyle), \(intervalStyle)" }
    var settings: [String: String] {
      ["TimeZone": timeZone, "DateStyle": dateStyle, "IntervalStyle": intervalStyle]
    }
  }

  static let sessions = [
    Session(timeZone: "UTC", dateStyle: "ISO, MDY", intervalStyle: "postgres"),
    Session(timeZone: "America/New_York", dateStyle: "SQL, DMY", intervalStyle: "sql_standard"),
    Session(timeZone: "Asia/Kolkata", dateStyle: "German, YMD", intervalStyle: "iso_8601"),
    Session(timeZone: "UTC+3", dateStyle: "Postgres, DMY", intervalStyle: "postgres_verbose"),
  ]

  static let room: [TemporalSample: Int] = [
    .date: 4, .time: 8, .timetz: 12, .timestamp: 8, .timestamptz: 8, .interval: 16,
  ]

  static func encoder(_ type: TemporalSample, assumeUTC: Bool = false) -> EncoderCase {
    .fixed(type.rawValue, bytes: room[type] ?? 0) { text, out in
      switch type {
      case .date: DateText.encode(text, into: out)
      case .time: TimeText.encode(text, into: out)
      case .timetz: TimetzText.encode(text, into: out)
      case .timestamp:
        TimestampText.encode(text, into: out, withZone: false, assumeUTC: assumeUTC)
      case .timestamptz:
        TimestampText.encode(text, into: out, withZone: true, assumeUTC: assumeUTC)
      case .interval: IntervalText.encode(text, into: out)
      }
    }
  }

  @Test(
    "what an encoder is sure of is what Postgres says of the same text, under any settings",
    arguments: TemporalSample.allCases, sessions)
  func agreesWithPostgres(type: TemporalSample, session: Session) async throws {
    try await compare(type, session, assumeUTC: session.timeZone == "UTC")
  }

  @Test("a session in UTC needs no assumption about zones")
  func agreesWithoutAssumption() async throws {
    try await compare(.timestamptz, Self.sessions[0], assumeUTC: false)
  }

  private func compare(_ type: TemporalSample, _ session: Session, assumeUTC: Bool) async throws {
    let rounds = RandomRounds(of: "\(type), \(session.testDescription)", count: 5_000)
    let texts = TemporalTexts.edges(type) + rounds.texts { TemporalTexts.random(type, &$0) }
    let encoder = Self.encoder(type, assumeUTC: assumeUTC)
    let outcomes = texts.map { encoder.outcome(of: $0, room: Self.room[type] ?? 0) }
    let oracle = try await PostgresOracle.connect(settings: session.settings)
    let answers = try await oracle.answers(to: texts, as: encoder)
    await oracle.close()
    let contradictions = PostgresOracle.contradictions(outcomes, answers)
    #expect(contradictions.isEmpty, "seed \(rounds.seed): \(contradictions.prefix(10))")
    #expect(answers.count == texts.count)
  }

  @Test("plain forms never need Postgres", arguments: TemporalSample.allCases)
  func plainFormsAreSure(type: TemporalSample) {
    for text in TemporalTexts.common(type) {
      let verdict = Self.encoder(type).outcome(of: text, room: Self.room[type] ?? 0).verdict
      #expect(verdict == .value, "\(text)")
    }
  }

  @Test("times without zone need Postgres only where the session's zone is not known to be UTC")
  func zonelessTimestamps() {
    for text in TemporalTexts.withoutZone + ["2024-01-05 10:11:12 UTC"] {
      let known = Self.encoder(.timestamptz, assumeUTC: true).outcome(of: text, room: 8)
      let unknown = Self.encoder(.timestamptz, assumeUTC: false).outcome(of: text, room: 8)
      #expect(known.verdict == .value, "\(text)")
      #expect(unknown.verdict == .doubtful, "\(text)")
    }
    #expect(Self.encoder(.timetz).outcome(of: "10:00:00", room: 12).verdict == .doubtful)
  }

  @Test(
    "what is plainly no date or time is refused without asking", arguments: TemporalSample.allCases)
  func plainJunkIsSure(type: TemporalSample) {
    for text in ["", " ", "N/A", "abc", "null", "not a date", "-", "TBD"] {
      let verdict = Self.encoder(type).outcome(of: text, room: Self.room[type] ?? 0).verdict
      #expect(verdict == .invalid, "\(text)")
    }
  }

  @Test(
    "dates and times that no calendar or clock has are refused without asking",
    arguments: [
      (TemporalSample.date, "2024-02-30"), (.date, "2023-02-29"), (.date, "2024-13-01"),
      (.date, "0000-01-01"), (.timestamp, "2024-04-31 10:00:00"), (.time, "25:00:00"),
      (.time, "23:60:00"), (.time, "24:00:00.000001"), (.timestamptz, "2024-01-05 10:11:12+16"),
      (.timetz, "10:00:00+15:60"), (.timestamp, "2024-01-05 13:00 PM"),
    ])
  func impossibleIsOutOfRange(type: TemporalSample, text: String) {
    let outcome = Self.encoder(type).outcome(of: text, room: Self.room[type] ?? 0)
    #expect(outcome.verdict == .outOfRange)
  }
}
