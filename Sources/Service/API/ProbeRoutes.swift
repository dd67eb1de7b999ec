public import HTTP
public import Telemetry

/// What a worker by itself answers: `/healthz` and `/metrics`, and nothing else.
public struct ProbeRoutes: Sendable {
  private let metrics: Metrics
  private let version: String

  /// Makes the routes of a worker.
  ///
  /// - Parameter version: shown by `/healthz`.
  public init(metrics: Metrics, version: String) {
    self.metrics = metrics
    self.version = version
  }

  /// The two routes.
  public func router() -> HTTPRouter {
    var table = RouteTable(origins: OriginGuard(allowed: []))
    ProbeRoutes.addAlive(to: &table, version: version)
    table.on(.get, "/metrics") { _ in ProbeRoutes.answer(metrics) }
    return table.router
  }

  static func addAlive(to table: inout RouteTable, version: String) {
    table.on(.get, "/healthz") { _ in try .json(["status": "ok", "version": version]) }
  }

  static func answer(_ metrics: Metrics) -> HTTPResponse {
    HTTPResponse(
      headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
      body: .bytes(Array(metrics.render().utf8)))
  }
}
