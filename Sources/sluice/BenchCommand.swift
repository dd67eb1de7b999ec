import FoundationEssentials
import ImportModel
import Threading
import Validation
import Worker

/// `sluice bench FILE`: how fast the steps of an import are that need no database, each by itself, on one
/// thread.
struct BenchCommand {
  private let path: String
  private let columns: ColumnList?
  private let options: ImportOptions
  private let rounds: Int
  private let isJSON: Bool

  init(_ arguments: Arguments) throws {
    guard arguments.files.count == 1, let path = arguments.files.first else {
      throw arguments.wrong("name one file")
    }
    self.path = path
    options = try arguments.importOptions(except: ["columns", "rounds"]).options
    let told = arguments["rounds"] ?? "3"
    guard let rounds = Int(told), (1...1000).contains(rounds) else {
      throw arguments.wrong("--rounds is a number from 1 to 1000")
    }
    self.rounds = rounds
    isJSON = arguments.flags.contains("json")
    do {
      columns = try arguments["columns"].map { text throws(OptionError) in
        try ColumnList(parsing: text)
      }
    } catch {
      throw arguments.wrong(
        "--\(error.option) \(error.message)\(error.hint.map { " (\($0))" } ?? "")")
    }
  }

  /// Ends with 1 where the file cannot be read.
  func run() async throws -> Int32 {
    let executor = ThreadExecutor(name: "bench")
    return try await withTaskExecutorPreference(executor) {
      do {
        let result = BenchResult(try await measure())
        if isJSON {
          Output.line(try result.json)
        } else {
          result.lines.forEach(Output.line)
        }
        return ExitCode.done
      } catch let failure as ImportFailure {
        Output.error("sluice: \(path): \(failure.message)\(failure.hint.map { " (\($0))" } ?? "")")
        return ExitCode.failed
      }
    }
  }

  private func measure() async throws -> [StepBench.Outcome] {
    let bench = StepBench(
      try LocalFile(path), columns: columns, options: options,
      scratch: FileManager.default.temporaryDirectory.path)
    var outcomes: [StepBench.Outcome] = []
    for _ in 0..<rounds { outcomes.append(try await bench.run()) }
    return outcomes
  }
}

/// What is shown of some rounds: the shortest time of each step.
struct BenchResult {
  private let last: StepBench.Outcome
  private let steps: [StepBench.Step]
  private let rounds: Int

  /// - Parameter outcomes: one at least.
  init(_ outcomes: [StepBench.Outcome]) {
    let last = outcomes[outcomes.count - 1]
    self.last = last
    rounds = outcomes.count
    steps = last.steps.indices.map { index in
      let each = outcomes.map { $0.steps[index] }
      return StepBench.Step(
        name: each[0].name, seconds: each.map(\.seconds).min() ?? 0,
        cpuSeconds: each.map(\.cpuSeconds).min() ?? 0)
    }
  }

  /// A line for the file, and one for each step.
  var lines: [String] {
    let doubt = "\(last.doubtful) values that only Postgres could tell"
    var lines = [
      "\(last.bytes) bytes, \(last.rows) rows, \(last.rowsBad) of them rejected, \(doubt); best of \(rounds)"
    ]
    for step in steps {
      let rates = (rate(Double(last.bytes) / 1e6, step), rate(Double(last.rows), step))
      lines.append(
        "\(BenchResult.title(step.name).padded(to: 36)) \("\(rates.0)".aligned(in: 6)) MB/s "
          + "\("\(rates.1)".aligned(in: 12)) rows/s \(BenchResult.seconds(step).aligned(in: 8)) s")
    }
    return lines
  }

  /// One object, on one line.
  var json: String {
    get throws {
      let object = Shown(
        bytes: last.bytes, rows: last.rows, rowsBad: last.rowsBad, doubtful: last.doubtful,
        encodedBytes: last.encodedBytes, rounds: rounds,
        steps: steps.map { step in
          Shown.Step(
            name: step.name.rawValue, seconds: step.seconds, cpuSeconds: step.cpuSeconds,
            mbPerSecond: Double(last.bytes) / 1e6 / max(step.seconds, 1e-9),
            rowsPerSecond: Double(last.rows) / max(step.seconds, 1e-9))
        })
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
      let cpuSeconds: Double
      let mbPerSecond: Double
      let rowsPerSecond: Double
    }
    let bytes: Int64
    let rows: Int64
    let rowsBad: Int64
    let doubtful: Int64
    let encodedBytes: Int64
    let rounds: Int
    let steps: [Step]
  }

  private func rate(_ amount: Double, _ step: StepBench.Step) -> Int {
    Int((amount / max(step.seconds, 1e-9)).rounded())
  }

  private static func seconds(_ step: StepBench.Step) -> String {
    "\((step.seconds * 1000).rounded() / 1000)"
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

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate func aligned(in width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
