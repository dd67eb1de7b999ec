import ImportModel
import Reading
import Testing

@Suite("Values of JSON records")
struct JSONFieldTests {
  @Test(
    "a value becomes a field",
    arguments: [
      (#""text""#, "text"), (#""""#, ""), ("null", nil), ("true", "true"), ("false", "false"),
      ("0", "0"), ("-0", "-0"), ("-0.0e+10", "-0.0e+10"), ("1E5", "1E5"), ("1e-2", "1e-2"),
      ("123456789012345678901234567890.10", "123456789012345678901234567890.10"),
      (#""a\"b\\c\/d\b\f\n\r\te""#, "a\"b\\c/d\u{08}\u{0C}\n\r\te"),
      (#""\u00e9\u20AC""#, "é€"), (#""\ud83d\ude00!""#, "😀!"), (#""x\u0041""#, "xA"),
      (#""\u007f\u0001""#, "\u{7F}\u{01}"), (#""\uFFFF\ud7ff\ue000""#, "\u{FFFF}\u{D7FF}\u{E000}"),
      ("\"é€😀\u{7F}\"", "é€😀\u{7F}"), (#""12345678""#, "12345678"), (#""1234567\n""#, "1234567\n"),
      (#"{"b" : [1, 2]}"#, #"{"b" : [1, 2]}"#), ("[]", "[]"), ("{}", "{}"),
      (#"[ "\u00e9" , {} ,[]]"#, #"[ "\u00e9" , {} ,[]]"#),
    ] as [(String, String?)])
  func values(json: String, field: String?) throws {
    for text in [
      "{\"a\":\(json)}", "  {  \"a\" :\t\(json) } \r\n", "[{\"a\":\(json)}]",
      "[\n{\"a\":\(json)}\n]",
      "{\n\"a\"\r:\n\(json)\n}{}",
    ] {
      for size in [Int.max, 1, 3] {
        let file = try JSONPlan(blockSizes: [size]).read(text)
        #expect(file.rows.first?.fields == [field], "\(text)")
        #expect(file.names == ["a"])
      }
    }
  }

  @Test("strings count as quoted; nested values, literals and null do not")
  func quoted() throws {
    let text = #"{"a":"","b":"\n","c":[],"d":{},"e":1,"f":true,"g":null}"#
    let columns = "abcdefgh".map { JSONColumn(String($0)) }
    let reader = JSONReader(
      source: BytesSource(Array(text.utf8)), form: .lines, columns: columns)
    let batch = RecordBatch()
    #expect(try reader.read(into: batch))
    #expect(batch.fields.map(\.isQuoted) == [true, true, false, false, false, false, false, false])
    #expect(batch.fields.map(\.count) == [0, 1, 2, 2, 1, 4, 0, 0])
    #expect(try !reader.read(into: batch))
    #expect(batch.rows.isEmpty)
  }

  @Test("names are found in any order, long, escaped, empty or missing")
  func names() throws {
    let long = String(repeating: "long name ", count: 12)
    let text = """
      {"": 1, "a": 2, "ab": 3, "seven77": 4, "eight888": 5, "nine99999": 6, "\(long)": 7, "é": 8, "q\\"": 9}
      {"q\\u0022": 9, "\\u00e9": 8, "\(long)": 7, "nine99999": 6, "eight888": 5, "s\\u0065ven77": 4, "ab": 3, "a": 2, "": 1}
      {"nine99998": 0, "nine9999": 0, "eight88": 0, "abc": 0, "b": 0, "é": 8}
      {}
      {"": 1, "a": 2, "ab": 3, "seven77": 4, "eight888": 5, "nine99999": 6, "\(long)": 7, "é": 8, "q\\"": 9}
      {"eight888": 5, "nine99998": 0}
      """
    var plan = JSONPlan(form: .lines)
    plan.columns = ["", "a", "ab", "seven77", "eight888", "nine99999", long, "é", "q\""].map {
      JSONColumn($0)
    }
    let all = (1...9).map { String($0) as String? }
    let none = [String?](repeating: nil, count: 9)
    var (third, last) = (none, none)
    third[7] = "8"
    last[4] = "5"
    let fields = try plan.read(text).rows.map(\.fields)
    #expect(fields == [all, all, third, none, all, last])
    #expect(try plan.faults(text) == [nil, nil, nil, nil, nil, nil])
  }

  @Test("a path takes the nested value, and a name with dots in the record itself wins")
  func paths() throws {
    var plan = JSONPlan(form: .lines)
    plan.columns = [
      JSONColumn(name: "city", path: ["address", "city"]), JSONColumn("address"),
      JSONColumn(name: "deep", path: ["address", "geo", "lat"]), JSONColumn("id"),
      JSONColumn(name: "again", path: ["address", "city"]),
    ]
    let text = #"""
      {"id":1,"address":{"city":"B\u00e4r","geo":{"lat":1.5}}}
      {"address":{"geo":{"lat":null},"city":"Y"},"address.city":"top\n","id":2}
      {"address.city":"top","address":{"city":"\u0041"}}
      {"address.city":null,"address":{"city":"x"}}
      {"address":"plain","address.geo.lat":7,"address.geo":{"lat":8}}
      {"address":[{"city":"no"}]}
      """#
    #expect(
      try plan.read(text).rows.map(\.fields) == [
        ["Bär", #"{"city":"B\u00e4r","geo":{"lat":1.5}}"#, "1.5", "1", "Bär"],
        ["top\n", #"{"geo":{"lat":null},"city":"Y"}"#, nil, "2", "top\n"],
        ["top", #"{"city":"\u0041"}"#, nil, nil, "top"],
        [nil, #"{"city":"x"}"#, nil, nil, nil],
        [nil, "plain", "7", nil, nil],
        [nil, #"[{"city":"no"}]"#, nil, nil, nil],
      ])
  }

  @Test("raw text, row numbers and lines are those of an editor", arguments: ["\n", "\r\n", "\r"])
  func lines(end: String) throws {
    let lines = ["", #"{"a":1}"#, "", #"  {"a":2} "#, #"{"a":[]}"#, ""].joined(separator: end)
    var rows = try JSONPlan().read(lines).rows
    #expect(rows.map(\.line) == [2, 4, 5])
    #expect(rows.map(\.number) == [1, 2, 3])
    #expect(rows.map(\.raw) == [#"{"a":1}"#, #"{"a":2}"#, #"{"a":[]}"#])
    let array = ["[", #"{"#, #""a":1}"#, #", {"a":2}, {"a":"#, "", "3}]"].joined(separator: end)
    rows = try JSONPlan().read(array).rows
    #expect(rows.map(\.line) == [2, 4, 4])
    #expect(rows.map(\.raw) == ["{\(end)\"a\":1}", #"{"a":2}"#, "{\"a\":\(end)\(end)3}"])
  }

  @Test("a batch says it is ASCII only where all of its texts are")
  func isPlainASCII() throws {
    #expect(try JSONPlan().read(#"{"a":"x\ny"}"#).isPlainASCII)
    #expect(try !JSONPlan().read(#"{"a":"\u00e9"}"#).isPlainASCII)
    #expect(try !JSONPlan().read(#"{"a":"é"}"#).isPlainASCII)
    #expect(try !JSONPlan().read("{\"a\":1}\n{\"é\"").isPlainASCII)
  }
}
