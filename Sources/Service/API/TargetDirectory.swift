import ImportModel
import Postgres
import Validation

/// The tables that one may import into, as `SLUICE_TARGETS` narrows them.
struct TargetDirectory: Sendable {
  private static let catalog = TargetCatalog()

  let services: APIServices

  /// The table of a name.
  ///
  /// - Throws: `Problem` `unknown_target`, with the reason.
  func find(_ name: String) async throws -> TargetTable {
    do {
      let table = try await services.pool.withConnection { connection in
        try await TargetDirectory.catalog.table(
          named: name, on: connection, patterns: services.settings.targets)
      }
      guard let table else { throw Problems.unknownTarget(name) }
      return table
    } catch let error as TargetError {
      throw Problems.unusableTarget(error)
    }
  }

  /// All tables, by name; at most `TargetCatalog.tableLimit`.
  func all() async throws -> [TargetTable] {
    try await services.pool.withConnection { connection in
      try await TargetDirectory.catalog.tables(
        on: connection, patterns: services.settings.targets)
    }
  }

  /// A table with its constraints.
  func details(_ name: String) async throws -> TargetDetails {
    let table = try await find(name)
    return try await services.pool.withConnection { connection in
      try await TargetDirectory.catalog.details(of: table, on: connection)
    }
  }
}
