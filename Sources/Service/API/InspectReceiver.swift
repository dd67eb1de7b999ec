import HTTP
import ImportModel

/// The start of a file as it was received, and what was told with it.
struct ReceivedStart: Sendable {
  let bytes: [UInt8]
  let name: String
  let options: ImportOptions
  let target: String?
  /// Whether the caller says that the file goes on.
  let isPartial: Bool
}

/// Takes the body of `POST /inspect`, in the forms in which `POST /imports` takes a file.
struct InspectReceiver: Sendable {
  private static let partial = "partial"

  let services: APIServices
  private var uploads: UploadReceiver { UploadReceiver(services: services) }

  init(services: APIServices) {
    self.services = services
  }

  func receive(_ request: HTTPRequest) async throws -> ReceivedStart {
    let type = uploads.mediaType(request)
    switch type {
    case "application/json":
      throw Problems.notYet("an inspection of an upload_id")
    case "multipart/form-data":
      try uploads.requireLength(request)
      return try await receiveForm(request)
    case let type
    where type == "text/tab-separated-values" || UploadReceiver.fileTypes.contains(type):
      try uploads.requireLength(request)
      var told = Told()
      if type == "text/tab-separated-values" { try told.take("delimiter", "\t") }
      for pair in request.query.pairs { try told.take(pair.name, pair.value) }
      let bytes = try await InspectReceiver.bytes(request.body)
      return try await start(bytes, name: uploads.fileName(request), told)
    default:
      throw Problems.unsupportedFormat(type)
    }
  }

  private func receiveForm(_ request: HTTPRequest) async throws -> ReceivedStart {
    let reader = try MultipartReader(request)
    var told = Told()
    for pair in request.query.pairs { try told.take(pair.name, pair.value) }
    var file: (bytes: [UInt8], name: String?)?
    while let part = try await reader.next() {
      guard part.name == "file" else {
        try told.take(part.name, try await UploadReceiver.value(of: part))
        continue
      }
      guard file == nil else {
        throw Problem.badRequest("the form has more than one part `file`")
      }
      file = (try await InspectReceiver.bytes(part.body), part.fileName)
    }
    guard let file else {
      throw Problem.badRequest(
        "the form has no part `file`", hint: "curl -F file=@sales.csv -F target=demo.sales …")
    }
    return try await start(file.bytes, name: file.name, told)
  }

  /// Options, and what only an inspection has.
  private struct Told {
    var parser = OptionParser()
    var isPartial = false

    mutating func take(_ name: String, _ value: String) throws {
      guard name == InspectReceiver.partial else { return try parser.take(name, value) }
      guard let told = ["true": true, "false": false][value] else {
        throw Problems.badOption(name, "is true or false")
      }
      isPartial = told
    }
  }

  private func start(_ bytes: [UInt8], name: String?, _ told: Told) async throws -> ReceivedStart {
    let parser = try await uploads.filled(told.parser)
    try parser.check()
    try await uploads.checkZone(parser.options)
    return ReceivedStart(
      bytes: bytes, name: String((name ?? "upload").prefix(255)), options: parser.options,
      target: parser.target, isPartial: told.isPartial)
  }

  private static func bytes<Body: AsyncSequence>(_ body: Body) async throws -> [UInt8]
  where Body.Element: Sequence<UInt8> {
    var bytes: [UInt8] = []
    for try await block in body {
      bytes += block
      guard bytes.count <= InspectRoute.maxBytes else { throw InspectReceiver.tooLarge }
    }
    return bytes
  }

  private static let tooLarge = Problem.tooLarge(
    "an inspection takes at most the first 1 MiB of a file",
    hint: "send its start only, as `head -c 1048576` gives it")
}
