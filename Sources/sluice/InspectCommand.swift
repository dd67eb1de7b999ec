import FoundationEssentials
import ImportModel
import Postgres
import Reading
import Synchronization
import Telemetry
import Threading
import Validation
import Worker

/// `sluice inspect FILE`: what a file is, the types of its columns, and a table that would take it.
struct InspectCommand {
  private let path: String
  private let told: ToldOptions
  private let table: QualifiedName?
  private let settings: Settings
  private let creates: Bool
  private let printsJSON: Bool

  init(_ arguments: Arguments) throws {
    guard arguments.files.count == 1, let path = arguments.files.first else {
      throw arguments.wrong("name one file")
    }
    self.path = path
    told = try arguments.importOptions(except: [Setting.databaseURL.flag, Setting.targets.flag])
    do {
      table = try told.target.map { try QualifiedName(parsing: $0) }
    } catch let error as TargetError {
      throw arguments.wrong(error.description)
    }
    settings = try Settings(arguments)
    creates = arguments.flags.contains("create")
    printsJSON = arguments.flags.contains("json")
    if creates, told.target == nil {
      throw arguments.wrong("--create needs --target: the name of the table to make")
    }
  }

  /// Ends with 1 where the file cannot be read, or the table not be made; a signal calls it off.
  func run() async throws -> Int32 {
    let work = Task { try await inspect() }
    let interrupted = Mutex(false)
    let signals = Task {
      _ = await Signals.next()
      interrupted.withLock { $0 = true }
      work.cancel()
    }
    defer { signals.cancel() }
    do {
      return try await work.value
    } catch let error as ReadingError {
      Output.error("sluice: \(path): \(error.message)\(error.hint.map { " \($0)" } ?? "")")
    } catch let error as OptionError {
      Output.error(
        "sluice: --\(error.option) \(error.message)\(error.hint.map { " (\($0))" } ?? "")")
    } catch let error as TargetError {
      Output.error("sluice: \(error)")
    } catch let error as TableCreationError {
      Output.error("sluice: \(error)")
    } catch  where interrupted.withLock({ $0 }) {
      return ExitCode.interrupted
    }
    return ExitCode.failed
  }

  private func inspect() async throws -> Int32 {
    let (target, lookups) = try await target()
    let request = InspectionRequest(
      options: told.options,
      table: table ?? QualifiedName(schema: "public", name: ColumnNames.table(forFile: path)),
      target: target, lookups: lookups)
    let executor = ThreadExecutor(name: "inspect")
    let found = try await withTaskExecutorPreference(executor) {
      try FileInspection(
        LocalFile(path), request, scratch: FileManager.default.temporaryDirectory.path)
    }
    try show(found)
    if creates, let table { try await create(table, found) }
    return ExitCode.done
  }

  /// The table that is named, which has to be there unless it is to be made.
  private func target() async throws -> (TargetTable?, [ColumnLookup]) {
    guard let table, let name = told.target else { return (nil, []) }
    let (target, lookups) = try await connected {
      connection -> (TargetTable?, [ColumnLookup]) in
      let target = try await TargetCatalog()
        .table(named: name, on: connection, patterns: settings.targets)
      guard let target else { return (nil, []) }
      let lookups = try await LookupCatalog()
        .lookups(of: told.options.mapping, into: target, on: connection)
      return (target, lookups)
    }
    if creates, target != nil { throw TableCreationError.exists(table) }
    if !creates, target == nil {
      throw StartError("there is no table \(table); --create makes it")
    }
    return (target, lookups)
  }

  private func show(_ found: FileInspection) throws {
    guard printsJSON else {
      Output.line(InspectionText(found, path: path).text)
      return
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    Output.line(String(decoding: try encoder.encode(found), as: UTF8.self))
  }

  private func create(_ name: QualifiedName, _ found: FileInspection) async throws {
    try await connected { connection in
      try await TableCreation.run(
        found, named: name, patterns: settings.targets, on: connection)
    }
    let hasKey = told.options.key != nil
    Output.error(
      "made the table \(name)"
        + (hasKey ? "" : "; it has no key yet, and an import goes by one: name it with --key"))
  }

  private func connected<Result: Sendable>(
    _ body: (PostgresConnection) async throws -> Result
  ) async throws -> Result {
    guard let url = settings.databaseURL else {
      throw StartError("SLUICE_DATABASE_URL is not set, and --target is looked for in the database")
    }
    let connection = try await PostgresConnection.connect(
      PostgresConfiguration(
        url: url, applicationName: "sluice inspect", connectTimeout: 10, settings: [:]),
      logger: Logger(level: settings.logLevel, format: settings.logFormat))
    do {
      let result = try await body(connection)
      await connection.close()
      return result
    } catch {
      await connection.close()
      throw error
    }
  }
}
