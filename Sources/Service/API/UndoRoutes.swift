import FoundationEssentials
import HTTP
import ImportModel
import Queue

/// `/imports/{id}/undo`: takes a finished import back, and tells what came of it.
struct UndoRoutes: Sendable {
  private static let listLimit = 1...1000

  let services: APIServices

  func add(to router: inout RouteTable) {
    router.on(.post, "/imports/{id}/undo") { try await undo($0) }
    router.on(.get, "/imports/{id}/undo") { try await report($0) }
  }

  private func undo(_ request: HTTPRequest) async throws -> HTTPResponse {
    let id = try RequestValues.importID(request)
    let answer = try await services.queue.requestUndo(id)
    switch answer {
    case .unknown: throw Problems.unknownImport(id.description)
    case .unavailable(let reason, let hint):
      throw Problem(status: 409, code: "undo_unavailable", detail: reason, hint: hint)
    case .requested, .undone:
      let record = try await RequestValues.record(request, services)
      var response = try HTTPResponse.json(record, status: answer == .undone ? 200 : 202)
      response.headers.add("Location", "/imports/\(id)/undo")
      return response
    }
  }

  // MARK: GET

  private struct Report: Encodable {
    let taskID: String
    let status: ImportState
    let undo: ImportUndo
    let rowsListed: Int64
    let page: Page<Item>

    enum CodingKeys: String, CodingKey {
      case taskID = "task_id"
      case status, undo
      case rowsListed = "rows_listed"
      case truncated
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(taskID, forKey: .taskID)
      try container.encode(status, forKey: .status)
      try container.encode(undo, forKey: .undo)
      try container.encode(rowsListed, forKey: .rowsListed)
      try container.encode(rowsListed < undo.left ?? 0, forKey: .truncated)
      try page.encode(to: encoder)
    }
  }

  private struct Item: Encodable {
    let key: [String: String?]
    let reason: String
    let message: String

    init(_ row: LeftRow) throws {
      key = try JSONDecoder().decode([String: String?].self, from: Data(row.key.utf8))
      reason = row.reason
      message = row.message
    }
  }

  private func report(_ request: HTTPRequest) async throws -> HTTPResponse {
    var limit = 100
    var last: Int64 = 0
    for pair in request.query.pairs {
      switch pair.name {
      case "limit": limit = try RequestValues.limit(pair.value, in: UndoRoutes.listLimit)
      case "cursor":
        guard let ordinal = Int64(pair.value), ordinal >= 0 else {
          throw Problem.badRequest("`cursor` is the `next` of an earlier page")
        }
        last = ordinal
      default: throw Problem.badRequest("`\(shown(pair.name))` is no parameter of this report")
      }
    }
    let record = try await RequestValues.record(request, services)
    let rows = try await services.queue.leftRows(of: record.id, after: last, limit: limit + 1)
    return try .json(
      Report(
        taskID: record.id.description, status: record.status, undo: record.undo,
        rowsListed: try await services.queue.leftRowsListed(of: record.id),
        page: try Page(rows, limit: limit, cursor: { "\($0.ordinal)" }, item: Item.init)))
  }
}
