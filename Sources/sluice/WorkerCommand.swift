import API
import HTTP
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
    do {
      try await work(in: house)
    } catch {
      await house.close()
      throw error
    }
    await house.close()
    return ExitCode.done
  }

  private func work(in house: House) async throws {
    let worker = house.worker()
    let server = try listen(house)
    house.logger.info("working", ["concurrency": "\(settings.concurrency)"])
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await worker.run() }
      group.addTask { await worker.warmUp() }
      let signal = await Signals.next()
      house.logger.info("shutting down", ["signal": "\(signal)"])
      await worker.stop()
    }
    await server?.shutdown(grace: .seconds(1))
  }

  /// Answers to probes and to Prometheus, where an address was named.
  private func listen(_ house: House) throws -> HTTPServer? {
    guard settings.listens else { return nil }
    if !settings.isLoopback {
      house.logger.warning("whoever reaches this address may read the metrics")
    }
    let server = HTTPServer(
      configuration: settings.server,
      router: ProbeRoutes(metrics: house.metrics, version: Sluice.version).router(),
      logger: house.logger, metrics: house.metrics)
    let address = settings.link(port: try server.start())
    Output.line("Sluice's worker answers /healthz and /metrics at \(address)")
    house.logger.info("listening", ["address": address, "version": Sluice.version])
    return server
  }
}
