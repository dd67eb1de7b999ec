import Foundation
import ImportModel
import Reading
import Testing

@Suite("Whatever the JSON is")
struct JSONPropertyTests {
  private static let seeds = (1...16).map { UInt64($0) }
  private static let limits = [
    ReadingLimits(), ReadingLimits(maxRowBytes: 60, maxRawBytes: 9, blockBytes: 16),
    ReadingLimits(maxRowBytes: 400, blockBytes: 50),
  ]

  @Test("records written in any style come back as they were", arguments: seeds)
  func roundTrip(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let records = (0..<40).map { _ in random.record() }
    let texts = records.map { random.written($0, newLines: false) }
    let spread = records.map { random.written($0, newLines: true) }
    let files: [(JSONForm, String)] = [
      (.lines, texts.joined(separator: "\n")),
      (.array, "[" + spread.joined(separator: " ,\n") + "]"),
      (.concatenated, "{\n}" + spread.joined(separator: "\n")),
    ]
    for (form, text) in files {
      let plan = JSONPlan(blockSizes: random.blockSizes(), maxBytes: 700)
      let survey = try plan.survey(Array(text.utf8))
      #expect(survey.form == form, "seed \(seed)")
      let rows = try plan.read(text).rows.dropFirst(form == .concatenated ? 1 : 0)
      #expect(rows.count == records.count)
      for (row, record) in zip(rows, records) {
        let expected = survey.names.map { name in record.first { $0.name == name }?.value ?? .null }
        #expect(row.fault == nil)
        for (field, value) in zip(row.fields, expected) { try Self.compare(field, value) }
      }
    }
  }

  private static func compare(_ field: String?, _ value: PlainJSON) throws {
    switch value {
    case .null: #expect(field == nil)
    case .literal(let text), .string(let text): #expect(field == text)
    case .array, .object:
      let found = try JSONSerialization.jsonObject(with: Data((field ?? "").utf8))
      let expected = try JSONSerialization.jsonObject(with: Data(value.foundationText.utf8))
      #expect((found as? NSObject) == (expected as? NSObject))
    }
  }

  @Test("a line is read when it is JSON, and a fault when it is not", arguments: seeds)
  func validation(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var lines: [[UInt8]] = []
    while lines.count < 200 {
      var line = Array(random.written(random.record(), newLines: false).utf8)
      for _ in 0..<Int.random(in: 0...3, using: &random) { random.damage(&line) }
      line.removeAll { $0 == 10 || $0 == 13 }
      if line.contains(where: { $0 != 32 && $0 != 9 }) { lines.append(line) }
    }
    var plan = JSONPlan(blockSizes: random.blockSizes(), maxBytes: 2000, form: .lines)
    plan.columns = [JSONColumn("a"), JSONColumn("é"), JSONColumn(name: "p", path: ["b", "a"])]
    let rows = try plan.read(Array(lines.joined(separator: [10]))).rows
    #expect(rows.count == lines.count)
    for (row, line) in zip(rows, lines) {
      let text = String(decoding: line, as: UTF8.self)
      guard case .object(let members) = PlainJSON(line) else {
        #expect(row.fault != nil, "\(text)")
        continue
      }
      #expect(row.fault == nil, "\(text)")
      if row.fault != nil { continue }
      for (column, name) in ["a", "é"].enumerated() {
        switch members.first(where: { $0.name == name })?.value ?? .null {
        case .null: #expect(row.fields[column] == nil)
        case .literal(let text), .string(let text): #expect(row.fields[column] == text)
        case let nested: #expect(PlainJSON((row.fields[column] ?? "").utf8) == nested)
        }
      }
    }
  }

  @Test("how the bytes are cut into blocks and batches changes no row", arguments: seeds)
  func blocks(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for form in JSONForm.allCases {
      let bytes = random.file(form)
      for limits in Self.limits {
        var plan = JSONPlan(limits: limits, form: form)
        plan.columns = [JSONColumn("a"), JSONColumn(name: "p", path: ["b", "a"])]
        let whole = try plan.outcome(bytes).rows
        for _ in 0..<2 {
          plan.maxBytes = [1, 40, 333, 1 << 20].randomElement(using: &random)!
          plan.maxRows = [1, 3, .max].randomElement(using: &random)!
          plan.blockSizes = [.max]
          let cut = try plan.outcome(bytes)
          #expect(cut.rows == whole, "seed \(seed) \(form) \(plan)")
          plan.blockSizes = random.blockSizes()
          let again = try plan.outcome(bytes)
          #expect(again == cut, "seed \(seed) \(form) \(plan)")
        }
      }
    }
  }

  @Test("reading goes on from the end of any batch as if it had never stopped", arguments: seeds)
  func resume(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for form in JSONForm.allCases {
      for limits in Self.limits {
        let bytes = Array("\u{FEFF}".utf8) + random.file(form)
        var plan = JSONPlan(
          limits: limits, maxBytes: Int.random(in: 1...300, using: &random),
          maxRows: Int.random(in: 1...7, using: &random), form: form)
        plan.columns = [JSONColumn("a"), JSONColumn(name: "p", path: ["b", "a"])]
        let outcome = try plan.outcome(bytes)
        guard outcome.error == nil else { continue }
        let whole = outcome.file
        for end in whole.ends.shuffled(using: &random).prefix(6) {
          plan.from = end
          let rest = try plan.read(Array(bytes[Int(end.byte)...]))
          #expect(
            rest.rows == Array(whole.rows[Int(end.row)...]), "seed \(seed), \(form) from \(end)")
        }
        #expect(whole.rows.map(\.number) == (0..<whole.rows.count).map { Int64($0) + 1 })
      }
    }
  }

  @Test("no byte of a file is left out: it is in a row, in a fault, or between two")
  func nothingLost() throws {
    for seed in Self.seeds {
      var random = SeededGenerator(seed: seed)
      for form in JSONForm.allCases {
        let bytes = random.file(form)
        var plan = JSONPlan(form: form)
        plan.columns = [JSONColumn("a")]
        let rows = try plan.read(bytes).rows
        func squeezed(_ text: String) -> [Unicode.Scalar] {
          text.unicodeScalars.filter { !" \t\r\n".unicodeScalars.contains($0) }
        }
        var rest = squeezed(String(decoding: bytes, as: UTF8.self))[...]
        for row in rows {
          let raw = squeezed(row.raw)
          while form == .array, let first = rest.first, "[,]".unicodeScalars.contains(first),
            !rest.starts(with: raw) || raw.isEmpty
          {
            rest.removeFirst()
          }
          #expect(rest.starts(with: raw), "seed \(seed) \(form) row \(row)")
          rest = rest.dropFirst(raw.count)
        }
        #expect(rest.allSatisfy { "[,]".unicodeScalars.contains($0) }, "seed \(seed) \(form)")
      }
    }
  }
}

/// What comes of a file: all of it, or an error.
private struct Outcome: Equatable {
  var file = ReadFile()
  var error: ReadingError?
  /// None where there is an error, for it comes earlier or later as the batches are.
  var rows: [Row] { file.rows }
}

extension JSONPlan {
  fileprivate func outcome(_ bytes: [UInt8]) throws -> Outcome {
    do {
      return Outcome(file: try read(bytes))
    } catch let error as ReadingError {
      return Outcome(error: error)
    }
  }
}

extension PlainJSON {
  /// As text that any JSON parser takes.
  fileprivate var foundationText: String {
    switch self {
    case .null: "null"
    case .literal(let text): text
    case .string(let text):
      "\"" + text.utf16.map { "\\u" + String(0x10000 + Int($0), radix: 16).dropFirst() }.joined()
        + "\""
    case .array(let values): "[" + values.map(\.foundationText).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.map { "\(PlainJSON.string($0.name).foundationText):\($0.value.foundationText)" }
        .joined(separator: ",") + "}"
    }
  }
}
