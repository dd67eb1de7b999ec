public import ImportModel
public import Postgres
import Spool

/// What the administrator of the database should look at beside an import: two queries over catalog and
/// counters, which touch no rows.
public struct ImportWarnings: Sendable {
  /// They travel with each message about the import.
  private static let limit = 20

  private let target: TargetTable
  private let mode: ImportOptions.Mode
  private let fileBytes: Int64
  private let limits: Thresholds

  /// Prepares a look.
  ///
  /// - Parameter fileBytes: size of the file, as it is unpacked where that is known.
  public init(
    target: TargetTable, mode: ImportOptions.Mode, fileBytes: Int64,
    limits: Thresholds = .standard
  ) {
    self.target = target
    self.mode = mode
    self.fileBytes = fileBytes
    self.limits = limits
  }

  /// Looks at the target and the server.
  ///
  /// - Returns: the most serious first.
  /// - Throws: `PostgresError`, also where the target is locked; `ImportFailure` where what they say cannot be read.
  public func read(on connection: PostgresConnection) async throws -> [ImportWarning] {
    try await connection.transaction { connection in
      // Sizes are asked of the tables themselves: whoever has locked one must not hold the import up here.
      try await connection.execute("SET LOCAL lock_timeout = '200ms'")
      return try await findings(on: connection)
    }
  }

  private func findings(on connection: PostgresConnection) async throws -> [ImportWarning] {
    let targets = try await TargetFacts.read([target.oid], on: connection, isThorough: false)
    guard let facts = targets[target.oid] else { return [] }
    let server = ServerFindings(
      facts: try await ServerFacts.read(on: connection, isThorough: false),
      version: connection.serverVersion, limits: limits, largestBytes: facts.bytes,
      fileBytes: fileBytes)
    let found =
      TargetFindings(target: target, facts: facts, limits: limits).concerning(mode)
      + server.concerningImport + server.disk
    let warnings = found.mostSeriousFirst.map(\.warning)
    let rest = warnings.count - ImportWarnings.limit
    guard rest > 0 else { return warnings }
    return warnings.prefix(ImportWarnings.limit) + [
      ImportWarning(
        code: "more_warnings", message: "\(rest) more: `sluice doctor` tells all of them")
    ]
  }
}

extension [Finding] {
  /// By severity, otherwise as they are.
  var mostSeriousFirst: [Finding] {
    Finding.Severity.allCases.flatMap { severity in filter { $0.severity == severity } }
  }
}

extension ServerFindings {
  /// Room on the server's disk, where that can be known from here.
  var disk: [Finding] {
    guard let folder = facts.dataFolder, let free = SpoolInspection.freeBytes(at: folder) else {
      return []
    }
    let needed = (fileBytes ?? 0).multipliedReportingOverflow(by: 2 * limits.walPerFileByte)
    let wanted = max(limits.diskBytes, needed.overflow ? .max : needed.partialValue)
    guard free < wanted else { return [] }
    return [
      Finding(
        .serious, "disk_low",
        "\(Amounts.bytes(free)) are free where the database lies, and \(Amounts.bytes(wanted)) should be"
      )
    ]
  }
}
