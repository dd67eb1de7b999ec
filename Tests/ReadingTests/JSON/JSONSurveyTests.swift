import ImportModel
import Reading
import Testing

@Suite("What a survey finds in a JSON file")
struct JSONSurveyTests {
  @Test(
    "the form is told from the first records",
    arguments: [
      ("[]", .array), (" \n\u{FEFF}[", .lines), ("\u{FEFF} [1]", .array), ("{}", .lines),
      ("{\"a\":1}\n{\"a\":2}", .lines), ("{\"a\":1} {\"a\":2}", .concatenated),
      ("{\"a\":1}{\"a\":2}", .concatenated), ("{\n\"a\":1}", .concatenated),
      ("{\"a\":\n{\"a\":2}\n{\"a\":3}", .lines), ("nonsense\n{\"a\":\n1}", .concatenated),
      ("nonsense\n{\"a\":1}\n", .lines), ("nonsense", .lines), ("\r\r{\"a\":1}\r{\"a\":2}", .lines),
      ("{\"a\"", .lines), ("5\n{\n}", .lines), ("{\r\"a\":1}\r", .concatenated),
    ] as [(String, JSONForm)])
  func form(text: String, form: JSONForm) throws {
    for size in [Int.max, 1] {
      let limits = ReadingLimits(blockBytes: size == 1 ? 1 : 1 << 17)
      let plan = JSONPlan(limits: limits, blockSizes: [size])
      #expect(try plan.survey(Array(text.utf8)).form == form, "\(text)")
    }
  }

  @Test("names and paths come in the order in which they appear, over the whole file")
  func names() throws {
    let text = #"""
      {"b":1,"a":{"y":{"z":1},"x":[{"no":1}]}}
      {"bad":1,"bad":2}
      {"a":{"x":1,"w":2},"c.d":5,"b":{"\u0071":1}}
      7
      """#
    let survey = try JSONPlan().survey(Array(text.utf8))
    #expect(survey.names == ["b", "a", "c.d"])
    #expect(survey.paths == [["a", "y"], ["a", "y", "z"], ["a", "x"], ["a", "w"], ["b", "q"]])
    #expect(survey.hasAllPaths)
    #expect(survey.records == 4)
    #expect(survey.faultyRecords == 2)
    #expect(survey.columns == ["b", "a", "c.d"].map { JSONColumn($0) })
    #expect(survey.column(named: "c.d") == JSONColumn("c.d"))
    #expect(survey.column(named: "a.y.z") == JSONColumn(name: "a.y.z", path: ["a", "y", "z"]))
    #expect(survey.column(named: "a.no") == nil)
  }

  @Test("a survey stops after the records that are asked for")
  func maxRecords() throws {
    let source = BytesSource(Array("{\"a\":1}\n{\"b\":1}\n{\"c\":1}\n".utf8))
    let survey = try JSONSurvey(source: source, maxRecords: 2)
    #expect(survey.names == ["a", "b"])
    #expect(survey.records == 2)
  }

  @Test(
    "a file of nothing but white space is empty", arguments: ["", " ", "\u{FEFF}", "\r\n \t\n"])
  func empty(text: String) throws {
    for size in [Int.max, 1] {
      #expect(throws: ReadingError.self) {
        try JSONPlan(blockSizes: [size]).survey(Array(text.utf8))
      }
      let error = #expect(throws: ReadingError.self) {
        var plan = JSONPlan(blockSizes: [size], form: .lines)
        plan.columns = [JSONColumn("a")]
        _ = try plan.read(text)
      }
      #expect(error?.code == .emptyFile)
    }
  }

  @Test(
    "an empty array has no rows and no columns", arguments: ["[]", " [ \n ] ", "\u{FEFF}[\r]\n"])
  func emptyArray(text: String) throws {
    let survey = try JSONPlan().survey(Array(text.utf8))
    #expect(survey.form == .array)
    #expect(survey.names == [])
    #expect(survey.records == 0)
    let error = #expect(throws: ReadingError.self) { _ = try JSONPlan().read(text) }
    #expect(error?.code == .emptyFile)
    var plan = JSONPlan(form: .array)
    plan.columns = [JSONColumn("a")]
    #expect(try plan.read(text).rows == [])
  }

  @Test("more names than may be are refused; paths beyond the limit are only left out")
  func limits() throws {
    let plan = JSONPlan(limits: ReadingLimits(maxColumns: 3))
    let good = try plan.survey(Array(#"{"a":{"p":1,"q":1,"r":1,"s":1},"b":1,"c":1}"#.utf8))
    #expect(good.names == ["a", "b", "c"])
    #expect(good.paths == [["a", "p"], ["a", "q"], ["a", "r"]])
    #expect(!good.hasAllPaths)
    let error = #expect(throws: ReadingError.self) {
      _ = try plan.survey(Array("{\"a\":1,\"b\":1}\n{\"c\":1,\"d\":1}".utf8))
    }
    #expect(error?.code == .tooManyColumns)
    let deep = String(repeating: "{\"a\":", count: 20) + "1" + String(repeating: "}", count: 20)
    let survey = try JSONPlan().survey(Array(deep.utf8))
    #expect(survey.paths.map(\.count) == Array(2...8))
    #expect(!survey.hasAllPaths)
  }

  @Test("much white space takes little memory and is counted")
  func whiteSpace() throws {
    let space = String(repeating: " \n", count: 200_000)
    for text in [
      "\(space){\"a\":1}", "\(space)[\(space){\"a\":1}\(space),{\"a\":2}\(space)]\(space)",
    ] {
      let file = try JSONPlan(
        limits: ReadingLimits(maxRowBytes: 1000, blockBytes: 1000), maxBytes: 3000
      )
      .read(text)
      #expect(file.rows.first?.line == (text.hasPrefix("\(space)[") ? 400_001 : 200_001))
      #expect(file.rows.allSatisfy { $0.fault == nil })
      #expect(file.rows.count == (text.hasPrefix("\(space)[") ? 2 : 1))
      #expect(file.storageBytes < 20_000)
    }
  }
}
