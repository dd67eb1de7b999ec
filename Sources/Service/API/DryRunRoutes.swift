import HTTP
import ImportModel
import Postgres
import Queue

/// What a dry run would do, and doing it.
struct DryRunRoutes: Sendable {
  private static let limits = 1...ImportDiff.sampleLimit
  private static let usualLimit = 20

  let services: APIServices

  func add(to router: inout RouteTable) {
    router.on(.get, "/imports/{id}/diff") { try await show($0) }
    router.on(.post, "/imports/{id}/commit") { try await commit($0) }
  }

  // MARK: GET /imports/{id}/diff

  private func show(_ request: HTTPRequest) async throws -> HTTPResponse {
    let limit = try request.query["limit"].map {
      try RequestValues.limit($0, in: DryRunRoutes.limits)
    }
    let record = try await RequestValues.record(request, services)
    guard record.options.dryRun else { throw Problems.notADryRun(record.id) }
    guard let diff = record.diff else {
      throw record.status.isTerminal
        ? Problems.noResult(record.id, record.status)
        : Problems.notFinished(record.id, record.status)
    }
    let samples = try await services.pool.query(
      DryRunRoutes.samples,
      [.text(record.id.description), .int(Int64(limit ?? DryRunRoutes.usualLimit))]
    ).rows[0].string("samples")
    return HTTPResponse(
      headers: ["Content-Type": "application/json"],
      body: .bytes(try DiffReport(record, diff).json(samples: samples)))
  }

  /// Postgres writes the samples: no number goes through a floating point of ours.
  private static let samples = """
    SELECT json_build_object(\(["inserted", "updated", "deleted"].map(sample).joined(separator: ", ")))::text
      AS samples
    """

  private static func sample(_ kind: String) -> String {
    """
    '\(kind)', (SELECT coalesce(json_agg(json_build_object(
        'row', d.row, 'before', d.before, 'after', d.after, 'changed', d.changed)
        ORDER BY d.ordinal), '[]')
      FROM sluice.diff_rows d
     WHERE d.import_id = $1::uuid AND d.kind = '\(kind)' AND d.ordinal <= $2)
    """
  }

  // MARK: POST /imports/{id}/commit

  private func commit(_ request: HTTPRequest) async throws -> HTTPResponse {
    let id = try RequestValues.importID(request)
    let outcome = try await services.queue.commit(id)
    switch outcome {
    case .queued, .known: break
    case .unknown: throw Problems.unknownImport(id.description)
    case .notADryRun: throw Problems.notADryRun(id)
    case .notFinished(let state): throw Problems.notFinished(id, state)
    case .ended(let state): throw Problems.noResult(id, state)
    case .expired: throw Problems.dryRunExpired(id)
    case .queueFull: throw Problems.queueFull
    }
    var response = try HTTPResponse.json(
      try await RequestValues.record(request, services), status: outcome == .queued ? 202 : 200)
    response.headers.add("Location", "/imports/\(id)")
    return response
  }
}
