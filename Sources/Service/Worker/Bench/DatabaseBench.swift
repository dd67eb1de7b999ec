public import ImportModel
import Merging
public import Postgres
import Reading
import Staging
import Validation

/// Measures the steps of an import that need a database, each by itself: COPY of tuples that lie ready, then
/// the steps of the merge, into a copy of the target.
///
/// All of it is one transaction that is rolled back, so that nothing stays behind, whatever happens; the
/// target itself is only read.
public struct DatabaseBench: Sendable {
  /// What came of it.
  public struct Outcome: Sendable {
    /// Rows that the copy of the target had before.
    public let targetRows: Int64
    /// How the rows were merged.
    public let plan: String
    /// What became of the rows.
    public let counts: RowCounts
    /// Seconds and rows of `copy`, `duplicates`, `rules`, `merge`: see `ProfileStep`.
    public let steps: [ImportProfile.Step]
  }

  /// What is measured; the others have nothing to do here.
  private static let measured: [ProfileStep] = [.copy, .duplicates, .rules, .merge]

  private let file: any FileBytes
  private let target: TargetTable
  private let options: ImportOptions
  private let scratch: String
  private let copiesRows: Bool

  /// Prepares to measure.
  ///
  /// - Parameters:
  ///   - options: without lookups.
  ///   - scratch: a folder for what does not fit into memory.
  ///   - copiesRows: whether the copy of the target gets its rows.
  public init(
    _ file: any FileBytes, target: TargetTable, options: ImportOptions, scratch: String,
    copiesRows: Bool
  ) {
    self.file = StoppableFile(file)
    self.target = target
    self.options = options
    self.scratch = scratch
    self.copiesRows = copiesRows
  }

  /// Settings of the session: should this process end, the server notices within a second.
  public static let sessionSettings = ["client_connection_check_interval": "1s"]

  /// Goes through all steps once.
  ///
  /// - Parameter connection: nobody else uses it, and no transaction is open.
  /// - Throws: what an import of the file would throw.
  public nonisolated(nonsending) func run(
    on connection: PostgresConnection
  ) async throws -> Outcome {
    let preflight = try ImportPreflight(
      file: file, target: target, options: options, lookups: [], scope: .whole, scratch: scratch)
    let prepared = try PreparedFile(file, preflight, options: options, scratch: scratch)
    let input = ImportInput(
      file: prepared, target: target, nullWords: options.null ?? [],
      arbiter: try await arbiter(on: connection),
      settings: try await ValidationSettings.read(on: connection))
    let tuples = try TupleFile(in: scratch)
    let counts = try await encode(input, into: tuples)
    do {
      return try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
        throw RolledBack(outcome: try await measure(input, tuples, counts, on: connection))
      }
    } catch let end as RolledBack {
      return end.outcome
    }
  }

  /// How a transaction ends of which nothing is to stay.
  private struct RolledBack: Error {
    let outcome: Outcome
  }

  /// Without the function that tells doubtful values, they are rejected.
  private func arbiter(on connection: PostgresConnection) async throws -> Arbiter {
    let sql = """
      SELECT to_regprocedure('sluice.try_cast(oid, integer, boolean, text[])') IS NOT NULL AS found
      """
    let isThere = try await connection.query(sql).rows[0].bool("found")
    return isThere ? Arbiter(connection: connection) : Arbiter()
  }

  private nonisolated(nonsending) func encode(
    _ input: ImportInput, into tuples: TupleFile
  ) async throws -> RowCounts {
    let validator = try input.validator(profile: ProfileRecorder())
    let reader = try input.reader(from: input.start)
    let records = RecordBatch(capacity: BatchProducer.batchBytes * 2)
    var batch = EncodedBatch()
    var start = input.start
    var counts = RowCounts()
    while try reader.read(into: records, maxBytes: BatchProducer.batchBytes, maxRows: .max) {
      try await validator.encode(
        records, start: start, into: &batch, rejectRoom: RejectRoom(rows: 0))
      start = records.end
      try tuples.append(batch.bytes, count: batch.count)
      counts.ok += Int64(batch.rowsOK)
      counts.bad += Int64(batch.rowsBad)
      counts.read += Int64(batch.rowsOK + batch.rowsBad)
    }
    return counts
  }

  private func measure(
    _ input: ImportInput, _ tuples: TupleFile, _ counts: RowCounts,
    on connection: PostgresConnection
  ) async throws -> Outcome {
    let profile = ProfileRecorder()
    let copy = try await TargetCopy.make(of: target, hasRows: copiesRows, on: connection)
    let staging = "\(copy.schema).\(quotedIdentifier("staging_\(ImportID().digits)"))"
    try await connection.execute(StagingTable.definition(of: staging, with: input.layout))
    try await profile.measure(.copy) {
      _ = try await connection.copyInBinary(
        into: StagingTable.copyStatement(into: staging, with: input.layout)
      ) { writer in
        try await write(tuples, to: writer)
      }
    }
    profile.count(.copy, rows: counts.ok)
    let request = MergeRequest(
      lease: Lease(importID: ImportID(), id: ""), staging: staging, layout: input.layout,
      target: copy.table, isPartitioned: copy.table.isPartitioned,
      key: try key(input, of: copy.table), mode: options.mode, duplicates: options.duplicates,
      staged: counts)
    let merger = Merger(
      request, on: connection, watch: { _ in }, reject: { _, _ in }, checkRejects: { _ in },
      profile: profile)
    let merged = try await merger.rehearse(rulesOf: target)
    profile.count(.merge, rows: merged.counts.merged - merged.counts.skipped)
    let names = DatabaseBench.measured.map(\.rawValue)
    return Outcome(
      targetRows: copy.rows, plan: merged.plan.rawValue, counts: merged.counts,
      steps: profile.profile.steps.filter { names.contains($0.name) })
  }

  /// The key of the target, as the copy has it.
  private func key(_ input: ImportInput, of copy: TargetTable) throws -> TargetKey {
    guard options.mode.usesKey else { return .none }
    return try ImportPreflight.key(of: copy, named: input.file.preflight.key.columns)
  }

  private func write(_ tuples: TupleFile, to writer: CopyWriter) async throws {
    var piece: [UInt8] = []
    var offset = 0
    while case let count = try tuples.read(into: &piece, at: offset), count > 0 {
      try await writer.write(piece, count: count)
      offset += count
    }
  }
}
