import FoundationEssentials
import HTTP
import Queue

/// `/templates`: saved options of imports.
struct TemplateRoutes: Sendable {
  private static let sizeLimit = 64 * 1024
  private static let listLimit = 1...500

  let services: APIServices

  private var store: TemplateStore { TemplateStore(pool: services.pool) }

  func add(to router: inout RouteTable) {
    router.on(.get, "/templates") { try await list($0) }
    router.on(.get, "/templates/{name}") { try await show($0) }
    router.on(.put, "/templates/{name}", maxBodyBytes: Int64(TemplateRoutes.sizeLimit)) {
      try await save($0)
    }
    router.on(.delete, "/templates/{name}") { try await remove($0) }
  }

  private struct Object: Encodable {
    let name: String
    let options: JSONValue
    let createdAt: String
    let updatedAt: String

    enum CodingKeys: String, CodingKey {
      case name, options
      case createdAt = "created_at"
      case updatedAt = "updated_at"
    }

    init(_ template: TemplateStore.Template) throws {
      name = template.name
      options = try JSONDecoder().decode(JSONValue.self, from: Data(template.options.utf8))
      createdAt = template.createdAt
      updatedAt = template.updatedAt
    }
  }

  private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
    var limit = 50
    var last: String?
    for pair in request.query.pairs {
      switch pair.name {
      case "limit": limit = try RequestValues.limit(pair.value, in: TemplateRoutes.listLimit)
      case "cursor":
        guard TemplateRoutes.isName(pair.value) else {
          throw Problem.badRequest("`cursor` is the `next` of an earlier page")
        }
        last = pair.value
      default: throw Problem.badRequest("`\(pair.name)` is no parameter of this list")
      }
    }
    let templates = try await store.list(after: last, limit: limit + 1)
    return try .json(Page(templates, limit: limit, cursor: \.name, item: Object.init))
  }

  private func show(_ request: HTTPRequest) async throws -> HTTPResponse {
    let name = request.parameters["name"] ?? ""
    guard TemplateRoutes.isName(name), let template = try await store.find(name) else {
      throw unknown(name)
    }
    return try .json(Object(template))
  }

  private func save(_ request: HTTPRequest) async throws -> HTTPResponse {
    let name = request.parameters["name"] ?? ""
    guard TemplateRoutes.isName(name) else {
      throw Problem.badRequest(
        "a template's name has 1 to 64 of the characters A-Z, a-z, 0-9, dot, underscore and hyphen")
    }
    let options = try TemplateOptions(json: try await body(request))
    switch try await store.save(name, options: try options.json()) {
    case .created(let template): return try .json(Object(template), status: 201)
    case .replaced(let template): return try .json(Object(template))
    case .full:
      throw Problem(
        status: 409, code: "too_many_templates",
        detail: "there are \(TemplateStore.limit) templates, as many as there may be",
        hint: "remove one that is not needed")
    }
  }

  private func body(_ request: HTTPRequest) async throws -> [UInt8] {
    do {
      return try await request.body.collect(upTo: TemplateRoutes.sizeLimit)
    } catch let error as HTTPBodyError where error == .tooLarge {
      throw Problem.tooLarge("a template has at most \(TemplateRoutes.sizeLimit) bytes")
    }
  }

  private func remove(_ request: HTTPRequest) async throws -> HTTPResponse {
    let name = request.parameters["name"] ?? ""
    guard TemplateRoutes.isName(name), try await store.remove(name) else { throw unknown(name) }
    return HTTPResponse(status: 204)
  }

  private func unknown(_ name: String) -> Problem {
    Problem.notFound("there is no template \(name)", hint: "GET /templates lists them")
  }

  /// Names that are all dots would be a path's own business.
  private static func isName(_ text: String) -> Bool {
    let letters = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return letters && (1...64).contains(text.utf8.count) && text != "." && text != ".."
  }
}
