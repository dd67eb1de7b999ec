import HTTP

/// The API's routes: whatever a handler throws is answered as the one table of problems says.
struct RouteTable {
  private(set) var router = HTTPRouter()
  private let origins: OriginGuard

  init(origins: OriginGuard) {
    self.origins = origins
  }

  /// Adds a route; see `HTTPRouter.on`.
  mutating func on(
    _ method: HTTPMethod, _ pattern: String, maxBodyBytes: Int64? = nil,
    _ handler: @escaping HTTPRouter.Handler
  ) {
    router.on(method, pattern, maxBodyBytes: maxBodyBytes) { [origins] request in
      do {
        if method != .get { try origins.check(request) }
        return try await handler(request)
      } catch {
        throw Problems.problem(for: error) ?? error
      }
    }
  }

  /// Lets another part of the program add routes of its own.
  mutating func extend(_ add: (inout HTTPRouter) -> Void) {
    add(&router)
  }
}
