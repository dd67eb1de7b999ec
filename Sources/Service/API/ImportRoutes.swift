import HTTP
import ImportModel
import Postgres
import Progress
import Queue
import Reading
import Spool
import Worker

/// `/imports` and what is below it.
struct ImportRoutes: Sendable {
  private static let listLimit = 1...500

  let services: APIServices
  private let slots: UploadSlots

  init(services: APIServices) {
    self.services = services
    slots = UploadSlots(
      limit: services.settings.uploadLimit, kind: "import", metrics: services.metrics)
  }

  func add(to router: inout RouteTable) {
    router.on(.post, "/imports", maxBodyBytes: bodyLimit) { request in
      try await slots.withSlot { try await create(request) }
    }
    router.on(.get, "/imports") { try await list($0) }
    router.on(.get, "/imports/{id}") { try await show($0) }
    router.on(.get, "/imports/{id}/status") { try await show($0) }
    router.on(.delete, "/imports/{id}") { try await cancel($0) }
  }

  /// The file, and what a form adds to it.
  private var bodyLimit: Int64 { services.settings.maxBytes + (1 << 20) }

  // MARK: POST /imports

  private struct Accepted: Encodable {
    let taskID: String
    let idempotencyKey: String
    let status: ImportState
    let replayed: Bool
    let links: ImportLinks

    enum CodingKeys: String, CodingKey {
      case taskID = "task_id"
      case idempotencyKey = "idempotency_key"
      case status, replayed, links
    }
  }

  private func create(_ request: HTTPRequest) async throws -> HTTPResponse {
    let key = try idempotencyKey(request)
    try await refuseIfFull(request, key)
    let upload = try await UploadReceiver(services: services).receive(request)
    do {
      let submission = try await self.submission(upload, key: key)
      let outcome = try await services.queue.submit(submission)
      if case .accepted = outcome {} else { try await removeFile(upload.id) }
      return try answer(outcome, upload: upload, request)
    } catch let failure as ImportFailure {
      try await removeFile(upload.id)
      throw failure
    } catch let error as PostgresError where error.code == .invalidParameter {
      // It was never sent.
      try await removeFile(upload.id)
      throw error
    }
    // Any other error leaves it open whether the row was committed: the file stays, and is swept later
    // where nobody needs it.
  }

  /// Before the body is read. Where the queue is full, a request that was made before is let through, as it adds
  /// nothing there; its bytes need room all the same.
  private func refuseIfFull(_ request: HTTPRequest, _ key: String?) async throws {
    let length = request.body.length
    try await services.spool.onOwnThread { try $0.checkRoom(for: length) }
    guard try await services.queue.isFull() else { return }
    if let key, try await services.queue.knows(key: key) { return }
    throw Problems.queueFull
  }

  private func removeFile(_ id: ImportID) async throws {
    try await services.spool.onOwnThread { _ = try $0.remove(id: id.description) }
  }

  private func submission(_ upload: ReceivedUpload, key: String?) async throws -> Submission {
    let preflight = try await services.spool.onOwnThread { spool in
      try ImportPreflight(
        file: try spool.open(id: upload.file.id), plan: upload.plan, target: upload.target,
        options: upload.options, lookups: upload.lookups, scope: .start, scratch: spool.folder)
    }
    let spool = services.spool
    let scope = try await services.pool.withConnection { connection in
      try await preflight.rehearse(upload.target, upload.options.mode, on: connection)
      return try await preflight.scope(
        of: try spool.open(id: upload.file.id), target: upload.target, options: upload.options,
        scratch: spool.folder, on: connection)
    }
    return Submission(
      id: upload.id, idempotencyKey: key, target: upload.target.displayName,
      key: preflight.key.columns, options: upload.options,
      scope: scope,
      source: preflight.described(
        as: ImportSource(
          name: upload.name, bytes: upload.file.bytes, sha256: upload.file.sha256)),
      header: preflight.reportHeader)
  }

  private func answer(
    _ outcome: Submission.Outcome, upload: ReceivedUpload, _ request: HTTPRequest
  ) throws -> HTTPResponse {
    switch outcome {
    case .accepted(let key):
      request.notes.set("task_id", upload.id.description)
      return try answer(upload.id, key: key, status: .queued, replayed: false)
    case .replayed(let id, let status, let key):
      request.notes.set("task_id", id.description)
      return try answer(id, key: key, status: status, replayed: true)
    case .keyReused: throw Problems.keyReused
    case .queueFull: throw Problems.queueFull
    }
  }

  private func answer(
    _ id: ImportID, key: String, status: ImportState, replayed: Bool
  ) throws -> HTTPResponse {
    let body = Accepted(
      taskID: id.description, idempotencyKey: key, status: status, replayed: replayed,
      links: ImportLinks(id))
    var response = try HTTPResponse.json(body, status: replayed ? 200 : 202)
    response.headers.add("Location", "/imports/\(id)")
    return response
  }

  private func idempotencyKey(_ request: HTTPRequest) throws -> String? {
    guard let key = request.headers["Idempotency-Key"] else { return nil }
    guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else {
      throw Problem.badRequest("Idempotency-Key has 1 to 255 printable ASCII characters")
    }
    return key
  }

  // MARK: GET and DELETE

  private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
    var filter = ImportSnapshots.Filter(limit: 50)
    for pair in request.query.pairs {
      switch pair.name {
      case "status": filter.status = try self.state(pair.value)
      case "target": filter.target = pair.value
      case "limit": filter.limit = try RequestValues.limit(pair.value, in: ImportRoutes.listLimit)
      case "cursor": filter.before = try self.cursor(pair.value)
      default: throw Problem.badRequest("`\(shown(pair.name))` is no parameter of this list")
      }
    }
    let limit = filter.limit
    filter.limit += 1
    let records = try await services.snapshots.list(filter)
    return try .json(Page(records, limit: limit, cursor: \.id.description, item: \.self))
  }

  private func state(_ text: String) throws -> ImportState {
    if let state = ImportState(rawValue: text) { return state }
    let known = ImportState.allCases.map(\.rawValue).joined(separator: ", ")
    throw Problem.badRequest("`status` is one of \(known)")
  }

  private func cursor(_ text: String) throws -> ImportID {
    if let id = ImportID(text) { return id }
    throw Problem.badRequest("`cursor` is the `next` of an earlier page")
  }

  private func show(_ request: HTTPRequest) async throws -> HTTPResponse {
    try .json(try await RequestValues.record(request, services))
  }

  private func cancel(_ request: HTTPRequest) async throws -> HTTPResponse {
    let id = try RequestValues.importID(request)
    guard let changed = try await services.queue.cancel(id) else {
      throw Problems.unknownImport(id.description)
    }
    let record = try await RequestValues.record(request, services)
    if !changed {
      throw Problem(
        status: 409, code: "already_finished",
        detail: "import \(id) is \(record.status.rawValue)"
          + (record.undo.isRequested ? ", and is being taken back" : ""),
        hint: record.undo.isRequested ? "an undo cannot be called off" : nil)
    }
    if record.status == .cancelled { try await removeFile(id) }
    return try .json(record)
  }
}

/// What several routes read out of a request.
enum RequestValues {
  static func importID(_ request: HTTPRequest) throws -> ImportID {
    let text = request.parameters["id"] ?? ""
    guard let id = ImportID(text) else { throw Problems.unknownImport(text) }
    request.notes.set("task_id", id.description)
    return id
  }

  static func record(_ request: HTTPRequest, _ services: APIServices) async throws -> ImportRecord {
    let id = try importID(request)
    guard let record = try await services.snapshots.one(id) else {
      throw Problems.unknownImport(id.description)
    }
    return record
  }

  static func limit(_ text: String, in range: ClosedRange<Int>) throws -> Int {
    guard let limit = Int(text), range.contains(limit) else {
      throw Problem.badRequest(
        "`limit` is a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return limit
  }
}
