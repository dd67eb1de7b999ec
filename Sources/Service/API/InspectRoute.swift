import HTTP
import ImportModel
import Reading
import Spool
import Threading
import Validation
import Worker

/// `POST /inspect`: what a file is, told from its start.
struct InspectRoute: Sendable {
  /// How much of a file is taken.
  static let maxBytes = 1 << 20
  /// What a form adds to it.
  private static let formBytes: Int64 = 256 << 10
  private static let atOnce = 16

  let services: APIServices
  /// One at a time: each takes a moment of a processor, and imports go first.
  private let executor = ThreadExecutor(name: "inspect")
  /// Each holds a start of a file in memory. Those of uploads are others: they may take hours.
  private let slots: UploadSlots

  init(services: APIServices) {
    self.services = services
    slots = UploadSlots(
      limit: min(InspectRoute.atOnce, services.settings.uploadLimit), kind: "inspection",
      metrics: services.metrics)
  }

  func add(to router: inout RouteTable) {
    router.on(
      .post, "/inspect", maxBodyBytes: Int64(InspectRoute.maxBytes) + InspectRoute.formBytes
    ) { request in
      try await slots.withSlot { try await inspect(request) }
    }
  }

  private func inspect(_ request: HTTPRequest) async throws -> HTTPResponse {
    let start = try await InspectReceiver(services: services).receive(request)
    let asked = try await self.asked(of: start)
    let scratch = services.spool.folder
    let bytes = start.bytes
    do {
      let found = try await withTaskExecutorPreference(executor) {
        try FileInspection(HeldBytes(bytes), asked, scratch: scratch)
      }
      return try .json(found)
    } catch let error as ReadingError {
      throw Problem(
        status: 415, code: "unsupported_format", detail: shown(error.message, limit: 2000),
        hint: error.hint.map { shown($0, limit: 2000) })
    }
  }

  private func asked(of start: ReceivedStart) async throws -> InspectionRequest {
    var target: TargetTable?
    var lookups: [ColumnLookup] = []
    if let name = start.target {
      let found = try await TargetDirectory(services: services).find(name)
      lookups = try await UploadReceiver(services: services).lookups(start.options, found)
      target = found
    }
    return InspectionRequest(
      options: start.options, table: InspectRoute.table(for: start.name), target: target,
      lookups: lookups, isStart: true,
      isCut: start.isPartial || start.bytes.count >= InspectRoute.maxBytes)
  }

  /// A name for a table, made from that of the file.
  static func table(for file: String) -> QualifiedName {
    QualifiedName(schema: "public", name: ColumnNames.table(forFile: file))
  }
}
