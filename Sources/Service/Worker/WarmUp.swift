import Doctor
import ImportModel
import Merging
import Postgres
import Queue
import Telemetry
import Validation

/// Has the sessions of a worker look at the catalog before there is an import: the first look of a session takes
/// longer than a small import.
struct WarmUp: Sendable {
  /// An import has one to load with, and one that helps.
  static let sessions = 2

  let services: WorkerServices

  /// Looks. That it cannot be done costs the first import a little time.
  func run() async {
    do {
      async let first: Void = lookAsImport()
      async let second: Void = lookAsImport()
      async let beside: Void = lookBesideImport()
      _ = try await (first, second, beside)
    } catch {
      services.logger.debug("the sessions could not be warmed up", ["error": "\(error)"])
    }
  }

  private func lookAsImport() async throws {
    try await services.sessions.withConnection { connection in
      guard let example = try await TargetCatalog().example(on: connection) else { return }
      try await CatalogLook.run(at: example, on: connection)
    }
  }

  private func lookBesideImport() async throws {
    try await services.queue.withConnection { connection in
      guard let example = try await TargetCatalog().example(on: connection) else { return }
      _ = try await ImportWarnings(target: example, mode: .upsert, fileBytes: 0)
        .read(on: connection)
    }
  }
}
