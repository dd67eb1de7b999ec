import Glibc
import Postgres
import Threading

/// The command: contract, section 1.
@main
struct Sluice {
  static let version = "0.1.0"

  static func main() async {
    Heap.keep()
    Signals.listen()
    Descriptors.raise()
    let words = Array(CommandLine.arguments.dropFirst())
    do {
      exit(try await run(words))
    } catch let error as UsageError {
      Output.error("sluice: \(error.description)\n\(error.help)")
      exit(ExitCode.usage)
    } catch let error as PostgresError where error.code == .connection {
      // The person at the command line knows the host anyway, and has to know what is wrong with it.
      Output.error("sluice: \(error)\(error.message.map { ": \($0)" } ?? "")")
      exit(ExitCode.failed)
    } catch {
      Output.error("sluice: \(error)")
      exit(ExitCode.failed)
    }
  }

  private static func run(_ words: [String]) async throws -> Int32 {
    guard let name = words.first else {
      throw UsageError("which command?", help: Usage.all)
    }
    if ["--help", "-h", "help"].contains(name) {
      Output.line(Usage.all)
      return ExitCode.done
    }
    if ["--version", "version"].contains(name) {
      Output.line("sluice \(version)")
      return ExitCode.done
    }
    guard let command = Command(rawValue: name) else {
      throw UsageError("there is no command \(name)", help: Usage.all)
    }
    if words.dropFirst().contains("--help") {
      Output.line(Usage.of(command))
      return ExitCode.done
    }
    let arguments = try Arguments(Array(words.dropFirst()), for: command)
    switch command {
    case .serve: return try await ServeCommand(arguments).run()
    case .worker: return try await WorkerCommand(arguments).run()
    case .migrate: return try await MigrateCommand(arguments).run()
    case .import: return try await ImportCommand(arguments).run()
    case .inspect: return try await InspectCommand(arguments).run()
    case .doctor: return try await DoctorCommand(arguments).run()
    case .cat: return try await CatCommand(arguments).run()
    case .bench: return try await BenchCommand(arguments).run()
    case .demo: return try await DemoCommand(arguments).run()
    }
  }
}

/// Exit codes: contract, section 1.
enum ExitCode {
  static let done: Int32 = 0
  static let failed: Int32 = 1
  static let usage: Int32 = 2
  static let rejects: Int32 = 3
  static let interrupted: Int32 = 130
}
