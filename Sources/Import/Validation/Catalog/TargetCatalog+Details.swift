public import ImportModel
public import Postgres

extension TargetCatalog {
  /// Reads the CHECK constraints and the foreign keys of a table.
  ///
  /// - Throws: `PostgresError`.
  public func details(
    of table: TargetTable, on connection: PostgresConnection
  ) async throws -> TargetDetails {
    let oid: [PostgresParameter] = [.int(Int64(table.oid))]
    let checks = try await connection.queryCached(Self.checkSQL, oid)
    let references = try await connection.queryCached(Self.referenceSQL, oid)
    return TargetDetails(
      table: table,
      checks: try checks.rows.map { row in
        TargetDetails.Check(
          name: try row.string("conname"), definition: try row.string("definition"))
      },
      references: try Self.references(references.rows))
  }

  /// One row a column of each foreign key.
  private static func references(_ rows: [PostgresRow]) throws -> [TargetDetails.Reference] {
    var references: [TargetDetails.Reference] = []
    for row in rows {
      let name = try row.string("conname")
      if references.last?.name != name {
        references.append(
          TargetDetails.Reference(
            name: name, columns: [], referencedTable: try row.string("referenced_table"),
            referencedColumns: []))
      }
      references[references.count - 1].columns.append(try row.string("own_column"))
      references[references.count - 1].referencedColumns.append(try row.string("other_column"))
    }
    return references
  }

  private static let checkSQL = """
    SELECT conname, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint
    WHERE conrelid = $1::bigint::oid AND contype = 'c'
    ORDER BY conname
    """

  private static let referenceSQL = """
    SELECT k.conname, n.nspname || '.' || c.relname AS referenced_table,
      own.attname AS own_column, other.attname AS other_column
    FROM pg_constraint AS k
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS p(own, other, position)
    JOIN pg_class AS c ON c.oid = k.confrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS own ON own.attrelid = k.conrelid AND own.attnum = p.own
    JOIN pg_attribute AS other ON other.attrelid = k.confrelid AND other.attnum = p.other
    WHERE k.conrelid = $1::bigint::oid AND k.contype = 'f'
      AND NOT EXISTS (
        SELECT FROM pg_constraint AS p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)
    ORDER BY k.conname, k.oid, p.position
    """
}
