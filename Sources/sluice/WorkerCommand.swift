import Telemetry
import Worker

/// `sluice worker`
struct WorkerCommand {
  private let settings: Settings

  init(_ arguments: Arguments) throws {
    settings = try Settings(arguments)
  }

  /// Works until a signal comes.
  func run() async throws -> Int32 {
    let house = try await House.open(settings, allowEmbedded: false)
    let worker = house.worker()
    house.logger.info("working", ["concurrency": "\(settings.concurrency)"])
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await worker.run() }
      let signal = await Signals.next()
      house.logger.info("shutting down", ["signal": "\(signal)"])
      await worker.stop()
    }
    await house.close()
    return ExitCode.done
  }
}
