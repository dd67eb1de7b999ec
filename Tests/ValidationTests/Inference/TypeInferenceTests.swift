import ImportModel
import Testing

@testable import Validation

@Suite("types read out of values")
struct TypeInferenceTests {
  static func columns(
    _ fields: [[Cell]], told: ValueFormats = ValueFormats(), nullWords: [String] = [],
    marksText: Bool = false, textsAreJSON: Bool = false
  ) -> [InferredColumn] {
    infer(
      fields, told: told, nullWords: nullWords, marksText: marksText, textsAreJSON: textsAreJSON
    ).columns
  }

  /// Goes over the rows in batches of three, as often as it is asked.
  static func infer(
    _ fields: [[Cell]], told: ValueFormats = ValueFormats(), nullWords: [String] = [],
    marksText: Bool = false, textsAreJSON: Bool = false
  ) -> TypeInference {
    let inference = TypeInference(
      header: fields.indices.map { "f\($0)" }, told: told, nullWords: nullWords,
      marksText: marksText, textsAreJSON: textsAreJSON)
    let count = fields.map(\.count).max() ?? 0
    let rows = (0..<count).map { row in
      TestRow(fields.map { row < $0.count ? $0[row] : .plain("") })
    }
    repeat {
      for start in stride(from: 0, to: count, by: 3) {
        let part = Array(rows[start..<min(start + 3, count)])
        inference.add(.of(part, fieldsPerRow: fields.count))
      }
    } while inference.endPass()
    return inference
  }

  static func type(_ texts: [String], told: ValueFormats = ValueFormats()) -> String {
    columns([texts.map { Cell.plain($0) }], told: told)[0].type.sqlName
  }

  @Test(
    "the narrowest type that takes all values",
    arguments: [
      (["1", "-2", "2147483647"], "integer"),
      (["1", "2147483648"], "bigint"),
      (["-2147483649"], "bigint"),
      (["9223372036854775807", "-9223372036854775808"], "bigint"),
      (["9223372036854775808"], "numeric(19,0)"),
      (["1.5", "22.25", "-333"], "numeric(5,2)"),
      (["0.001"], "numeric(3,3)"),
      (["1E5", "2"], "numeric(6,0)"),
      (["1.5e-3"], "numeric(4,4)"),
      (["1E300", "1"], "double precision"),
      (["1e-300", "1.2345678901234567890"], "numeric"),
      (["0", "1"], "integer"),
      (["true", "FALSE"], "boolean"),
      (["t", "f"], "boolean"),
      (["yes", "no", "yes"], "boolean"),
      (["NO", "NO"], "text"),
      (["NO", "SE"], "text"),
      (["of", "on"], "text"),
      (["2024-01-31", "2023-12-01"], "date"),
      (["2024-02-30"], "text"),
      (["2024-01-31", "2024-01-31 10:00"], "timestamp"),
      (["2024-01-31T10:00:00Z", "2024-01-31T10:00:00+02:00"], "timestamptz"),
      (["10:00", "23:59:59.5"], "time"),
      (["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], "uuid"),
      (["a0eebc999c0b4ef8bb6d6bb9bd380a11"], "text"),
      ([#"{"a": 1}"#, "[1, 2]"], "jsonb"),
      ([#"{"a": 1"#], "text"),
      (["007", "12"], "text"),
      (["-01"], "text"),
      (["00501", "10001"], "text"),
      (["+491701234567"], "text"),
      (["0,5", "12,25"], "numeric(4,2)"),
      (["1.234,56", "7,50"], "numeric(6,2)"),
      (["1,234.56", "7.50"], "numeric(6,2)"),
      (["31.12.2024", "01.02.2024"], "date"),
      (["31.12.2024 10:15"], "timestamp"),
      (["03/04/2024", "05/06/2024"], "text"),
      (["1,234"], "text"),
      (["", ""], "text"),
      (["20241231"], "integer"),
      (["1", "x"], "text"),
      (["192.168.0.1"], "text"),
    ])
  func narrowest(texts: [String], expected: String) {
    #expect(Self.type(texts) == expected)
    // Wherever NULLs stand, they are of any type.
    #expect(Self.type([""] + texts + [""]) == expected)
  }

  @Test("the last of many values counts as the first does")
  func lateSurprise() {
    let texts = (1...5000).map { "\($0)" } + ["n/a"]
    let column = Self.columns([texts.map { .plain($0) }])[0]
    #expect(column.type == .text)
    #expect(column.notes.count == 1)
    // Lines begin anew in each batch of these tests.
    #expect(column.notes[0].contains("1 of 5001 values is not among the numbers"))
    #expect(column.notes[0].contains("\"n/a\""))
    let many = (1...50_000).map { Cell.plain($0 % 40 == 0 ? "n/a" : "\($0)") }
    #expect(Self.columns([many])[0].notes[0].contains("1250 of 50000 values are not"))
    let told = Self.columns([texts.map { .plain($0) }], nullWords: ["n/a"])[0]
    #expect(told.type == .integer)
    #expect(told.nullCount == 1)
  }

  @Test("an ambiguous date is proposed as text with the option that settles it")
  func ambiguousDates() {
    let column = Self.columns([[.plain("03/04/2024")]])[0]
    #expect(column.type == .text)
    #expect(column.notes.contains { $0.contains("date_order") && $0.contains("03/04/2024") })
    #expect(Self.type(["03/04/2024"], told: ValueFormats(dateOrder: .mdy)) == "date")
    #expect(Self.type(["31/04/2024"], told: ValueFormats(dateOrder: .dmy)) == "text")
  }

  @Test("what one column decides helps another that is ambiguous, and is said")
  func inferredFormats() {
    let found = Self.infer([[.plain("03/04/2024")], [.plain("31/12/2024")]])
    #expect(found.columns.map(\.type) == [.date, .date])
    #expect(found.formats.dateOrder == .dmy)
    #expect(found.columns[0].notes.contains { $0.contains("like those of other columns") })
  }

  @Test("a column that turns out to be text has no say in how the others are written")
  func noSayForTexts() {
    let identifiers = Self.infer([
      [.plain("1,5"), .plain("007,5")], [.plain("1.5"), .plain("2.25")],
    ])
    #expect(identifiers.columns.map(\.type.sqlName) == ["text", "numeric(3,2)"])
    #expect(identifiers.formats == ValueFormats())
    // That no type has such an exponent shows only when the values are read in the decided way.
    let late = Self.infer([[.plain("1,5"), .plain("1,5e99999")], [.plain("1.5"), .plain("2.25")]])
    #expect(late.columns.map(\.type.sqlName) == ["text", "numeric(3,2)"])
    #expect(late.formats == ValueFormats())
  }

  @Test("columns with different signs are each read in their own")
  func ownFormats() {
    let found = Self.columns([[.plain("1.234,5")], [.plain("1,234.5")]])
    #expect(found.map(\.type.sqlName) == ["numeric(5,1)", "numeric(5,1)"])
    #expect(found[0].notes.contains { $0.contains("(decimal, thousands)") })
  }

  @Test("told formats are taken: percent, currency, words, patterns, Excel's serials")
  func toldFormats() {
    #expect(Self.type(["5%", "12.5%"], told: ValueFormats(percent: true)) == "numeric(3,3)")
    #expect(Self.type(["€ 5", "7 €"], told: ValueFormats(currency: ["€"])) == "integer")
    #expect(
      Self.type(["ja", "nein"], told: ValueFormats(trueWords: ["ja"], falseWords: ["nein"]))
        == "boolean")
    #expect(Self.type(["ja", "ja"], told: ValueFormats(trueWords: ["ja"])) == "boolean")
    let pattern = try? DatePattern("DDMMYYYY")
    #expect(Self.type(["31122024", "01022024"], told: ValueFormats(dateFormat: pattern)) == "date")
    #expect(Self.type([" 5 ", "  "], told: ValueFormats(trim: true)) == "integer")
  }

  @Test("NULL, empty texts, lengths and samples are counted")
  func counts() {
    let column = Self.columns([
      [.plain("Jürgen"), .plain(""), .quoted(""), .plain("Jürgen"), .plain("Zoë")]
    ])[0]
    #expect(column.valueCount == 4)
    #expect(column.nullCount == 1)
    #expect(column.minLength == 0)
    #expect(column.maxLength == 6)
    #expect(column.samples == ["Jürgen", "Zoë"])
    let number = Self.columns([[.plain("1"), .quoted("")]])[0]
    #expect(number.type == .integer)
    #expect(number.valueCount == 1 && number.nullCount == 1 && number.minLength == 1)
    #expect(Self.columns([[]])[0].isNullable)
  }

  @Test("numbers that are no texts are in plain form, whatever the texts beside them are")
  func literals() {
    let mixed: [Cell] = [.plain("1.234"), .quoted("1.234,5")]
    let column = Self.columns([mixed], marksText: true)[0]
    #expect(column.type == .numeric(precision: 7, scale: 3))
    #expect(column.notes.contains { $0.contains("written as texts") })
    #expect(Self.columns([[.plain("true"), .plain("false")]], marksText: true)[0].type == .boolean)
    #expect(Self.columns([[.plain("true"), .plain("5")]], marksText: true)[0].type == .text)
    let nested: [Cell] = [.quoted("[1]"), .plain("5"), .plain("")]
    #expect(Self.columns([nested], marksText: true)[0].type == .jsonb)
    #expect(Self.columns([[.plain("5"), .quoted("x")]], marksText: true)[0].type == .text)
  }

  @Test(
    "in a JSON file a text beside objects is a value of JSON, and one that looks like one is a text"
  )
  func textsAsJSON() {
    func type(_ cells: Cell...) -> InferredType {
      Self.columns([cells], marksText: true, textsAreJSON: true)[0].type
    }
    #expect(type(.plain(#"{"a": 1}"#), .quoted("x"), .plain("5"), .plain("")) == .jsonb)
    #expect(type(.quoted(#"{"a": 1}"#), .quoted("[1]")) == .text)
    #expect(type(.quoted("x"), .plain("5")) == .text)
  }

  @Test("dates and times of a workbook are no texts, and no numbers")
  func literalDates() {
    func type(_ cells: Cell...) -> InferredType {
      Self.columns([cells], marksText: true)[0].type
    }
    #expect(type(.plain("2024-12-31"), .plain("2024-01-02 10:30:00")) == .timestamp)
    #expect(type(.plain("2024-12-31"), .quoted("31.01.2024")) == .date)
    #expect(type(.plain("10:30:00"), .plain("23:00:00")) == .time)
    #expect(type(.plain("2024-12-31"), .plain("45000")) == .text)
  }

  @Test("rows that the reader could not make whole say nothing")
  func faults() {
    let inference = TypeInference(header: ["a"])
    let rows = [TestRow([.plain("1")]), TestRow([.plain("x")], fault: .fieldCount(found: 2))]
    repeat { inference.add(.of(rows, fieldsPerRow: 1)) } while inference.endPass()
    #expect(inference.columns[0].type == .integer)
    #expect(inference.columns[0].valueCount == 1)
  }
}
