import ImportModel
import Reading
import Testing

@Suite("Where reading goes on behind broken JSON")
struct JSONRecoveryTests {
  private func plan(_ form: JSONForm, _ limits: ReadingLimits = ReadingLimits()) -> JSONPlan {
    var plan = JSONPlan(limits: limits, form: form)
    plan.columns = [JSONColumn("a")]
    return plan
  }

  private func raws(_ form: JSONForm, _ text: String) throws -> [String] {
    try plan(form).read(text).rows.map { ($0.fault == nil ? "" : "!") + $0.raw }
  }

  @Test("text behind the record of a line makes the line faulty")
  func behindLine() throws {
    #expect(
      try raws(.lines, "{\"a\":1} x\n{},\n{}{}\n{} \t\n5 6\n{}") == [
        "!{\"a\":1} x", "!{},", "!{}{}", "{}", "!5 6", "{}",
      ])
  }

  @Test(
    "a record in one line of an array is passed up to its own bracket, with all that is nested in it"
  )
  func brackets() throws {
    #expect(
      try raws(
        .array, #"[{"a":nan,"b":[{"a":1},{"a":"}]}"}]},{"a":2},{"a":tru},{"a":[1}, {"a":3}]"#)
        == [
          #"!{"a":nan,"b":[{"a":1},{"a":"}]}"}]}"#, #"{"a":2}"#, #"!{"a":tru}"#, #"!{"a":[1}"#,
          #"{"a":3}"#,
        ])
  }

  @Test("what stands in an array beside records is a fault, and the records are read")
  func besides() throws {
    #expect(
      try raws(.array, #"[x, {"a":1}, , {"a":2} y, {"a":3},]"#) == [
        "!x", #"{"a":1}"#, "!", #"!{"a":2}"#, "!y", #"{"a":3}"#, "!",
      ])
    let message = "a comma must not stand behind the last element"
    #expect(try plan(.array).faults("[{},]") == [nil, .syntax(message: message)])
    #expect(try raws(.array, #"[,{"a":1} {"a":2}]"#) == ["!", #"!{"a":1}"#, #"{"a":2}"#])
    #expect(try raws(.array, #"[{"a":1}} , {"a":2}]"#) == [#"!{"a":1}"#, "!}", #"{"a":2}"#])
    #expect(
      try raws(.concatenated, #"{"a":1},{"a":2} x {"a":3}}{"a":4}"#) == [
        #"{"a":1}"#, "!,", #"{"a":2}"#, "!x", #"{"a":3}"#, "!}", #"{"a":4}"#,
      ])
  }

  @Test("a line that begins a record ends a broken one before it, but a deeper one does not")
  func lines() throws {
    let array = """
      [
        {
          "a": NaN,
          "b": [
            {"a": 5}
          ]
        },
        {
          "a": 1,
        {
          "a": 2
        },
        {"a": "open},
        {"a": [1, {"a": 3}
        {"a": 4}
      ]
      """
    let rows = try plan(.array).read(array).rows
    #expect(rows.map(\.line) == [2, 8, 10, 13, 14, 15])
    #expect(rows.map { $0.fault == nil } == [false, false, true, false, false, true])
    #expect(rows.compactMap { $0.fields.first } == ["2", "4"])
    let lines = "{\"a\":\n[1,\n{\"a\":2}\n{\"a\":3}"
    #expect(try raws(.concatenated, lines) == ["!{\"a\":\n[1,\n{\"a\":2}", "{\"a\":3}"])
  }

  @Test("an array that is cut off between two records has a fault at its end")
  func cutArray() throws {
    let fault = RowFault.syntax(
      message: "the file ends before its array is closed: it seems to be cut off")
    let cases: [(String, [RowFault?])] = [
      ("[", [fault]), ("[ \n", [fault]), ("[{}", [fault]), ("[{} \n", [fault]),
      ("[{},", [nil, fault]),
      ("[{}, \n", [nil, fault]), ("[{},{} ", [nil, fault]), ("[{}]", [nil]), ("[{}] \n ", [nil]),
    ]
    for (text, faults) in cases {
      for size in [Int.max, 1] {
        for maxRows in [1, 10] {
          var plan = plan(.array)
          plan.blockSizes = [size]
          plan.maxRows = maxRows
          #expect(try plan.faults(text) == faults, "\(text)")
        }
      }
    }
  }

  @Test("text behind an array is a fault with all of it")
  func behindArray() throws {
    #expect(try raws(.array, "[{}] \n [{}]") == ["{}", "![{}]"])
    #expect(try raws(.array, "[{}]]") == ["{}", "!]"])
    #expect(try raws(.array, "[] x") == ["!x"])
  }

  @Test("a reader that is told of an array and finds none says so")
  func noArray() throws {
    let error = #expect(throws: ReadingError.self) { _ = try plan(.array).read("{}") }
    #expect(error?.code == .unsupportedFormat)
  }

  @Test(
    "a record is too long from the first byte beyond the limit on", arguments: JSONForm.allCases)
  func tooLong(form: JSONForm) throws {
    let limits = ReadingLimits(maxRowBytes: 100, maxRawBytes: 20, blockBytes: 32)
    for count in Array(85...110) + Array(4080...4110) + [60_000] {
      for tail in ["\"}", "\", \"b\": NaN}", "\"} "] {
        let record = "{\"a\":\"\(String(repeating: "x", count: count))\(tail)"
        for maxBytes in [1, 101, 5000] {
          var plan = plan(form, limits)
          plan.maxBytes = maxBytes
          let text =
            form == .array ? "[{},\(record),{\"a\":\"n\"}]" : "{}\n\(record)\n{\"a\":\"n\"}"
          let file = try plan.read(text)
          let rows = file.rows
          let length = record.utf8.count - (tail.hasSuffix(" ") ? 1 : 0)
          let isBroken = tail.contains("NaN")
          // Of a broken record the problem has to lie within the limit.
          let isTooLong = length - (isBroken ? 4 : 0) > 100
          #expect(rows.count == 3)
          #expect(rows.last?.fields == ["n"])
          #expect(rows.last?.line == (form == .array ? 1 : 3))
          #expect((rows[1].fault == .tooLong(limit: 100)) == isTooLong, "\(length) \(tail)")
          #expect((rows[1].fault == nil) == (!isTooLong && !isBroken))
          if isTooLong { #expect(rows[1].raw == record.prefix(20)) }
          #expect(file.storageBytes < 32_000)
        }
      }
    }
  }

  @Test("a broken record that takes the rest of a long file with it is an error")
  func lost() throws {
    let limits = ReadingLimits(maxRowBytes: 100, maxRawBytes: 20, blockBytes: 32)
    let more = String(repeating: "{\"a\":1},", count: 2000)
    for text in ["[{\"a\":1,\(more){}]", "[{\"a\":[1,\(more)", "[{}] \(more)"] {
      let error = #expect(throws: ReadingError.self) { _ = try plan(.array, limits).read(text) }
      #expect(error?.code == .corruptFile)
    }
    let lines = more.replacing(",", with: ",\n")
    let rows = try plan(.array, limits).read("[{\"a\":1,\(lines){}]").rows
    #expect(rows.count == 2001)
    #expect(rows.filter { $0.fault != nil }.count == 1)
    #expect(try plan(.lines, limits).read("{\"a\":1,\(more)").rows.count == 1)
  }

  @Test("a source that fails makes the reader fail")
  func source() throws {
    #expect(throws: BrokenSource.Failure.self) { _ = try JSONSurvey(source: BrokenSource()) }
    let reader = JSONReader(source: BrokenSource(), form: .lines, columns: [JSONColumn("a")])
    #expect(throws: BrokenSource.Failure.self) { _ = try reader.read(into: RecordBatch()) }
  }
}
