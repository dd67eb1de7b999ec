import ImportModel
import Testing

@testable import Validation

@Suite("a survey of dates and numbers")
struct FormatSurveyTests {
  static func survey(
    _ columns: [(SurveyColumn.Kind, [String])], told: ValueFormats = ValueFormats(),
    nullWords: [String] = []
  ) -> FormatSurvey {
    let names = ["a", "b", "c", "d"]
    var survey = FormatSurvey(
      columns: columns.enumerated().map {
        SurveyColumn(field: $0.offset, name: names[$0.offset], kind: $0.element.0)
      }, told: told, nullWords: nullWords)
    let count = columns.map(\.1.count).max() ?? 0
    let rows = (0..<count).map { row in
      TestRow(columns.map { .plain(row < $0.1.count ? $0.1[row] : "") })
    }
    // Two batches, so that nothing hangs on where one ends.
    for part in [rows.prefix(count / 2), rows.dropFirst(count / 2)] {
      survey.add(.of(Array(part), fieldsPerRow: columns.count))
    }
    return survey
  }

  static func dates(_ texts: String...) -> DateFinding {
    survey([(.date, texts)]).findings[0].dates
  }

  static func numbers(_ texts: String...) -> NumberFinding {
    survey([(.number, texts)]).findings[0].numbers
  }

  @Test("a day beyond twelve decides the order")
  func decidedOrders() {
    #expect(Self.dates("03/04/2024", "31/12/2024", "05/06/2024") == .decided(.dmy))
    #expect(Self.dates("03/04/2024", "12/31/2024") == .decided(.mdy))
    #expect(Self.dates("31.12.2024 10:00", "01.02.2024 23:59:59.5") == .decided(.dmy))
    #expect(Self.dates("31.12.24", "01.02.24") == .decided(.dmy))
    #expect(Self.dates("99/12/31", "05/06/07") == .decided(.ymd))
    #expect(Self.dates("31-12-99", "05-06-07") == .decided(.dmy))
    #expect(Self.dates("31-DEC-24", "1 Mai 2024") == .named(orders: [.dmy, .mdy]))
    #expect(Self.dates("1. Januar 2024") == .named(orders: [.dmy, .mdy, .ymd]))
    #expect(Self.dates("2024-01-31", "31.12.2024") == .decided(.dmy))
  }

  @Test("03/04 stays ambiguous and says so")
  func ambiguousOrders() {
    #expect(
      Self.dates("03/04/2024", "05/06/2024", "2024-01-31")
        == .ambiguous(orders: [.dmy, .mdy], example: "03/04/2024"))
    #expect(
      Self.dates("03.04.24") == .ambiguous(orders: [.dmy, .mdy], example: "03.04.24"))
    #expect(
      Self.dates("31/12/24") == .ambiguous(orders: [.dmy, .ymd], example: "31/12/24"))
    #expect(
      Self.dates("03/04/05") == .ambiguous(orders: [.dmy, .mdy, .ymd], example: "03/04/05"))
    let conclusion = Self.survey([(.date, ["03/04/2024"])]).conclusion()
    #expect(conclusion.isUndecided)
    #expect(conclusion.formats == ValueFormats())
    #expect(
      conclusion.notices == [
        SurveyNotice(
          code: .ambiguousDates, column: "a",
          message: "the dates of \"a\", such as \"03/04/2024\", can be read as `dmy` or `mdy`",
          hint: "set `date_order` to `dmy` or `mdy`")
      ])
  }

  @Test("dates of two orders contradict each other, with their lines")
  func contradictoryOrders() {
    let survey = Self.survey([(.date, ["31/12/2024", "01/02/2024", "12/31/2024"])])
    #expect(
      survey.findings[0].dates
        == .contradictory(first: "\"12/31/2024\" in line 3", second: "\"31/12/2024\" in line 2"))
    let notice = survey.conclusion().notices.first
    #expect(notice?.code == .contradictoryDates)
    #expect(
      notice?.message
        == "no order reads all dates of \"a\": \"12/31/2024\" in line 3 and \"31/12/2024\" in line 2"
    )
    #expect(survey.conclusion().isUndecided)
  }

  @Test("what is no date in any order says nothing of the order")
  func otherDates() {
    #expect(Self.dates("n/a", "31/13/2024", "soon", "1/2") == .none)
    #expect(Self.dates("31/12/2024", "32/12/2024", "x") == .decided(.dmy))
    #expect(Self.dates("2024-01-31", "20240131", "2024-12-31T10:00:00Z") == .isoOnly)
    #expect(Self.dates("45291", "45292.5") == .numbers)
    #expect(Self.survey([(.date, ["45291"])]).conclusion().notices.map(\.code) == [.excelSerials])
    let told = ValueFormats(excelSerial: true)
    #expect(Self.survey([(.date, ["45291"])], told: told).conclusion().notices.isEmpty)
  }

  @Test("a column that leaves the order open is read like the others, and that is said")
  func inferredOrder() {
    let conclusion = Self.survey([(.date, ["31/12/2024"]), (.date, ["03/04/2024"])]).conclusion()
    #expect(conclusion.formats == ValueFormats(dateOrder: .dmy))
    #expect(conclusion.notices.map(\.code) == [.inferredDates])
    #expect(
      conclusion.notices.first?.message
        == "the dates of \"b\", such as \"03/04/2024\", are read as dmy, like those of other columns"
    )
    #expect(!conclusion.isUndecided)
  }

  @Test("columns of different orders have each its own, and an open one stays open")
  func differentOrders() throws {
    let conclusion = Self.survey([
      (.date, ["31/12/2024"]), (.date, ["12/31/2024"]), (.date, ["03/04/2024"]),
    ]).conclusion()
    #expect(conclusion.formats.dateOrder == nil)
    #expect(conclusion.formats.columns.mapValues(\.dateOrder) == ["a": .dmy, "b": .mdy])
    #expect(conclusion.notices.map(\.code) == [.ambiguousDates])
    try conclusion.formats.validate()
  }

  @Test("what is told is not looked for")
  func told() {
    let told = ValueFormats(decimal: .point, dateOrder: .mdy)
    let conclusion = Self.survey(
      [(.date, ["31/12/2024"]), (.number, ["1.234,56"])], told: told
    ).conclusion()
    #expect(conclusion.formats == told)
    #expect(conclusion.notices.isEmpty)
    let spaces = Self.survey(
      [(.number, ["1 234,5"])], told: ValueFormats(thousands: .space)
    ).conclusion()
    #expect(spaces.formats == ValueFormats(decimal: .comma, thousands: .space))
    let comma = Self.survey(
      [(.number, ["1.234"])], told: ValueFormats(decimal: .comma)
    ).conclusion()
    #expect(comma.formats == ValueFormats(decimal: .comma, thousands: .point))
  }

  @Test("the signs of numbers are decided by those that can be read in one way only")
  func decidedNumbers() {
    #expect(Self.numbers("1.234,56", "1.234") == .decided(decimal: .comma, thousands: .point))
    #expect(Self.numbers("1,234.56", "1,234") == .decided(decimal: .point, thousands: .comma))
    #expect(Self.numbers("1,5", "2") == .decided(decimal: .comma, thousands: nil))
    #expect(Self.numbers("1.5", "2") == .decided(decimal: .point, thousands: nil))
    #expect(Self.numbers("0.123") == .decided(decimal: .point, thousands: nil))
    #expect(Self.numbers("1.234.567") == .decided(decimal: .comma, thousands: .point))
    #expect(Self.numbers("1234.567") == .decided(decimal: .point, thousands: nil))
    #expect(Self.numbers("1\u{A0}234,5", "12 345") == .decided(decimal: .comma, thousands: .space))
    #expect(Self.numbers("1'234.5") == .decided(decimal: .point, thousands: .apostrophe))
    #expect(Self.numbers("1 234") == .decided(decimal: .point, thousands: .space))
    #expect(Self.numbers("1", "-2", "1E5", "007") == .plain)
    #expect(Self.numbers("x", "12.34.5", "") == .none)
  }

  @Test("1.234 is what Postgres reads, unless the file's other numbers have a comma")
  func plainNumbers() {
    let postgres = NumberFinding.decided(decimal: .point, thousands: nil)
    #expect(Self.numbers("1.234", "12", "-5.678") == postgres)
    let german = Self.survey([(.number, ["1.234"]), (.number, ["0,5"])])
    #expect(german.findings[0].numbers == .decided(decimal: .comma, thousands: .point))
  }

  @Test("a few numbers that Postgres does not read are mistakes, and no question")
  func mostlyPlainNumbers() {
    let many = Array(repeating: "7.25", count: 18)
    let postgres = NumberFinding.decided(decimal: .point, thousands: nil)
    #expect(Self.survey([(.number, many + ["7,25"])]).findings[0].numbers == postgres)
    #expect(Self.survey([(.number, many + ["7,25", "8,25"])]).findings[0].numbers == postgres)
    let three = Self.survey([(.number, many + ["7,25", "8,25", "9,25"])])
    #expect(three.conclusion().notices.map(\.code) == [.contradictoryNumbers])
    #expect(Self.survey([(.number, many + ["1,234"])]).conclusion().notices.isEmpty)
  }

  @Test("a column that Postgres reads keeps its way beside one that has another")
  func ownWays() {
    let mixed = Array(repeating: "1.125", count: 18) + ["2.5", "7,5"]
    let german = Array(repeating: "1.234,50", count: 20)
    let formats = Self.survey([(.number, german), (.number, mixed)]).conclusion().formats
    #expect(formats.columns["a"]?.decimal == .comma)
    #expect(formats.columns["b"]?.decimal == .point)
    #expect(formats.columns["b"]?.thousands == nil)
  }

  @Test("where columns differ in their sign, 1.234 is a question")
  func mixedSigns() {
    let survey = Self.survey([(.number, ["1,5"]), (.number, ["2.5"]), (.number, ["1.234"])])
    #expect(survey.findings[2].numbers == .ambiguous(example: "1.234"))
  }

  @Test("names of months say nothing of how dates in figures are written")
  func namesDecideNothing() {
    let named = ["March 5, 2024", "April 6, 2024"]
    let open = Self.survey([(.date, named), (.date, ["03/04/2024"])]).conclusion()
    #expect(open.notices.map(\.code) == [.ambiguousDates])
    #expect(open.formats.dateOrder == nil)
    let told = Self.survey([
      (.date, named), (.date, ["03/25/2024"]), (.date, ["03/04/2024"]),
    ]).conclusion()
    #expect(told.notices.map(\.code) == [.inferredDates])
    #expect(told.formats.dateOrder == .mdy)
  }

  @Test("1,234 stays ambiguous and says so")
  func ambiguousNumbers() {
    #expect(Self.numbers("1,234") == .ambiguous(example: "1,234"))
    let conclusion = Self.survey([(.number, ["1,234"])]).conclusion()
    #expect(conclusion.isUndecided)
    #expect(
      conclusion.notices == [
        SurveyNotice(
          code: .ambiguousNumbers, column: "a",
          message: """
            the sign in the numbers of "a", such as "1,234", can be the decimal sign or part \
            groups of digits
            """, hint: "set `decimal`, and `thousands` where there are groups")
      ])
  }

  @Test("numbers of two ways contradict each other")
  func contradictoryNumbers() {
    #expect(
      Self.numbers("1,5", "1.5")
        == .contradictory(first: "\"1,5\" in line 2", second: "\"1.5\" in line 2"))
    #expect(
      Self.numbers("1.234,5", "1 234,5")
        == .contradictory(first: "\"1.234,5\" in line 2", second: "\"1 234,5\" in line 2"))
    #expect(
      Self.survey([(.number, ["1,5", "1.5"])]).conclusion().notices.map(\.code)
        == [.contradictoryNumbers])
  }

  @Test("columns of different signs have each its own")
  func differentNumbers() throws {
    let conclusion = Self.survey([
      (.number, ["0.5"]), (.number, ["1.234,5"]), (.number, ["12"]),
    ]).conclusion()
    #expect(conclusion.formats.decimal == nil)
    #expect(
      conclusion.formats.columns == [
        "a": ValueFormats(decimal: .point), "b": ValueFormats(decimal: .comma, thousands: .point),
      ])
    #expect(conclusion.notices.isEmpty)
    try conclusion.formats.validate()
  }

  @Test("currency signs and percent that are told are left out")
  func units() {
    let told = ValueFormats(currency: ["€"], percent: true)
    let conclusion = Self.survey(
      [(.number, ["€ 1.234,50", "-€5,5", "12 €", "1,5 %"])], told: told
    ).conclusion()
    #expect(
      conclusion.formats
        == ValueFormats(decimal: .comma, thousands: .point, currency: ["€"], percent: true))
  }

  @Test("NULL, broken rows and columns of other types say nothing")
  func passedOver() async throws {
    let survey = Self.survey([(.date, ["12/31/2024", "31.12.2024"])], nullWords: ["12/31/2024"])
    #expect(survey.findings[0].dates == .decided(.dmy))
    var broken = FormatSurvey(columns: [SurveyColumn(field: 0, name: "a", kind: .date)])
    broken.add(
      .of(
        [
          TestRow(["31.12.2024"], fault: .fieldCount(found: 1)),
          TestRow(["2024-01-01"], fault: .badCells([BadCell(field: 3, text: "#N/A")])),
        ], fieldsPerRow: 1))
    #expect(broken.findings[0].dates == .isoOnly)
    #expect(broken.findings[0].valueCount == 1)
    let text = TargetColumn(
      name: "t", number: 1, type: ColumnType(oid: 25, sqlName: "text", base: .text))
    #expect(FormatSurvey(mapping: [MappedColumn(field: 0, header: "t", column: text)]).isEmpty)
  }

  @Test("a German file is decided wholly from its values, and then reads as it should")
  func germanFile() async throws {
    try await ValidationBench.run(settings: ["DateStyle": "ISO, MDY"]) { bench in
      try await bench.execute(
        """
        CREATE SCHEMA app;
        CREATE TABLE app.t (nr integer, am date, betrag numeric(12,2), menge numeric, um timestamp)
        """)
      let rows = [
        TestRow(["1", "31.12.2024", "1.234,56", "1.000", "31.12.2024 23:59"]),
        TestRow(["2", "03.04.2024", "5,00", "2.500", "03.04.2024 08:00:01"]),
      ]
      let table = try await bench.table("app.t")
      let header = ["nr", "am", "betrag", "menge", "um"]
      let mapping = try HeaderMapping().resolve(header: header, table: table)
      let batch = RecordBatch.of(rows, fieldsPerRow: 5)
      var survey = FormatSurvey(mapping: mapping)
      survey.add(batch)
      let conclusion = survey.conclusion()
      #expect(
        conclusion.formats
          == ValueFormats(decimal: .comma, thousands: .point, dateOrder: .dmy))
      #expect(conclusion.notices.isEmpty)
      let validator = try BatchValidator(
        table: table, mapping: mapping, options: ValidationOptions(formats: conclusion.formats),
        arbiter: Arbiter(connection: bench.connection))
      var output = EncodedBatch()
      try await validator.encode(batch, start: FilePosition(), into: &output)
      let loaded = try await bench.load(
        ValidationBench.Outcome(batch: output, columns: validator.stagingColumns))
      #expect(loaded[1] == ["1", "2024-12-31", "1234.56", "1000", "2024-12-31 23:59:00"])
      #expect(loaded[2] == ["2", "2024-04-03", "5.00", "2500", "2024-04-03 08:00:01"])
    }
  }
}
