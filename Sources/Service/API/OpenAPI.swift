import HTTP

/// `GET /openapi.json`: what the API answers, for programs.
enum OpenAPI {
  static func add(to router: inout HTTPRouter) {
    router.on(.get, "/openapi.json") { _ in
      HTTPResponse(
        headers: ["Content-Type": "application/json", "Cache-Control": "no-cache"],
        body: .bytes(PackageResources.openapi_json))
    }
  }
}
