import ImportModel
import Testing

/// A type with an encoder of its own, as SQL and as texts near its valid forms.
struct FastType: Sendable, CustomTestStringConvertible {
  let sql: String
  let base: BaseType
  /// Postgres's own input function of a text `v`, and what sends the value.
  let input: String
  let send: String
  let seeds: [[UInt8]]
  let templates: [[UInt8]]
  let alphabet: [[UInt8]]

  var testDescription: String { sql }

  init(
    _ sql: String, _ base: BaseType, input: String, send: String, seeds: [String],
    templates: [String] = [], alphabet: String
  ) {
    self.sql = sql
    self.base = base
    self.input = input
    self.send = send
    // Long ones tell no more, and take their time.
    self.seeds = seeds.map { Array($0.utf8) }.filter { $0.count < 200 }
    self.templates = templates.map(FastType.template)
    self.alphabet = alphabet.map { Array(String($0).utf8) }
  }

  private static func integer(_ sql: String, _ base: BaseType, _ stem: String) -> FastType {
    FastType(
      sql, base, input: "\(stem)in(v::cstring)", send: "\(stem)send", seeds: TypeTexts.integers,
      templates: [
        "±9~9~9~9~9~9~9~9~9~9~999999999", "±32769", "±2147483649", "±922337203685477589",
      ],
      alphabet: "0123456789+-_ .exbo\t\u{A0}")
  }

  private static func number(_ sql: String, _ base: BaseType, input: String, send: String)
    -> FastType
  {
    FastType(
      sql, base, input: input, send: send, seeds: NumberTexts.edges,
      templates: [
        "±9~9~9~9~9~9.9~9~9~9~9", "±9.9999999999e±99", "±999.999", "±9999999999999999999.99~99999",
        "±9~9~999e±9~99", ".9~9~9~9", "±0.00000009~9~9", "±99.99~5",
      ],
      alphabet: "0123456789....+-eE_ xXabnifNIty,\té")
  }

  private static func temporal(
    _ sql: String, _ base: BaseType, _ stem: String, _ sample: TemporalSample,
    _ modifier: Int? = nil
  ) -> FastType {
    let input = modifier.map { "\(stem)_in(v::cstring, 0, \($0))" } ?? "\(stem)_in(v::cstring)"
    let common = TemporalTexts.common(sample)
    return FastType(
      sql, base, input: input, send: "\(stem)_send",
      seeds: common + common + TemporalTexts.edges(sample), templates: forms[sample] ?? [],
      alphabet: "0123456789--::..//+  TtZzPpaAmMdDeEinNsyYhHwWBC,é\t")
  }

  private static let days = [
    "2999-09-29", "2999-19-39", "1999-09-29", "2999-9-9", "9999-09-29", "2024-02-29", "29/19/39",
    "29/19/2999", "299911~39", "19.39.2999", "2999/9/9", "9~9~999-09-29 BC", "29991939",
  ]
  private static let clocks = [
    "29:59", "29:59:69", "29:59:59.9~9~9~9~9~9~9", "9:59 PM", "09:59:59.9 am", "295959", "24:00:00",
  ]
  private static let zones = ["", "", "Z", "±19", "±19:59", "±1959", " UTC", "±9:9", " ±15:59:59"]
  private static let moments = days.enumerated().flatMap { index, day in
    clocks.flatMap { clock in
      zones.map { zone in day + (index % 2 == 0 ? " " : "T") + clock + zone }
    }
  }

  private static let forms: [TemporalSample: [String]] = [
    .date: days + ["2999-19-39 29:59:59"],
    .time: clocks + clocks.map { "2999-09-29 " + $0 },
    .timetz: clocks.flatMap { clock in zones.map { clock + $0 } },
    .timestamp: moments, .timestamptz: moments,
    .interval: [
      "±9~9 years ±9 mons ±9 days ±99:59:59.9~9~99999", "P9Y9M9DT9H9M9.9~99S", "±99:99", "9 day",
      "±9.9~9 hours", "±9~9~9~9~99999 sec", "P9W", "PT±9.9H", "±9-9", "9 weeks 9 min ago",
      "±9999 ms", "±9.5 months",
    ],
  ]

  private static func text(_ sql: String, _ base: BaseType, _ stem: String, _ modifier: Int)
    -> FastType
  {
    FastType(
      sql, base, input: "\(stem)in(v::cstring, 0, \(modifier))", send: "\(stem)send",
      seeds: TypeTexts.lengths, alphabet: "abcä👍é日 \t\u{301}")
  }

  private static func json(_ sql: String, _ base: BaseType) -> FastType {
    FastType(
      sql, base, input: "\(sql)_in(v::cstring)", send: "\(sql)_send", seeds: TypeTexts.json,
      templates: [
        "{\"a\": ±9.9e±99, \"b\": [9, null, \"\\u9XX9\"]}", "[±9~9~9.9~9e±9, \"\\uD8XX\\uDCXX\"]",
        "\"\\uXXXX\"", "[[[{\"\": true}], 9~], false]", " {\"a\" : \"\\n\", \"a\":9 } ",
      ],
      alphabet: "{}[]:,\"\"\"aue019.-+\\/ bfnrt\n\té\u{7F}")
  }

  /// All of them.
  static let all: [FastType] = [
    integer("smallint", .smallint, "int2"), integer("integer", .integer, "int4"),
    integer("bigint", .bigint, "int8"),
    number("real", .real, input: "float4in(v::cstring)", send: "float4send"),
    number("double precision", .doublePrecision, input: "float8in(v::cstring)", send: "float8send"),
    number(
      "numeric", .numeric(precision: nil, scale: nil), input: "numeric_in(v::cstring, 0, -1)",
      send: "numeric_send"),
    number(
      "numeric(7,2)", .numeric(precision: 7, scale: 2),
      input: "numeric_in(v::cstring, 0, \(7 << 16 | 2 + 4))", send: "numeric_send"),
    FastType(
      "boolean", .boolean, input: "boolin(v::cstring)", send: "boolsend", seeds: TypeTexts.booleans,
      alphabet: "truefalsyno01TRUEFALSYNO \té"),
    FastType(
      "uuid", .uuid, input: "uuid_in(v::cstring)", send: "uuid_send", seeds: TypeTexts.uuids,
      templates: [
        "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX", "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
        "{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}", "XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX",
      ],
      alphabet: "0123456789abcdefABCDEFg-{} é"),
    FastType(
      "bytea", .bytea, input: "byteain(v::cstring)", send: "byteasend", seeds: TypeTexts.byteas,
      templates: ["\\x~XX~XX~XX XX\nXX", "\\377~\\199a\\\\~b", "\\xXX~X"],
      alphabet: "\\x01789aF é\t"),
    text("varchar(4)", .varchar(limit: 4), "varchar", 8),
    text("char(4)", .char(length: 4), "bpchar", 8),
    FastType(
      "text", .text, input: "textin(v::cstring)", send: "textsend", seeds: TypeTexts.lengths,
      alphabet: "aä👍 \\N"),
    json("json", .json), json("jsonb", .jsonb),
    temporal("date", .date, "date", .date),
    temporal("time", .time(precision: nil), "time", .time, -1),
    temporal("timetz", .timetz(precision: nil), "timetz", .timetz, -1),
    temporal("timestamp", .timestamp(precision: nil), "timestamp", .timestamp, -1),
    temporal("timestamptz", .timestamptz(precision: nil), "timestamptz", .timestamptz, -1),
    temporal("timestamp(3)", .timestamp(precision: 3), "timestamp", .timestamp, 3),
    temporal("interval", .interval, "interval", .interval, -1),
  ]
}
