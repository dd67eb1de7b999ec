import FoundationEssentials
import ImportModel
import Worker

/// What is shown of some rounds: the shortest time of each step.
struct BenchResult {
  /// What was measured with a database.
  struct Target {
    let name: String
    let last: DatabaseBench.Outcome
    fileprivate let steps: [Step]

    /// - Parameter outcomes: one at least.
    init(name: String, rounds outcomes: [DatabaseBench.Outcome]) {
      self.name = name
      let last = outcomes[outcomes.count - 1]
      self.last = last
      steps = last.steps.map { step in
        let each = outcomes.compactMap { outcome in
          outcome.steps.first { $0.name == step.name }?.seconds
        }
        return Step(
          name: step.name, title: Step.titles[step.name] ?? step.name, seconds: each.min() ?? 0)
      }
    }
  }

  /// What takes longest of an import, when reading and COPY overlap.
  struct Limit: Encodable {
    let step: String
    let seconds: Double
    /// Of all that an import does.
    let totalSeconds: Double
  }

  fileprivate struct Step {
    let name: String
    let title: String
    let seconds: Double
    var cpuSeconds: Double?

    static let titles = [
      "copy": "COPY of the tuples into staging", "duplicates": "looking for duplicates",
      "rules": "looking at the rules of the target", "merge": "merging into a copy of the target",
    ]
  }

  private let last: StepBench.Outcome
  private let steps: [Step]
  private let rounds: Int
  private let target: Target?

  /// - Parameter outcomes: one at least.
  init(rounds outcomes: [StepBench.Outcome], target: Target?) {
    let last = outcomes[outcomes.count - 1]
    self.last = last
    self.target = target
    rounds = outcomes.count
    steps =
      last.steps.indices.map { index in
        let each = outcomes.map { $0.steps[index] }
        return Step(
          name: each[0].name.rawValue, title: BenchResult.title(each[0].name),
          seconds: each.map(\.seconds).min() ?? 0, cpuSeconds: each.map(\.cpuSeconds).min() ?? 0)
      } + (target?.steps ?? [])
  }

  /// What takes longest: the pass over the whole file, reading and encoding or COPY, whichever is slower, or
  /// a step after them. Nil where no database was asked.
  var limit: Limit? {
    guard target != nil else { return nil }
    func seconds(_ name: String) -> Double { steps.first { $0.name == name }?.seconds ?? 0 }
    let encoding = (name: "encoding", seconds: seconds("encoding"))
    let copy = (name: "copy", seconds: seconds("copy"))
    var inARow = [
      (name: "look_over", seconds: seconds("all") - encoding.seconds),
      encoding.seconds > copy.seconds ? encoding : copy,
    ]
    inARow += ["duplicates", "rules", "merge"].map { (name: $0, seconds: seconds($0)) }
    let total = inARow.reduce(0) { $0 + $1.seconds }
    return inARow.max { $0.seconds < $1.seconds }.map {
      Limit(step: $0.name, seconds: $0.seconds, totalSeconds: total)
    }
  }

  /// A line for the file, one for each step, and with a database two more.
  var lines: [String] {
    let doubt = "\(last.doubtful) values that only Postgres could tell"
    var lines = [
      "\(last.bytes) bytes, \(last.rows) rows, \(last.rowsBad) of them rejected, \(doubt); best of \(rounds)"
    ]
    for step in steps {
      let rates = (rate(Double(last.bytes) / 1e6, step), rate(Double(last.rows), step))
      lines.append(
        "\(step.title.padded(to: 36)) \("\(rates.0)".aligned(in: 6)) MB/s "
          + "\("\(rates.1)".aligned(in: 12)) rows/s "
          + "\(BenchResult.shown(step.seconds).aligned(in: 8)) s")
    }
    if let target { lines.append(BenchResult.sentence(of: target)) }
    if let limit { lines.append(BenchResult.sentence(of: limit)) }
    return lines
  }

  private static func sentence(of target: Target) -> String {
    let counts = target.last.counts
    return
      "a copy of \(target.name) with \(target.last.targetRows) rows: \(counts.inserted) inserted, "
      + "\(counts.updated) updated, \(counts.unchanged) unchanged, \(counts.skipped) skipped, "
      + "\(counts.bad) rejected (plan: \(target.last.plan)); nothing of it was kept"
  }

  private static func sentence(of limit: Limit) -> String {
    let share = Int((limit.seconds / max(limit.totalSeconds, 1e-9) * 100).rounded())
    return "an import takes about \(shown(limit.totalSeconds)) s, of which \(limit.step) takes "
      + "\(shown(limit.seconds)) s (\(share) %): this limits it"
  }

  private func rate(_ amount: Double, _ step: Step) -> Int {
    Int((amount / max(step.seconds, 1e-9)).rounded())
  }

  private static func shown(_ seconds: Double) -> String {
    "\((seconds * 1000).rounded() / 1000)"
  }

  private static func title(_ name: StepBench.Step.Name) -> String {
    switch name {
    case .detecting: "detecting encoding and dialect"
    case .reading: "reading"
    case .surveying: "surveying how values are written"
    case .encoding: "reading, validating and encoding"
    case .all: "all that comes before the COPY"
    }
  }
}

extension BenchResult {
  /// One object, on one line.
  var json: String {
    get throws {
      let object = Shown(
        bytes: last.bytes, rows: last.rows, rowsBad: last.rowsBad, doubtful: last.doubtful,
        encodedBytes: last.encodedBytes, rounds: rounds,
        steps: steps.map { step in
          Shown.Step(
            name: step.name, seconds: step.seconds, cpuSeconds: step.cpuSeconds,
            mbPerSecond: Double(last.bytes) / 1e6 / max(step.seconds, 1e-9),
            rowsPerSecond: Double(last.rows) / max(step.seconds, 1e-9))
        }, target: target.map(Shown.Target.init), limit: limit)
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      encoder.keyEncodingStrategy = .convertToSnakeCase
      return String(decoding: try encoder.encode(object), as: UTF8.self)
    }
  }

  private struct Shown: Encodable {
    struct Step: Encodable {
      let name: String
      let seconds: Double
      let cpuSeconds: Double?
      let mbPerSecond: Double
      let rowsPerSecond: Double
    }

    struct Target: Encodable {
      let name: String
      let rows: Int64
      let plan: String
      let inserted: Int64
      let updated: Int64
      let unchanged: Int64
      let skipped: Int64
      let rejected: Int64

      init(_ target: BenchResult.Target) {
        let counts = target.last.counts
        name = target.name
        rows = target.last.targetRows
        plan = target.last.plan
        (inserted, updated) = (counts.inserted, counts.updated)
        (unchanged, skipped, rejected) = (counts.unchanged, counts.skipped, counts.bad)
      }
    }

    let bytes: Int64
    let rows: Int64
    let rowsBad: Int64
    let doubtful: Int64
    let encodedBytes: Int64
    let rounds: Int
    let steps: [Step]
    let target: Target?
    let limit: Limit?
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate func aligned(in width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
