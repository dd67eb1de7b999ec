import HTTP
import ImportModel
import Merging
import Postgres
import Queue
import Reading
import Spool
import Validation
import Worker

/// An upload as it was received: its options, and its bytes in the spool.
struct ReceivedUpload: Sendable {
  let id: ImportID
  let file: SpoolFile
  let name: String
  let options: ImportOptions
  let target: TargetTable
  let lookups: [ColumnLookup]
  /// How its start is read, where that is known already.
  var plan: FilePlan?
}

/// Takes the body of `POST /imports` into the spool: invariant 1.
///
/// Whatever can be refused is refused before the file's bytes are read.
struct UploadReceiver: Sendable {
  private static let fieldLimit = 64 * 1024
  /// What a file may be sent as. It is taken for what its content says all the same.
  static let fileTypes = [
    "text/csv", "application/csv", "text/plain", "application/x-ndjson", "application/jsonl",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/gzip",
    "application/x-gzip", "application/zstd", "application/zip", "application/octet-stream",
  ]

  let services: APIServices

  func receive(_ request: HTTPRequest) async throws -> ReceivedUpload {
    let type = mediaType(request)
    switch type {
    case "multipart/form-data":
      try requireLength(request)
      return try await receiveForm(request)
    case "text/tab-separated-values":
      try requireLength(request)
      return try await receiveBody(request, delimiter: "\t")
    case let type where UploadReceiver.fileTypes.contains(type):
      try requireLength(request)
      return try await receiveBody(request, delimiter: nil)
    case "application/json":
      throw Problems.notYet("an import from an upload_id or a url")
    default:
      throw Problems.unsupportedFormat(type)
    }
  }

  /// Without either field a request has no body (RFC 9112, section 6.3): the file was forgotten, and is
  /// not to be taken for an empty one.
  func requireLength(_ request: HTTPRequest) throws {
    let fields = ["Content-Length", "Transfer-Encoding"]
    guard fields.contains(where: { request.headers[$0] != nil }) else {
      throw Problems.lengthRequired
    }
  }

  func mediaType(_ request: HTTPRequest) -> String {
    let value = request.headers["Content-Type"] ?? "application/octet-stream"
    let type = value.prefix { $0 != ";" }
    return type.lowercased().filter { !$0.isWhitespace }
  }

  private func receiveBody(
    _ request: HTTPRequest, delimiter: String?
  ) async throws -> ReceivedUpload {
    var parser = OptionParser()
    if let delimiter { try parser.take("delimiter", delimiter) }
    for pair in request.query.pairs { try parser.take(pair.name, pair.value) }
    parser = try await filled(parser)
    try parser.check()
    let target = try await self.target(parser.target)
    try await check(target, parser.options)
    try await checkZone(parser.options)
    let lookups = try await self.lookups(parser.options, target)
    let id = ImportID()
    let file = try await services.spool.write(
      id: id.description, expected: request.body.length, chunks: request.body)
    return ReceivedUpload(
      id: id, file: file, name: UploadReceiver.name(fileName(request)), options: parser.options,
      target: target, lookups: lookups)
  }

  private func receiveForm(_ request: HTTPRequest) async throws -> ReceivedUpload {
    let reader = try MultipartReader(
      contentType: request.headers["Content-Type"] ?? "", body: request.body)
    var parser = OptionParser()
    for pair in request.query.pairs { try parser.take(pair.name, pair.value) }
    var received: (id: ImportID, file: SpoolFile, name: String)?
    do {
      while let part = try await reader.next() {
        guard part.name == "file" else {
          try parser.take(part.name, try await UploadReceiver.value(of: part))
          continue
        }
        guard received == nil else {
          throw Problem.badRequest("the form has more than one part `file`")
        }
        // What came first and is wrong is refused before the file is read.
        let early = try await filled(parser)
        try early.check(isComplete: false)
        if let target = early.target { _ = try await self.target(target) }
        let id = ImportID()
        let file = try await services.spool.write(
          id: id.description, expected: request.body.length, chunks: part.body)
        received = (id, file, UploadReceiver.name(part.fileName))
      }
      guard let received else {
        throw Problem.badRequest(
          "the form has no part `file`", hint: "curl -F file=@sales.csv -F target=demo.sales …")
      }
      parser = try await filled(parser)
      try parser.check()
      let options = parser.options
      // The file is here already: it is looked at while the database is asked.
      async let plan = services.spool.onOwnThread { spool in
        try ImportPreflight.plan(
          of: try spool.open(id: received.file.id), options: options, scope: .start,
          scratch: spool.folder)
      }
      let target = try await self.target(parser.target)
      try await check(target, options)
      try await checkZone(options)
      let lookups = try await self.lookups(options, target)
      return ReceivedUpload(
        id: received.id, file: received.file, name: received.name, options: options,
        target: target, lookups: lookups, plan: try await plan)
    } catch {
      if let received {
        let id = received.id.description
        try await services.spool.onOwnThread { _ = try $0.remove(id: id) }
      }
      throw error
    }
  }

  static func value(of part: MultipartPart) async throws -> String {
    var bytes: [UInt8] = []
    while let block = try await part.body.next() {
      bytes += block
      guard bytes.count <= fieldLimit else {
        throw Problems.badOption(part.name, "is longer than \(fieldLimit / 1024) KiB")
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func name(_ given: String?) -> String { String((given ?? "upload").prefix(255)) }

  /// The options with those of the template that they name.
  func filled(_ parser: OptionParser) async throws -> OptionParser {
    guard let name = parser.template else { return parser }
    guard let template = try await TemplateStore(pool: services.pool).find(name) else {
      throw Problems.badOption(
        "template", "names no template that is there", hint: "GET /templates lists them")
    }
    return try parser.filled(from: TemplateOptions(json: Array(template.options.utf8)))
  }

  /// A zone that Postgres does not know would fail every row: it is refused here.
  func checkZone(_ options: ImportOptions) async throws {
    guard let zone = options.timezone else { return }
    do {
      // As a session's setting, because that is what it will be: abbreviations are none.
      _ = try await services.pool.query("SELECT set_config('TimeZone', $1, true)", [.text(zone)])
    } catch let error as PostgresError where error.sqlState == "22023" {
      throw Problems.badOption("timezone", "names no time zone that the database knows")
    }
  }

  /// What the mapping's lookups mean; one that cannot be is refused here.
  func lookups(
    _ options: ImportOptions, _ target: TargetTable
  ) async throws -> [ColumnLookup] {
    guard options.mapping != nil else { return [] }
    return try await services.pool.withConnection { connection in
      try await LookupCatalog().lookups(of: options.mapping, into: target, on: connection)
    }
  }

  private func target(_ name: String?) async throws -> TargetTable {
    guard let name, !name.isEmpty else {
      throw Problems.badOption("target", "is required", hint: "target=schema.table")
    }
    return try await TargetDirectory(services: services).find(name)
  }

  /// What cannot be done with the target is refused here.
  private func check(_ target: TargetTable, _ options: ImportOptions) async throws {
    try ImportPreflight.check(options.mode, with: target)
    let key = try ImportPreflight.key(of: target, options)
    try ImportPreflight.check(scope: options.scope, of: target, key)
    guard options.mode == .replace else { return }
    try await services.pool.withConnection { connection in
      try await ReplaceObstacles.check(target, on: connection)
    }
  }

  /// The name in `Content-Disposition`, the only place where a raw body has one.
  func fileName(_ request: HTTPRequest) -> String? {
    guard let value = request.headers["Content-Disposition"],
      let range = value.firstRange(of: "filename=\"")
    else { return nil }
    let rest = value[range.upperBound...]
    guard let end = rest.firstIndex(of: "\"") else { return nil }
    return String(rest[..<end])
  }
}
