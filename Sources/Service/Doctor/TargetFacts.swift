import Postgres

/// What the catalog and the statistics say of a target, read in one query for all targets.
struct TargetFacts: Sendable, Decodable, Equatable {
  /// Something of a target's, and SQL that mends it, where there is any.
  struct Item: Sendable, Decodable, Equatable {
    var name: String
    /// What else is to be told of it.
    var detail: String?
    var bytes: Int64?
    var sql: String?
  }

  var oid: Int64
  /// Quoted, qualified.
  var sqlName: String
  /// Rows, indexes left out.
  var bytes: Int64
  var liveRows: Int64
  var deadRows: Int64
  /// Seconds since autovacuum or a person last went through it; nil where nobody did.
  var vacuumedSeconds: Double?
  /// Age of the oldest transaction in it, and when autovacuum begins to freeze.
  var frozenAge: Int64
  var freezeAge: Int64
  /// What statistics lack, of the table and its partitions.
  var unanalyzed: [Item]
  var vacuumOff: [Item]
  var unlogged: [Item]
  var partitions: Int
  var invalidIndexes: [Item]
  var bareReferences: [Item]
  var duplicateIndexes: [Item]
  var unusedIndexes: [Item]
  /// How long indexes have been counted.
  var countedSeconds: Double
  /// Makes a key of what is one already, as far as statistics tell.
  var keySQL: String?
  var missingRights: [Item]
  /// Publications that send its rows.
  var publications: [String]
  var isOwner: Bool
  /// Wrapper and server of a foreign table, and whether rows go there in batches.
  var wrapper: String?
  var batchSize: String?

  /// - Parameter isThorough: whether to look also at what indexes are good for.
  static func read(
    _ oids: [UInt32], on connection: PostgresConnection, isThorough: Bool
  ) async throws -> [UInt32: TargetFacts] {
    let result = try await connection.planningOnce {
      try await $0.queryCached(
        TargetFacts.sql(isThorough: isThorough), [.int8Array(oids.map { Int64($0) })])
    }
    var facts: [UInt32: TargetFacts] = [:]
    for row in result.rows {
      let one = try decoded(TargetFacts.self, row.string("facts"))
      facts[UInt32(truncatingIfNeeded: one.oid)] = one
    }
    return facts
  }
}
