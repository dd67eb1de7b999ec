import ImportModel
import Reading
import Testing

@Suite("Whatever the bytes are")
struct ReaderPropertyTests {
  private static let seeds = (1...40).map { UInt64($0) }
  private static let limits = [
    ReadingLimits(), ReadingLimits(maxRowBytes: 60, maxRawBytes: 9, blockBytes: 16),
    ReadingLimits(maxRowBytes: 400, blockBytes: 50),
  ]

  @Test("rows, faults and lines are those of a reader that goes byte by byte", arguments: seeds)
  func plainReader(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<40 {
      let header = ["a", "a,b", "a,b,c"].randomElement(using: &random)!
      let bytes = random.csvBytes(pieces: Int.random(in: 0...60, using: &random))
      for limits in Self.limits {
        let plan = ReadPlan(
          limits: limits, blockSizes: random.blockSizes(),
          maxBytes: [1, 40, 333, 1 << 20].randomElement(using: &random)!)
        let names = header.split(separator: ",").map(String.init)
        var plain = PlainReader(bytes, columns: names.count, limits: limits)
        let found = try ReadPlan.rows(plan, bytes, names: names)
        #expect(found == plain.read(), "seed \(seed), bytes \(bytes)")
      }
    }
  }

  @Test("how the bytes are cut into blocks changes nothing, not even the batches", arguments: seeds)
  func blocks(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bytes = Array("a,b\n".utf8) + random.csvBytes(pieces: 400)
    for limits in Self.limits {
      for maxBytes in [64, 1000, 1 << 20] {
        var plan = ReadPlan(limits: limits, maxBytes: maxBytes, maxRows: 50)
        let whole = try plan.read(bytes)
        for _ in 0..<5 {
          plan.blockSizes = random.blockSizes()
          #expect(try plan.read(bytes) == whole, "seed \(seed), blocks \(plan.blockSizes)")
        }
      }
    }
  }

  @Test("reading goes on from the end of any batch as if it had never stopped", arguments: seeds)
  func resume(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bytes = Array("\u{FEFF}a,b\r\n".utf8) + random.csvBytes(pieces: 150)
    for limits in Self.limits {
      var plan = ReadPlan(
        limits: limits, maxBytes: Int.random(in: 1...300, using: &random),
        maxRows: Int.random(in: 1...7, using: &random))
      let whole = try plan.read(bytes)
      plan.header = whole.names
      for end in whole.ends {
        plan.from = end
        let rest = try plan.read(Array(bytes[Int(end.byte)...]))
        #expect(rest.rows == Array(whole.rows[Int(end.row)...]), "seed \(seed), from \(end)")
        #expect(rest.ends.last == (rest.rows.isEmpty ? nil : whole.ends.last))
      }
    }
  }

  @Test("a table written by RFC 4180 comes back as it was", arguments: seeds)
  func roundTrip(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let columns = Int.random(in: 2...9, using: &random)
    let end = ["\n", "\r\n"].randomElement(using: &random)!
    let parts = ["a", "\"", ",", "\n", "\r\n", "\r", " ", "é", "some longer text, as it comes"]
    let table = (0..<300).map { _ in
      (0..<columns).map { _ -> String? in
        let length = Int.random(in: -1...6, using: &random)
        if length < 0 { return nil }
        return (0..<length).map { _ in parts.randomElement(using: &random)! }.joined()
      }
    }
    let lines = table.map { row in row.map(Self.written).joined(separator: ",") }
    let header = (0..<columns).map { "c\($0)" }.joined(separator: ",")
    let text = ([header] + lines).joined(separator: end) + end

    let rows = try ReadPlan(blockSizes: random.blockSizes(), maxBytes: 2000).read(text).rows

    #expect(rows.map(\.fields) == table, "seed \(seed)")
    #expect(rows.map(\.raw) == lines)
  }

  private static func written(_ value: String?) -> String {
    guard let value else { return "" }
    let needsQuotes = value.isEmpty || value.utf8.contains { [34, 44, 10, 13].contains($0) }
    return needsQuotes ? "\"\(value.replacing("\"", with: "\"\""))\"" : value
  }
}

extension ReadPlan {
  /// Reads bytes without a header.
  fileprivate static func rows(_ plan: ReadPlan, _ bytes: [UInt8], names: [String]) throws -> [Row]
  {
    var plan = plan
    plan.from = FilePosition()
    plan.header = names
    return try plan.read(bytes).rows
  }
}
