import ImportModel
import Postgres
import Testing

@testable import Validation

@Suite("dates as people write them")
struct DateFormatTests {
  static let types = ["date", "timestamp", "timestamptz"]

  @Test(
    "random dates in a told order are what Postgres reads in ISO form", arguments: types,
    ValueFormats.DateOrder.allCases)
  func randomDates(type: String, order: ValueFormats.DateOrder) async throws {
    let rounds = RandomRounds(of: "\(type), \(order)", count: 7_000)
    var random = SeededRandom(seed: rounds.seed)
    let samples = (0..<rounds.count).map { _ in
      DateSamples.sample(order, time: type != "date", &random)
    }
    let differences = try await ValidationBench.run(settings: ["DateStyle": "ISO, MDY"]) { bench in
      try await bench.differences(samples, as: type, ValueFormats(dateOrder: order))
    }
    #expect(differences.isEmpty, "seed \(rounds.seed): \(differences.prefix(10))")
  }

  @Test(
    "random dates in a told pattern are what Postgres reads in ISO form", arguments: types,
    DateSamples.patterns.indices)
  func randomPatterns(type: String, index: Int) async throws {
    let pattern = DateSamples.patterns[index]
    let rounds = RandomRounds(of: "\(type), \(pattern.text)", count: 3_000)
    var random = SeededRandom(seed: rounds.seed)
    let samples = (0..<rounds.count).map { _ in DateSamples.sample(pattern, &random) }
    let formats = ValueFormats(dateFormat: try DatePattern(pattern.text))
    let differences = try await ValidationBench.run(settings: ["DateStyle": "ISO, MDY"]) { bench in
      try await bench.differences(samples, as: type, formats)
    }
    #expect(differences.isEmpty, "seed \(rounds.seed): \(differences.prefix(10))")
  }

  @Test(
    "what does not hang on the order is read under any of them",
    arguments: ValueFormats.DateOrder.allCases)
  func unambiguous(order: ValueFormats.DateOrder) async throws {
    let texts = [
      "2024-01-31", "2024/01/31", "2024.1.31", "20240131", "2024-01-31T10:00:00Z", " 2024-01-31 ",
      "2024-Jan-31", "2024 Januar 31", "31 janvier 2024", "January 31, 2024", "31. Januar 2024",
      "31 de enero de 2024", "31JAN2024", "Jan. 31 2024",
    ]
    try await ValidationBench.run { bench in
      let outcome = try await bench.read(
        texts.map { .plain($0) }, as: "date", ValueFormats(dateOrder: order))
      for (index, text) in texts.enumerated() {
        #expect(outcome.values[Int64(index + 1)] == "2024-01-31", "\(text)")
      }
      let words = try await bench.read(
        ["infinity", "-infinity", "epoch"], as: "date", ValueFormats(dateOrder: order))
      #expect(words.values == [1: "infinity", 2: "-infinity", 3: "1970-01-01"])
    }
  }

  @Test("years of two digits are 1970 to 2069")
  func shortYears() async throws {
    try await ValidationBench.run { bench in
      let texts: [Cell] = ["1.2.00", "1.2.69", "1.2.70", "1.2.99"]
      let read = try await bench.read(texts, as: "date", ValueFormats(dateOrder: .dmy))
      let expected: [Int64: String?] = [
        1: "2000-02-01", 2: "2069-02-01", 3: "1970-02-01", 4: "1999-02-01",
      ]
      #expect(read.values == expected)
      let pattern = ValueFormats(dateFormat: try DatePattern("%d.%m.%y"))
      #expect(try await bench.read(texts, as: "date", pattern).values == expected)
    }
  }

  @Test(
    "a date that does not fit is rejected, and the message shows the order",
    arguments: [
      (ValueFormats.DateOrder.dmy, "date", "31/02/2024", "DD/MM/YYYY"),
      (.dmy, "date", "12/31/2024", "DD/MM/YYYY"), (.mdy, "date", "31/12/2024", "MM/DD/YYYY"),
      (.dmy, "date", "31.12", "DD.MM.YYYY"), (.dmy, "timestamp", "31-13-2024 10:00", "DD-MM-YYYY"),
      (.ymd, "date", "31/12/2024", "YYYY/MM/DD"), (.dmy, "date", "311224", "DD/MM/YYYY"),
      (.dmy, "date", "1.2.3", "DD.MM.YYYY"), (.dmy, "date", "1.2.2024 noon", "DD.MM.YYYY"),
      (.dmy, "date", "1.2/2024", "DD.MM.YYYY"), (.mdy, "date", "5 Foo 2024", "MM/DD/YYYY"),
      (.mdy, "date", "soon", "MM/DD/YYYY"), (.dmy, "date", "45291", "DD/MM/YYYY"),
      (.dmy, "timestamptz", "J2451187", "DD/MM/YYYY"),
    ])
  func misfits(
    order: ValueFormats.DateOrder, type: String, text: String, expected: String
  ) async throws {
    let name = type == "timestamptz" ? "timestamp with time zone" : type
    try await ValidationBench.run { bench in
      let read = try await bench.read([.plain(text)], as: type, ValueFormats(dateOrder: order))
      #expect(read.rejects[1]?.code == .type)
      #expect(
        read.rejects[1]?.message == "invalid input for \(name): \"\(text)\" (expected \(expected))")
    }
  }

  @Test("a pattern takes ISO dates besides, unless it has the day behind the year")
  func patternsAndISO() async throws {
    try await ValidationBench.run { bench in
      let german = ValueFormats(dateFormat: try DatePattern("DD.MM.YYYY"))
      let read = try await bench.read(
        ["31.12.2024", "2024-12-31", "31/12/2024", "31.02.2024"], as: "date", german)
      #expect(read.values == [1: "2024-12-31", 2: "2024-12-31"])
      #expect(
        read.rejects[3]?.message
          == "invalid input for date: \"31/12/2024\" (expected DD.MM.YYYY)")
      #expect(read.rejects[4]?.code == .type)
      let strange = ValueFormats(dateFormat: try DatePattern("YYYY-DD-MM HH24:MI"))
      let other = try await bench.read(["2024-05-01"], as: "timestamp", strange)
      #expect(other.rejects[1]?.code == .type)
    }
  }

  @Test("zones go to the moment, and times of day have patterns of their own")
  func zonesAndTimes() async throws {
    try await ValidationBench.run(settings: ["TimeZone": "UTC"]) { bench in
      let zoned = ValueFormats(dateFormat: try DatePattern("%d/%b/%Y:%H:%M:%S %z"))
      let read = try await bench.read(["10/Oct/2000:13:55:36 -0700"], as: "timestamptz", zoned)
      #expect(read.values == [1: "2000-10-10 20:55:36+00"])
      let clock = ValueFormats(dateFormat: try DatePattern("HH'h'MI"))
      let times = try await bench.read(["13h45", "10:00", "25h00", "soon"], as: "time", clock)
      #expect(times.values == [1: "13:45:00", 2: "10:00:00"])
      #expect(
        times.rejects[3]?.message == "invalid input for time: \"25h00\" (expected HH'h'MI)")
      #expect(times.rejects[4]?.code == .type)
    }
  }

  @Test("Excel's numbers are the days that Postgres counts from 1899-12-30")
  func excelSerials() async throws {
    let rounds = RandomRounds(of: "Excel's dates", count: 5_000)
    var random = SeededRandom(seed: rounds.seed)
    let days = (0..<rounds.count).map { _ in 61 + random.below(2_958_400) }
    let fractions = days.map { _ in random.digits(1...17) }
    try await ValidationBench.run { bench in
      let formats = ValueFormats(excelSerial: true)
      let dates = try await bench.read(days.map { .plain("\($0)") }, as: "date", formats)
      let times = try await bench.read(
        zip(days, fractions).map { .plain("\($0).\($1)") }, as: "timestamp", formats)
      let result = try await bench.connection.query(
        """
        SELECT (date '1899-12-30' + d)::text AS day,
          (date '1899-12-30' + d + round(f * 86400000) * interval '1 ms')::text AS moment
        FROM unnest($1::int[], $2::numeric[]) WITH ORDINALITY AS t(d, f, n) ORDER BY n
        """,
        [.textArray(days.map { "\($0)" }), .textArray(fractions.map { "0.\($0)" })])
      for (index, row) in result.rows.enumerated() {
        #expect(dates.values[Int64(index + 1)] == row["day"])
        #expect(
          times.values[Int64(index + 1)] == row["moment"], "\(days[index]).\(fractions[index])")
      }
      #expect(result.rows.count == rounds.count)
    }
  }

  @Test("Excel's numbers at their edges")
  func excelEdges() async throws {
    try await ValidationBench.run { bench in
      var formats = ValueFormats(decimal: .comma, dateOrder: .dmy, excelSerial: true)
      let read = try await bench.read(
        [
          "1", "59", "60", "61", "0", "2958465", "2958466", "45291,75", "31.12.2024", "45291.5",
          "45291,9999999999",
        ], as: "timestamp", formats)
      let expected: [Int64: String?] = [
        1: "1900-01-01 00:00:00", 2: "1900-02-28 00:00:00", 4: "1900-03-01 00:00:00",
        6: "9999-12-31 00:00:00", 8: "2023-12-31 18:00:00", 9: "2024-12-31 00:00:00",
        11: "2024-01-01 00:00:00",
      ]
      #expect(read.values == expected)
      #expect(read.rejects.values.allSatisfy { $0.code == .type })
      let times = try await bench.read(["0,5", "0,123456789", "1,5"], as: "time", formats)
      #expect(times.values == [1: "12:00:00", 2: "02:57:46.667"])
      formats = ValueFormats(excelSerial: true)
      let plain = try await bench.read(["2024-01-31", "x"], as: "date", formats)
      #expect(plain.values == [1: "2024-01-31"])
      #expect(plain.rejects[2]?.message.contains("as in Excel") == true)
    }
  }
}
