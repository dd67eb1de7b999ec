import ImportModel
import Merging
import Postgres
import Queue
import Spool
import Staging

/// What the next sweep of the janitor takes, found by the rules by which it sweeps.
struct SweepFacts: Sendable, Equatable {
  /// Things that go, and their bytes.
  struct Heap: Sendable, Equatable {
    var count = 0
    var bytes: Int64 = 0
  }

  /// Files of imports that have ended.
  var filesOfTheEnded = Heap()
  /// Files that no import knows, and that are too old to be on their way.
  var filesOfNobody = Heap()
  /// Files of uploads that broke off.
  var unfinishedFiles = Heap()
  /// Imports past their retention.
  var imports = 0
  var staging = Heap()
  /// Imports that can be taken back, and whose time for that is over.
  var expiredImages = Heap()
  /// Images that nobody can use.
  var images = Heap()
  var formerTables = Heap()
  /// Tables of attempts that have ended.
  var besideTables = Heap()

  /// - Parameters:
  ///   - needed: files that imports may still read.
  ///   - retentionSeconds: how long finished imports stay.
  static func read(
    on connection: PostgresConnection, spool: SpoolInspection, needed: Set<String>,
    retentionSeconds: Int64
  ) async throws -> SweepFacts {
    var facts = SweepFacts()
    let ended = Set(
      try await ImportQueue.spoolIDsOfTheEnded(among: Array(spool.files.keys), on: connection))
    let unknown = spool.leftovers(keeping: needed).filter { !ended.contains($0) }
    facts.filesOfTheEnded = heap(of: ended, in: spool)
    facts.filesOfNobody = heap(of: unknown, in: spool)
    facts.unfinishedFiles = Heap(
      count: spool.unfinished.count, bytes: spool.unfinished.reduce(0, +))
    facts.imports = try await ImportQueue.countFinished(
      olderThan: retentionSeconds, on: connection)
    facts.staging = try await heap(
      of: StagingTable.leftovers(on: connection), StagingTable.names(of:), on: connection)
    facts.expiredImages = try await heap(
      of: UndoTables.expired(on: connection), UndoTables.names(of:), on: connection)
    facts.images = try await heap(
      of: UndoTables.leftovers(on: connection), UndoTables.names(of:), on: connection)
    facts.formerTables = try await heap(
      of: KeptTable.leftovers(on: connection), KeptTable.names(of:), on: connection)
    facts.besideTables = try await heap(
      of: BesideTables.leftovers(on: connection), { [$0] }, on: connection)
    return facts
  }

  private static func heap(of files: some Collection<String>, in spool: SpoolInspection) -> Heap {
    Heap(count: files.count, bytes: files.reduce(0) { $0 + (spool.files[$1]?.bytes ?? 0) })
  }

  /// - Parameter names: the tables of each, quoted and qualified.
  private static func heap<Owner>(
    of owners: [Owner], _ names: (Owner) -> [String], on connection: PostgresConnection
  ) async throws -> Heap {
    guard !owners.isEmpty else { return Heap() }
    // Those that somebody drops meanwhile have no bytes.
    let sql = """
      SELECT coalesce(sum(pg_total_relation_size(to_regclass(name))), 0)::bigint AS bytes
        FROM unnest($1::text[]) AS name
      """
    let row = try await connection.query(sql, [.textArray(owners.flatMap(names))]).rows[0]
    return Heap(count: owners.count, bytes: try row.int64("bytes"))
  }
}
