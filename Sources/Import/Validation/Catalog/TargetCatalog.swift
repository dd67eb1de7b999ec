public import ImportModel
public import Postgres

/// Reads the tables that one may import into from the catalog of a database.
///
/// It sees what the session's role sees: rights are checked by Postgres's own functions. Names of types
/// are always qualified, so that they mean the same in every session.
public struct TargetCatalog: Sendable {
  /// Most tables that `tables(on:patterns:)` returns.
  public static let tableLimit = 1_000

  /// A catalog reader; it keeps nothing.
  public init() {}

  /// Finds one table by its name, as `QualifiedName` reads it.
  ///
  /// - Parameter patterns: see `tables(on:patterns:)`.
  /// - Returns: nil where there is no relation of that name.
  /// - Throws: `TargetError` where there is one that cannot be imported into, `PostgresError`.
  public func table(
    named text: String, on connection: PostgresConnection, patterns: [String]? = nil
  ) async throws -> TargetTable? {
    let name = try QualifiedName(parsing: text)
    return try await connection.planningOnce { connection in
      let result = try await connection.queryCached(
        RelationRow.sql(where: "n.nspname = $1 AND c.relname = $2"),
        [.text(name.schema), .text(name.name), Self.likePatterns(patterns)])
      guard let row = result.rows.first else { return nil }
      let relation = try RelationRow(row)
      try relation.check()
      return try await describe([relation], on: connection).first
    }
  }

  /// All tables, foreign tables and views that the session's role may insert into, by schema and name,
  /// partitions not counted, at most `tableLimit`.
  ///
  /// - Parameter patterns: of `schema.table`, `*` for any characters and `?` for one; nil for all.
  /// - Throws: `PostgresError`.
  public func tables(
    on connection: PostgresConnection, patterns: [String]? = nil
  ) async throws -> [TargetTable] {
    let result = try await connection.queryCached(
      """
      SELECT * FROM (
        \(RelationRow.sql(where: "$1::text IS NULL AND $2::text IS NULL AND NOT c.relispartition"))
      ) AS found
      WHERE takes_inserts AND NOT has_insert_rules
        AND NOT is_reserved AND is_allowed AND is_writable
      ORDER BY nspname, relname
      LIMIT \(Self.tableLimit)
      """,
      [.null, .null, Self.likePatterns(patterns)])
    return try await describe(try result.rows.map(RelationRow.init), on: connection)
  }

  /// The patterns in the language of LIKE.
  static func likePatterns(_ patterns: [String]?) -> PostgresParameter {
    guard let patterns else { return .null }
    return .textArray(
      patterns.map { pattern in
        var like = ""
        for character in pattern {
          switch character {
          case "*": like += "%"
          case "?": like += "_"
          case "%", "_", "\\": like += "\\\(character)"
          default: like.append(character)
          }
        }
        return like
      })
  }

  /// The table of imports, which is none that one may import into: a target to look at before there is another.
  ///
  /// The first look of a session at the catalog takes several times as long as those that follow.
  ///
  /// - Returns: nil where it is not there.
  /// - Throws: `PostgresError`.
  public func example(on connection: PostgresConnection) async throws -> TargetTable? {
    try await connection.planningOnce { connection in
      let found = try await connection.queryCached(
        RelationRow.sql(where: "n.nspname = $1 AND c.relname = $2"),
        [.text("sluice"), .text("imports"), Self.likePatterns(nil)])
      return try await describe(try found.rows.map(RelationRow.init), on: connection).first
    }
  }

  private func describe(
    _ relations: [RelationRow], on connection: PostgresConnection
  ) async throws -> [TargetTable] {
    guard !relations.isEmpty else { return [] }
    let oids = relations.map(\.oid)
    let columns = try await ColumnReader.read(oids, on: connection)
    let keys = try await KeyReader.read(oids, columns: columns, on: connection)
    return relations.map { relation in
      TargetTable(
        oid: relation.oid, schema: relation.schema, name: relation.name,
        columns: columns[relation.oid] ?? [], keys: keys[relation.oid] ?? [],
        estimatedRows: relation.estimatedRows, shape: relation.shape)
    }
  }
}
