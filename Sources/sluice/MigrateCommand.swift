import EmbeddedPostgres
import Postgres
import Queue
import Telemetry

/// `sluice migrate`
struct MigrateCommand {
  private let settings: Settings
  private let version: Int?
  private let dryRun: Bool

  init(_ arguments: Arguments) throws {
    settings = try Settings(arguments)
    dryRun = arguments.flags.contains("dry-run")
    version = try arguments["to"].map { text in
      guard let version = Int(text), version >= 0 else {
        throw arguments.wrong("--to: \(text) is no version")
      }
      return version
    }
  }

  /// Goes to the newest version, or to the one named.
  func run() async throws -> Int32 {
    guard let url = settings.databaseURL else {
      throw StartError(
        "SLUICE_DATABASE_URL is not set; the private cluster of `serve` needs no hand")
    }
    let logger = Logger(level: settings.logLevel, format: settings.logFormat)
    let connection = try await PostgresConnection.connect(
      PostgresConfiguration(
        url: url, applicationName: "sluice migrate", connectTimeout: 10, settings: [:]),
      logger: logger)
    let steps = try await SluiceSchema.migrator.migrate(on: connection, to: version, dryRun: dryRun)
    await connection.close()
    for step in steps {
      Output.line(
        "\(dryRun ? "would go" : "went") \(step.direction.rawValue): \(step.version) \(step.name)")
    }
    if steps.isEmpty { Output.line("nothing to do") }
    return ExitCode.done
  }
}
