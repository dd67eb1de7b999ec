import FoundationEssentials
import ImportModel
import Postgres
import Synchronization
import Telemetry
import Threading
import Validation
import Worker

/// `sluice bench FILE`: how fast the steps of an import are, each by itself; with `--target` also those that
/// need a database, on a copy of the target that is taken back.
struct BenchCommand {
  private let path: String
  private let columns: ColumnList?
  private let told: ToldOptions
  private let settings: Settings
  private let rounds: Int
  private let isJSON: Bool
  private let copiesRows: Bool

  init(_ arguments: Arguments) throws {
    guard arguments.files.count == 1, let path = arguments.files.first else {
      throw arguments.wrong("name one file")
    }
    self.path = path
    told = try arguments.importOptions(
      except: ["columns", "rounds", Setting.databaseURL.flag, Setting.targets.flag])
    settings = try Settings(arguments)
    let words = arguments["rounds"] ?? "3"
    guard let rounds = Int(words), (1...1000).contains(rounds) else {
      throw arguments.wrong("--rounds is a number from 1 to 1000")
    }
    self.rounds = rounds
    isJSON = arguments.flags.contains("json")
    copiesRows = !arguments.flags.contains("empty")
    do {
      columns = try arguments["columns"].map { text throws(OptionError) in
        try ColumnList(parsing: text)
      }
    } catch {
      throw arguments.wrong(
        "--\(error.option) \(error.message)\(error.hint.map { " (\($0))" } ?? "")")
    }
    try checkTarget(arguments)
  }

  private func checkTarget(_ arguments: Arguments) throws {
    guard told.target != nil else { return }
    if columns != nil { throw arguments.wrong("--target tells the columns: leave --columns out") }
    if settings.databaseURL == nil {
      throw arguments.wrong(
        "--target is looked for in the database: name it with \(Setting.databaseURL.variable)")
    }
    if told.options.mapping?.values.contains(where: { $0?.lookup != nil }) == true {
      throw arguments.wrong("lookups are not measured: leave them out of --mapping")
    }
    if told.options.mode == .replace {
      throw arguments.wrong("replacing is not measured: --mode is upsert, insert or append")
    }
    if told.options.duplicates == .reject {
      throw arguments.wrong("rejecting duplicates is not measured: --duplicates is last or first")
    }
  }

  /// Ends with 1 where the file cannot be read; a signal calls it off, and nothing stays behind.
  func run() async throws -> Int32 {
    let executor = ThreadExecutor(name: "bench")
    let work = Task(executorPreference: executor) { try await measure() }
    let interrupted = Mutex(false)
    let signals = Task {
      _ = await Signals.next()
      interrupted.withLock { $0 = true }
      work.cancel()
    }
    defer { signals.cancel() }
    do {
      let result = try await work.value
      if isJSON {
        Output.line(try result.json)
      } else {
        result.lines.forEach(Output.line)
      }
      return ExitCode.done
    } catch  where interrupted.withLock({ $0 }) {
      return ExitCode.interrupted
    } catch let failure as ImportFailure {
      Output.error("sluice: \(path): \(failure.message)\(failure.hint.map { " (\($0))" } ?? "")")
    } catch let error as TargetError {
      Output.error("sluice: \(error)")
    }
    return ExitCode.failed
  }

  private func measure() async throws -> BenchResult {
    let file = try LocalFile(path)
    guard let name = told.target, let url = settings.databaseURL else {
      return try await BenchResult(rounds: measure(file, as: columns?.table), target: nil)
    }
    let connection = try await PostgresConnection.connect(
      PostgresConfiguration(
        url: url, applicationName: "sluice bench", connectTimeout: 10,
        settings: DatabaseBench.sessionSettings),
      logger: Logger(level: settings.logLevel, format: settings.logFormat))
    do {
      let result = try await measure(file, into: name, on: connection)
      await connection.close()
      return result
    } catch {
      await connection.close()
      throw error
    }
  }

  /// What needs no database.
  private nonisolated(nonsending) func measure(
    _ file: LocalFile, as table: TargetTable?
  ) async throws -> [StepBench.Outcome] {
    let bench = StepBench(file, table: table, options: told.options, scratch: scratch)
    var outcomes: [StepBench.Outcome] = []
    for _ in 0..<rounds { outcomes.append(try await bench.run()) }
    return outcomes
  }

  private nonisolated(nonsending) func measure(
    _ file: LocalFile, into name: String, on connection: PostgresConnection
  ) async throws -> BenchResult {
    let found = try await TargetCatalog()
      .table(named: name, on: connection, patterns: settings.targets)
    guard let target = found else {
      throw ImportFailure(.unknownTarget, "there is no table \(name)")
    }
    let bench = DatabaseBench(
      file, target: target, options: told.options, scratch: scratch, copiesRows: copiesRows)
    let plain = try await measure(file, as: target)
    var outcomes: [DatabaseBench.Outcome] = []
    for _ in 0..<rounds { outcomes.append(try await bench.run(on: connection)) }
    return BenchResult(rounds: plain, target: BenchResult.Target(name: name, rounds: outcomes))
  }

  private var scratch: String { FileManager.default.temporaryDirectory.path }
}
