import HTTP
import Postgres
import Progress
import Queue
import Spool
import Telemetry

/// `/healthz`, `/readyz` and `/metrics`.
struct HealthRoutes: Sendable {
  let services: APIServices

  func add(to router: inout RouteTable) {
    ProbeRoutes.addAlive(to: &router, version: services.settings.version)
    router.on(.get, "/readyz") { _ in try await ready() }
    router.on(.get, "/metrics") { _ in
      let spool = services.metrics.gauge("sluice_spool_bytes", help: "Bytes in the spool.")
      spool.set(Double(try await services.spool.onOwnThread { $0.usage() }))
      return ProbeRoutes.answer(services.metrics)
    }
  }

  private struct Readiness: Encodable {
    var status = "ready"
    var parts: [String: Part] = [:]
  }

  private struct Part: Encodable {
    let ready: Bool
    let reason: String?
  }

  private func ready() async throws -> HTTPResponse {
    var readiness = Readiness()
    readiness.parts["database"] = await part("the database cannot be reached") {
      _ = try await services.pool.query("SELECT 1")
    }
    readiness.parts["schema"] = await part("the schema cannot be read") {
      let status = try await services.pool.withConnection {
        try await SluiceSchema.migrator.status(on: $0)
      }
      guard status.isCurrent else { throw Unready("the schema is of another version") }
    }
    readiness.parts["spool"] = await part("the spool cannot be written") {
      try await services.spool.onOwnThread { try $0.probe() }
    }
    readiness.parts["listener"] = await part("the listener is not connected") {
      guard services.hub.isListening else { throw Unready("the listener is not connected") }
    }
    let isReady = readiness.parts.values.allSatisfy(\.ready)
    if !isReady { readiness.status = "not_ready" }
    var response = try HTTPResponse.json(readiness, status: isReady ? 200 : 503)
    if !isReady { response.headers.add("Retry-After", "5") }
    return response
  }

  private struct Unready: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  private func part(_ reason: String, _ check: () async throws -> Void) async -> Part {
    do {
      try await check()
      return Part(ready: true, reason: nil)
    } catch let error as Unready {
      return Part(ready: false, reason: error.reason)
    } catch {
      services.logger.warning("not ready", ["error": String(reflecting: error)])
      return Part(ready: false, reason: reason)
    }
  }
}
