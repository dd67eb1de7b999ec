import ImportModel
import Reading
import Testing

@Suite("Whatever the bytes are, in any dialect")
struct ScannerTests {
  private static let seeds = (1...4).map { UInt64($0) }
  private static let limits = [
    ReadingLimits(), ReadingLimits(maxRowBytes: 60, maxRawBytes: 9, blockBytes: 16),
    ReadingLimits(maxRowBytes: 200, maxColumns: 9, blockBytes: 50),
  ]

  @Test(
    "the fast scanner and the general one give the same batches", arguments: NamedDialect.plain,
    seeds)
  func agreement(named: NamedDialect, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<20 {
      let bytes = random.bytes(of: named.dialect, pieces: Int.random(in: 0...90, using: &random))
      for limits in Self.limits {
        var plan = ReadPlan(
          dialect: named.dialect, limits: limits,
          maxBytes: [1, 40, 333, 1 << 20].randomElement(using: &random)!,
          maxRows: [1, 3, .max].randomElement(using: &random)!)
        if Bool.random(using: &random) { plan.header = ["a", "b"] }
        let fast = Outcome(plan, bytes)
        plan.usesFastScanner = false
        #expect(Outcome(plan, bytes) == fast, "seed \(seed), bytes \(bytes)")
      }
    }
  }

  @Test(
    "rows, faults and lines are those of a reader that goes byte by byte",
    arguments: NamedDialect.plain + NamedDialect.general, seeds)
  func plainReader(named: NamedDialect, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var dialect = named.dialect
    dialect.skipRows = 0
    for _ in 0..<20 {
      let bytes = random.bytes(of: dialect, pieces: Int.random(in: 0...90, using: &random))
      let names = [["a"], ["a", "b"], ["a", "b", "c"]].randomElement(using: &random)!
      for limits in Self.limits {
        // Not the start of a file, so that nothing is taken for the mark of another format.
        let plan = ReadPlan(
          dialect: dialect, limits: limits, blockSizes: random.blockSizes(),
          maxBytes: [1, 40, 333, 1 << 20].randomElement(using: &random)!,
          from: FilePosition(byte: 7), header: names)
        var plain = PlainReader(bytes, columns: names.count, limits: limits, dialect: dialect)
        #expect(try plan.read(bytes).rows == plain.read(), "seed \(seed), bytes \(bytes)")
      }
    }
  }

  @Test(
    "how the bytes are cut changes nothing, and reading goes on from the end of any batch",
    arguments: NamedDialect.plain + NamedDialect.general, seeds)
  func blocks(named: NamedDialect, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bytes = random.bytes(of: named.dialect, pieces: 120)
    for limits in Self.limits {
      var plan = ReadPlan(
        dialect: named.dialect, limits: limits,
        maxBytes: [1, 40, 333].randomElement(using: &random)!,
        maxRows: [1, 3, .max].randomElement(using: &random)!)
      let outcome = Outcome(plan, bytes)
      plan.blockSizes = random.blockSizes()
      #expect(Outcome(plan, bytes) == outcome, "seed \(seed), blocks \(plan.blockSizes)")
      guard case .file(let whole) = outcome else { continue }
      plan.header = whole.names
      for end in whole.ends {
        plan.from = end
        let rest = try plan.read(Array(bytes[Int(end.byte)...]))
        #expect(rest.rows == Array(whole.rows[Int(end.row)...]), "seed \(seed), from \(end)")
        #expect(rest.ends.last == (rest.rows.isEmpty ? nil : whole.ends.last))
      }
    }
  }
}

/// What came out of a file, or why nothing did.
private enum Outcome: Equatable {
  case file(ReadFile)
  case error(ReadingError)
  case other(String)

  init(_ plan: ReadPlan, _ bytes: [UInt8]) {
    do {
      self = .file(try plan.read(bytes))
    } catch let error as ReadingError {
      self = .error(error)
    } catch {
      self = .other("\(error)")
    }
  }
}
