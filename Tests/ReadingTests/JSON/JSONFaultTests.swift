import ImportModel
import Reading
import Testing

@Suite("Broken JSON records")
struct JSONFaultTests {
  private static func syntax(_ message: String) -> RowFault { .syntax(message: message) }

  /// Records that are broken, each with what is said of it.
  static let broken: [(String, String)] = [
    (#"{"a":1,}"#, "a comma must not stand behind the last element (character 8)"),
    (#"{"a":[1,]}"#, "a comma must not stand behind the last element (character 9)"),
    (#"{"a":1 /* x */}"#, "JSON has no comments (character 8)"),
    (#"{"a": // x"#, "JSON has no comments (character 7)"),
    (#"{'a':1}"#, "text must stand in double quotes, not in single ones (character 2)"),
    (#"{"a":'x'}"#, "text must stand in double quotes, not in single ones (character 6)"),
    (#"{a:1}"#, "names must stand in double quotes (character 2)"),
    (#"{"é":NaN}"#, "JSON has no NaN and no Infinity; write null (character 6)"),
    (#"{"a":-Infinity}"#, "JSON has no NaN and no Infinity; write null (character 6)"),
    (#"{"a":nan}"#, "JSON has no NaN and no Infinity; write null (character 6)"),
    (#"{"a":True}"#, "this word is none of true, false and null (character 6)"),
    (#"{"a":tru}"#, "this word is none of true, false and null (character 6)"),
    (#"{"a":nulL}"#, "this word is none of true, false and null (character 6)"),
    (#"{"a":truex}"#, "a comma or } must stand here (character 10)"),
    (#"{"a":01}"#, "this is no number as JSON writes it (character 6)"),
    (#"{"a":-}"#, "this is no number as JSON writes it (character 6)"),
    (#"{"a":-01}"#, "this is no number as JSON writes it (character 6)"),
    (#"{"a":+1}"#, "this is no number as JSON writes it (character 6)"),
    (#"{"a":.5}"#, "this is no number as JSON writes it (character 6)"),
    (#"{"a":5.}"#, "this is no number as JSON writes it (character 6)"),
    (#"{"a":1e}"#, "this is no number as JSON writes it (character 6)"),
    (#"{"a":1e+}"#, "this is no number as JSON writes it (character 6)"),
    (#"{"a":0x1F}"#, "a comma or } must stand here (character 7)"),
    (#"{"a":1_000}"#, "a comma or } must stand here (character 7)"),
    (#"{"a" 1}"#, "a colon must stand behind the name (character 6)"),
    (#"{"a":}"#, "a value must stand here (character 6)"),
    (#"{"a":,"b":1}"#, "a value must stand here (character 6)"),
    (#"{,"a":1}"#, "a name in double quotes must stand here (character 2)"),
    (#"{1:1}"#, "a name in double quotes must stand here (character 2)"),
    (#"{"a":1 "b":2}"#, "a comma or } must stand here (character 8)"),
    (#"{"a":[1 2]}"#, "a comma or ] must stand here (character 9)"),
    (#"{"a":[1}"#, "a comma or ] must stand here (character 8)"),
    (#"{"a":{]}"#, "a name in double quotes must stand here (character 7)"),
    (
      "{\"a\":\"\t\"}",
      "a control character in a string must be written with a backslash (character 7)"
    ),
    (
      "{\"a\":\"x\u{0}\"}",
      "a control character in a string must be written with a backslash (character 8)"
    ),
    (#"{"a":"\x"}"#, "this backslash sequence does not exist (character 7)"),
    (#"{"a":"\u12G4"}"#, "this backslash sequence does not exist (character 7)"),
    (#"{"a":"\ud800"}"#, "half of a surrogate pair is no character (character 7)"),
    (#"{"a":"\udc00"}"#, "half of a surrogate pair is no character (character 7)"),
    (#"{"a":"\ud800\u0041"}"#, "half of a surrogate pair is no character (character 7)"),
    (#"{"a":"\ud800\n"}"#, "half of a surrogate pair is no character (character 7)"),
    (#"{"a":"\u0000"}"#, #"the character \u0000 cannot be stored (character 7)"#),
    (#"{"x":["\u0000"]}"#, #"the character \u0000 cannot be stored (character 8)"#),
    (#"{"a":1,"a":2}"#, #"the name "a" comes twice in one object (character 8)"#),
    (#"{"a":1,"\u0061":2}"#, #"the name "\u0061" comes twice in one object (character 8)"#),
    (#"{"z":1,"z":2}"#, #"the name "z" comes twice in one object (character 8)"#),
    (#"{"\u007a":1,"z":2}"#, #"the name "z" comes twice in one object (character 13)"#),
    (
      #"{"a":[{"k":1},{"k":2,"l":{"k":0},"k":3}]}"#,
      #"the name "k" comes twice in one object (character 34)"#
    ),
    ("{\"a\":\u{A0}1}", "a value must stand here (character 6)"),
    ("{\"a\":1\u{0}}", "a comma or } must stand here (character 7)"),
  ]

  @Test("a broken record is a fault that says what is wrong and where", arguments: broken)
  func messages(record: String, message: String) throws {
    let next = "{\"a\":\"n\"}"
    let lines = "\(next)\n\(record)\n\(next)\n\(record)"
    for size in [Int.max, 1, 5] {
      for maxBytes in [1, 7, 1 << 20] {
        var plan = JSONPlan(blockSizes: [size], maxBytes: maxBytes, form: .lines)
        plan.columns = [JSONColumn("a")]
        let rows = try plan.read(lines).rows
        let fault = RowFault.syntax(message: message)
        #expect(
          rows == [
            Row(number: 1, line: 1, fields: ["n"], raw: next),
            Row(number: 2, line: 2, fields: [], raw: record, fault: fault),
            Row(number: 3, line: 3, fields: ["n"], raw: next),
            Row(number: 4, line: 4, fields: [], raw: record, fault: fault),
          ])
        plan.form = .array
        let array = try plan.read("[\(next)\n,\n\(record)\n,\n\(next)]").rows
        #expect(array.map(\.fields) == [["n"], [], ["n"]], "\(record)")
        #expect(array.map(\.fault) == [nil, fault, nil])
        #expect(array.map(\.line) == [1, 3, 5])
        plan.form = .concatenated
        let spanning = try plan.read("\(next)\n\(record)\n\(next)").rows
        #expect(spanning.map(\.fields) == [["n"], [], ["n"]], "\(record)")
        #expect(spanning.map(\.line) == [1, 2, 3])
      }
    }
  }

  @Test(
    "a record that is no object says what it is",
    arguments: [
      ("5", "a number"), ("-1.5e3", "a number"), ("[1,2]", "an array"), ("[]", "an array"),
      (#""x""#, "a string"), ("true", "a boolean"), ("false", "a boolean"), ("null", "null"),
    ])
  func noObject(record: String, type: String) throws {
    let fault = Self.syntax("is \(type), not an object")
    for size in [Int.max, 1] {
      var plan = JSONPlan(blockSizes: [size], form: .lines)
      plan.columns = [JSONColumn("a")]
      #expect(try plan.faults("\(record)\n{}\n\(record)") == [fault, nil, fault])
      plan.form = .array
      #expect(try plan.faults("[\(record),{} ,\(record) ]") == [fault, nil, fault])
      plan.form = .concatenated
      #expect(try plan.faults("\(record) {} \(record)") == [fault, nil, fault])
    }
  }

  @Test(
    "invalid UTF-8 in a string is a fault of its own",
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
      [0xED, 0xA0, 0x80],
      [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
      [0xE9, 0x61, 0x62],
    ] as [[UInt8]])
  func encoding(bytes: [UInt8]) throws {
    for padding in 0...9 {
      let record =
        Array("{\"a\":\"".utf8) + Array(repeating: 0x78, count: padding) + bytes + Array("\"}".utf8)
      var plan = JSONPlan(blockSizes: [padding + 1], form: .lines)
      plan.columns = [JSONColumn("a")]
      let next = Array("\n{\"a\":1}\n".utf8)
      #expect(try plan.read(record).rows.map(\.fault) == [.badEncoding])
      #expect(
        try plan.read(record + next + record).rows.map(\.fault) == [
          .badEncoding, nil, .badEncoding,
        ])
      let array = [0x5B] + record + [0x2C] + next + [0x2C] + record + [0x5D]
      plan.form = .array
      #expect(try plan.read(array).rows.map(\.fault) == [.badEncoding, nil, .badEncoding])
    }
  }

  @Test("a file cut off within a record ends with a fault, wherever it is cut")
  func cutOff() throws {
    let record = #"{"a":"é\u00e9\ud83d\ude00","b":[-1.5e+3,true,{"c":null}]}"#
    let whole = "{}\n\(record)"
    let fault = Self.syntax("the file ends inside this record")
    for count in 4..<whole.utf8.count {
      for form in [JSONForm.lines, .concatenated, .array] {
        for size in [Int.max, 3] {
          var plan = JSONPlan(blockSizes: [size], form: form)
          plan.columns = [JSONColumn("a")]
          let text = form == .array ? "[{},\(record)" : whole
          let cut = Array(Array(text.utf8)[..<(count + (form == .array ? 1 : 0))])
          let rows = try plan.read(cut).rows
          #expect(rows.map(\.fault) == [nil, fault], "\(String(decoding: cut, as: UTF8.self))")
        }
      }
    }
  }

  @Test("a line that ends within its record costs only itself", arguments: ["\n", "\r\n", "\r"])
  func cutLine(end: String) throws {
    let record = Array(#"{"a":"é\u00e9\ud83d\ude00","b":[-1.5e+3,true,{"c":null}]}"#.utf8)
    for count in 1..<record.count where record[count] & 0xC0 != 0x80 {
      var plan = JSONPlan(form: .lines)
      plan.columns = [JSONColumn("a")]
      let bytes = Array(record[..<count]) + Array("\(end){}".utf8)
      let rows = try plan.read(bytes).rows
      #expect(rows.count == 2)
      #expect(rows.first?.fault == Self.syntax("the line ends inside this record"))
      #expect(rows.last == Row(number: 2, line: 2, fields: [nil], raw: "{}"))
    }
  }

  @Test("a name may be 1 KiB long, and nesting 512 deep")
  func bounds() throws {
    var plan = JSONPlan(form: .lines)
    plan.columns = [JSONColumn("a")]
    for (count, isGood) in [(1024, true), (1025, false)] {
      let name = String(repeating: "n", count: count)
      let fault = Self.syntax("a name is longer than 1024 bytes (character 2)")
      #expect(try plan.faults("{\"\(name)\":1}") == [isGood ? nil : fault])
      #expect(try plan.faults("{\"a\":{\"\(name)\":1}}") == [nil])
    }
    for (count, isGood) in [(511, true), (512, false), (100_000, false)] {
      let deep = String(repeating: "[", count: count) + String(repeating: "]", count: count)
      let fault = Self.syntax("objects and arrays are nested more than 512 deep (character 517)")
      for form in JSONForm.allCases {
        plan.form = form
        let text = form == .array ? "[{\"a\":\(deep)},{}]" : "{\"a\":\(deep)}\n{}"
        #expect(try plan.faults(text) == [isGood ? nil : fault, nil])
      }
    }
  }

  @Test("many names in one object are told apart, and the one that comes twice is found")
  func manyNames() throws {
    let members = (0..<20_000).map { "\"n\($0)\":\($0)" }.joined(separator: ",")
    var plan = JSONPlan(form: .lines)
    plan.columns = [JSONColumn("n7")]
    #expect(try plan.read("{\(members)}").rows.first?.fields == ["7"])
    #expect(try plan.faults("{\"x\":{\(members)}}") == [nil])
    let faults = try plan.faults("{\"x\":{\(members),\"n11\":0}}")
    guard case .syntax(let message) = faults[0] else {
      Issue.record("no fault")
      return
    }
    #expect(message.hasPrefix("the name \"n11\" comes twice"))
  }
}
