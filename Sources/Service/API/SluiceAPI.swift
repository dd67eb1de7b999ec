import Dashboard
public import HTTP
import ImportModel
import Postgres

/// Sluice's HTTP API: contract, sections 2 to 4.
public struct SluiceAPI: Sendable {
  private let services: APIServices

  /// An API over services.
  public init(services: APIServices) {
    self.services = services
  }

  /// All routes.
  public func router() -> HTTPRouter {
    let origins = OriginGuard(allowed: services.settings.allowedOrigins)
    var table = RouteTable(origins: origins)
    ImportRoutes(services: services).add(to: &table)
    ErrorReport(services: services).add(to: &table)
    UndoRoutes(services: services).add(to: &table)
    TargetRoutes(services: services).add(to: &table)
    InspectRoute(services: services).add(to: &table)
    TemplateRoutes(services: services).add(to: &table)
    StatsRoute(services: services).add(to: &table)
    HealthRoutes(services: services).add(to: &table)
    LaterRoutes.add(to: &table)
    table.extend { router in
      WebSocketRoute(services: services, origins: origins).add(to: &router)
      OpenAPI.add(to: &router)
      DashboardPages.add(to: &router)
    }
    return table.router
  }
}

/// Calls of the contract that come with a later version: they say so, rather than that nobody knows
/// them.
enum LaterRoutes {
  static let calls: [(HTTPMethod, String)] = [
    (.get, "/imports/{id}/diff"), (.get, "/imports/{id}/events"),
    (.post, "/imports/{id}/commit"), (.post, "/imports/{id}/retry"),
    (.post, "/uploads"), (.get, "/uploads"), (.head, "/uploads/{id}"), (.patch, "/uploads/{id}"),
    (.delete, "/uploads/{id}"),
  ]

  static func add(to router: inout RouteTable) {
    for (method, pattern) in calls {
      router.on(method, pattern) { _ in throw Problems.notYet("\(method.rawValue) \(pattern)") }
    }
  }
}
