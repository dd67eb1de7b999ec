public import ImportModel
public import Postgres
import Queue
import Spool

/// One look at a database, its targets, the schema `sluice` and the spool; it changes nothing.
public struct Examination: Sendable {
  private let targets: [TargetTable]
  private let spoolFolder: String
  private let retentionSeconds: Int64
  private let limits: Thresholds

  /// Prepares an examination.
  ///
  /// - Parameters:
  ///   - targets: those to look at.
  ///   - retentionSeconds: how long finished imports stay.
  public init(
    targets: [TargetTable], spoolFolder: String, retentionSeconds: Int64,
    limits: Thresholds = .standard
  ) {
    self.targets = targets
    self.spoolFolder = spoolFolder
    self.retentionSeconds = retentionSeconds
    self.limits = limits
  }

  /// Looks at everything.
  ///
  /// - Throws: `PostgresError`, `ImportFailure` where what the catalog says cannot be read.
  public func run(on connection: PostgresConnection) async throws -> DoctorReport {
    let facts = try await TargetFacts.read(
      targets.map(\.oid), on: connection, isThorough: true)
    let largest = facts.values.map(\.bytes).max() ?? 0
    let server = ServerFindings(
      facts: try await ServerFacts.read(on: connection, isThorough: true),
      version: connection.serverVersion, limits: limits, largestBytes: largest, fileBytes: nil)
    let spool = SpoolInspection(folder: spoolFolder)
    let (schema, use) = try await self.schema(server.facts, spool, on: connection)
    return DoctorReport(
      sections: [self.server(server)] + toldOnce(targets.map { section($0, facts[$0.oid]) })
        + [schema, Examination.spool(spoolFolder, spool, use, limits: limits)])
  }

  /// What can be said where the database cannot be reached.
  ///
  /// - Parameter reason: why not, for people.
  public static func withoutDatabase(_ reason: String, spoolFolder: String) -> DoctorReport {
    let database = DoctorReport.Section(
      name: "database", summary: "not reached",
      findings: [Finding(.serious, "database_unreachable", reason)])
    return DoctorReport(
      sections: [
        database,
        spool(spoolFolder, SpoolInspection(folder: spoolFolder), nil, limits: .standard),
      ])
  }

  // MARK: Sections

  private func server(_ server: ServerFindings) -> DoctorReport.Section {
    let facts = server.facts
    return DoctorReport.Section(
      name: "database",
      summary: "Postgres \(facts.setting("server_version")), database \(facts.database)"
        + " (\(Amounts.bytes(facts.databaseBytes))), role \(facts.role)",
      findings: (server.all + server.disk).mostSeriousFirst)
  }

  private func section(_ target: TargetTable, _ facts: TargetFacts?) -> DoctorReport.Section {
    let kind = target.shape.kind.rawValue.replacing("_", with: " ")
    let modes = target.modes.map(\.rawValue).joined(separator: ", ")
    var parts = ["\(target.displayName): \(kind)"]
    if let facts, target.shape.holdsRows {
      parts.append("\(facts.liveRows) rows in \(Amounts.bytes(facts.bytes))")
    }
    parts.append(modes.isEmpty ? "takes no mode" : "takes \(modes)")
    return DoctorReport.Section(
      name: "target", summary: parts.joined(separator: ", "),
      findings: facts.map {
        TargetFindings(target: target, facts: $0, limits: limits).all.mostSeriousFirst
      } ?? [])
  }

  /// A foreign key between two targets is found from both ends, and mended once.
  private func toldOnce(_ sections: [DoctorReport.Section]) -> [DoctorReport.Section] {
    var told: Set<String> = []
    return sections.map { section in
      var section = section
      section.findings.removeAll { finding in
        guard finding.code == "foreign_key_without_index", let sql = finding.sql else {
          return false
        }
        return !told.insert(sql).inserted
      }
      return section
    }
  }

  /// What the database says of the files in the spool, and of what is to be swept.
  private struct Use {
    let needed: Set<String>
    let sweep: SweepFacts
  }

  private func schema(
    _ server: ServerFacts, _ spool: SpoolInspection, on connection: PostgresConnection
  ) async throws -> (DoctorReport.Section, Use?) {
    let status = try await SluiceSchema.migrator.status(on: connection)
    guard status.isCurrent else {
      let isNewer = !status.unknown.isEmpty
      let finding =
        status.current == 0 && !isNewer
        ? Finding(
          .note, "schema_missing", "there is no schema sluice yet: `sluice serve` makes it")
        : Finding(
          .serious, "schema_version",
          "the schema sluice is at version \(status.current), and this program knows"
            + " \(status.latest): \(isNewer ? "use a newer program" : "run `sluice migrate`")")
      return (
        DoctorReport.Section(
          name: "schema", summary: "version \(status.current)", findings: [finding]), nil
      )
    }
    do {
      let facts = try await SchemaFacts.read(
        on: connection, retentionSeconds: retentionSeconds, limits: limits)
      let needed = try await ImportQueue.spoolIDsInUse(on: connection)
      let sweep = try await SweepFacts.read(
        on: connection, spool: spool, needed: needed, retentionSeconds: retentionSeconds)
      return (
        section(facts, sweep, version: status.current, sqlRole: server.sqlRole),
        Use(needed: needed, sweep: sweep)
      )
    } catch let error as PostgresError where error.sqlState == "42501" {
      let finding = Finding(
        .serious, "schema_closed",
        "the role \(server.role) may not use the schema sluice: \(error.message ?? "no right")",
        sql: SchemaFindings.grants(to: server.sqlRole))
      return (
        DoctorReport.Section(
          name: "schema", summary: "version \(status.current)", findings: [finding]), nil
      )
    }
  }

  private func section(
    _ facts: SchemaFacts, _ sweep: SweepFacts, version: Int, sqlRole: String
  ) -> DoctorReport.Section {
    let findings = SchemaFindings(facts: facts, sqlRole: sqlRole, limits: limits)
    return
      (DoctorReport.Section(
        name: "schema",
        summary: "version \(version), \(Amounts.count(facts.imports, "import", "imports"))"
          + " (\(facts.running) running, \(facts.waiting) waiting), \(Amounts.bytes(facts.bytes)):"
          + " staging \(Amounts.bytes(facts.stagingBytes)), undo \(Amounts.bytes(facts.undoBytes)),"
          + " rejects \(Amounts.bytes(facts.rejectBytes))",
        findings: (findings.all + SweepFindings(facts: sweep).ofSchema).mostSeriousFirst))
  }

  private static func spool(
    _ folder: String, _ spool: SpoolInspection, _ use: Use?, limits: Thresholds
  ) -> DoctorReport.Section {
    let bytes = spool.files.values.reduce(0) { $0 + $1.bytes }
    var parts = [
      folder,
      "\(Amounts.count(Int64(spool.files.count), "file", "files")) (\(Amounts.bytes(bytes)))",
    ]
    if let free = spool.freeBytes { parts.append("\(Amounts.bytes(free)) free") }
    return DoctorReport.Section(
      name: "spool", summary: parts.joined(separator: ", "),
      findings: SpoolFindings(
        folder: folder, spool: spool, needed: use?.needed, limits: limits, sweep: use?.sweep
      ).all.mostSeriousFirst)
  }
}
