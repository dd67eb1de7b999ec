import HTTP
import Validation

/// `/targets`: what one may import into.
struct TargetRoutes: Sendable {
  let services: APIServices

  func add(to router: inout RouteTable) {
    router.on(.get, "/targets") { _ in
      let tables = try await TargetDirectory(services: services).all()
      return try .json(["items": tables.map(TargetSummary.init)])
    }
    router.on(.get, "/targets/{name}") { request in
      let name = request.parameters["name"] ?? ""
      do {
        return try .json(try await TargetDirectory(services: services).details(name))
      } catch let problem as Problem where problem.code == "unknown_target" {
        throw Problem.notFound(problem.detail, hint: problem.hint)
      }
    }
  }
}
