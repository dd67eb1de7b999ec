import Doctor
import EmbeddedPostgres
import FoundationEssentials
import ImportModel
import Postgres
import Telemetry
import Validation

/// `sluice doctor`: what stands in the way of imports, and what mends it.
struct DoctorCommand {
  private let settings: Settings
  private let target: String?
  private let printsJSON: Bool

  init(_ arguments: Arguments) throws {
    settings = try Settings(arguments)
    target = arguments["target"]
    printsJSON = arguments.flags.contains("json")
  }

  /// Ends with 1 where something is serious.
  func run() async throws -> Int32 {
    let report: DoctorReport
    do {
      report = try await examine()
    } catch let error as TargetError {
      Output.error("sluice: \(error)")
      return ExitCode.failed
    }
    if printsJSON {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      Output.line(String(decoding: try encoder.encode(report), as: UTF8.self))
    } else {
      Output.line(DoctorText(report).text)
    }
    return report.isSerious ? ExitCode.failed : ExitCode.done
  }

  private func examine() async throws -> DoctorReport {
    guard let url = settings.databaseURL ?? EmbeddedCluster.running(in: cluster) else {
      return Examination.withoutDatabase(
        "the private cluster in \(cluster) does not run: `sluice serve` starts it, or set"
          + " SLUICE_DATABASE_URL", spoolFolder: settings.spool)
    }
    let connection: PostgresConnection
    do {
      connection = try await PostgresConnection.connect(
        PostgresConfiguration(
          url: url, applicationName: "sluice doctor", connectTimeout: 10,
          settings: ["lock_timeout": "5s", "jit": "off"]),
        logger: Logger(level: settings.logLevel, format: settings.logFormat))
    } catch let error as PostgresError where error.code == .connection {
      return Examination.withoutDatabase(
        error.message ?? error.description, spoolFolder: settings.spool)
    }
    do {
      let report = try await examine(on: connection)
      await connection.close()
      return report
    } catch {
      await connection.close()
      throw error
    }
  }

  private var cluster: String { "\(settings.dataDir)/cluster" }

  private func examine(on connection: PostgresConnection) async throws -> DoctorReport {
    let examination = Examination(
      targets: try await targets(on: connection), spoolFolder: settings.spool,
      retentionSeconds: settings.retentionSeconds)
    return try await examination.run(on: connection)
  }

  private func targets(on connection: PostgresConnection) async throws -> [TargetTable] {
    let catalog = TargetCatalog()
    guard let target else {
      return try await catalog.tables(on: connection, patterns: settings.targets)
    }
    let found = try await catalog.table(
      named: target, on: connection, patterns: settings.targets)
    guard let found else { throw StartError("there is no table \(target)") }
    return [found]
  }
}
