import API
import Glibc
import HTTP
import Postgres
import Progress
import Queue
import Telemetry
import Worker

/// `sluice serve`
struct ServeCommand {
  private let settings: Settings
  private let hasWorker: Bool

  init(_ arguments: Arguments) throws {
    settings = try Settings(arguments)
    hasWorker = !arguments.flags.contains("no-worker")
  }

  init(settings: Settings) {
    self.settings = settings
    hasWorker = true
  }

  /// Serves until a signal comes.
  ///
  /// - Parameters:
  ///   - prepare: called with the open house, before the server listens.
  ///   - whenReady: called with the address once it answers.
  func run(
    prepare: (House) async throws -> Void = { _ in },
    whenReady: @escaping @Sendable (String) async -> Void = { _ in }
  ) async throws -> Int32 {
    try settings.checkAuth()
    let house = try await House.open(settings, allowEmbedded: true)
    do {
      try await prepare(house)
      try await serve(house, whenReady: whenReady)
    } catch {
      await house.close()
      throw error
    }
    await house.close()
    return ExitCode.done
  }

  private func serve(
    _ house: House, whenReady: @escaping @Sendable (String) async -> Void
  ) async throws {
    if !settings.isLoopback {
      house.logger.warning("authentication is off: whoever reaches this address may import")
    }
    let hub = ProgressHub(
      pool: house.pool, configuration: house.database, logger: house.logger, metrics: house.metrics)
    let services = self.services(house, hub)
    let server = HTTPServer(
      configuration: configuration, router: SluiceAPI(services: services).router(),
      logger: house.logger, metrics: house.metrics)
    let janitor = Janitor(
      queue: house.queue, spool: house.spool, retentionSeconds: settings.retentionSeconds,
      logger: house.logger, metrics: house.metrics)
    let worker = hasWorker ? house.worker() : nil
    let port = try server.start()
    let address = settings.link(port: port)
    Output.line("Sluice serves at \(address)")
    house.logger.info("serving", ["address": address, "version": Sluice.version])
    let working = Task { await worker?.run() }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        // Without the hub the server does not say that it is ready.
        async let sessions: Void = services.warmUp()
        await worker?.warmUp()
        await sessions
        await hub.run()
      }
      group.addTask { await janitor.run() }
      group.addTask { await whenReady(address) }
      let signal = await Signals.next()
      house.logger.info("shutting down", ["signal": "\(signal)"])
      // At once, beside the requests that have their time.
      await worker?.stop()
      await server.shutdown(grace: .seconds(2))
      await working.value
      group.cancelAll()
    }
  }

  private var configuration: HTTPServerConfiguration {
    var configuration = settings.server
    // Room for the last state of every import that a client may subscribe to.
    configuration.webSocket.outboxLimit = 4 * ProgressHub.subscriptionLimit
    return configuration
  }

  private func services(_ house: House, _ hub: ProgressHub) -> APIServices {
    APIServices(
      queue: house.queue, snapshots: house.snapshots, hub: hub, spool: house.spool,
      pool: house.pool, logger: house.logger, metrics: house.metrics,
      settings: APISettings(
        maxBytes: settings.maxBytes, uploadLimit: settings.uploadLimit, targets: settings.targets,
        version: Sluice.version))
  }
}
