import ImportModel
import Postgres
import Validation

/// A table like a target, in a schema of its own that goes away with the transaction at hand.
///
/// It has what `LIKE … INCLUDING ALL` takes over: columns, defaults, checks, indexes; neither triggers nor
/// references. Sequences are its own, so that those of the target stay where they are.
struct TargetCopy: Sendable {
  /// The schema, quoted.
  let schema: String
  /// The copy, as the catalog describes it.
  let table: TargetTable
  /// Rows in it.
  let rows: Int64

  /// - Parameter hasRows: whether the rows of the target are copied as well.
  /// - Throws: `ImportFailure`, `TargetError`, `PostgresError`.
  static func make(
    of target: TargetTable, hasRows: Bool, on connection: PostgresConnection
  ) async throws -> TargetCopy {
    let plainSchema = "sluice_bench_\(ImportID().digits)"
    let schema = quotedIdentifier(plainSchema)
    let name = "\(schema).\(quotedIdentifier(target.name))"
    let original = "\(quotedIdentifier(target.schema)).\(quotedIdentifier(target.name))"
    try await connection.execute("CREATE SCHEMA \(schema)")
    try await connection.execute("CREATE TABLE \(name) (LIKE \(original) INCLUDING ALL)")
    for column in target.columns where column.defaultExpression?.contains("nextval(") == true {
      let sequence = "\(schema).\(quotedIdentifier("sequence_\(column.number)"))"
      try await connection.execute("CREATE SEQUENCE \(sequence)")
      try await connection.execute(
        """
        ALTER TABLE \(name) ALTER COLUMN \(quotedIdentifier(column.name))
          SET DEFAULT nextval('\(sequence)')
        """)
    }
    var rows: Int64 = 0
    if hasRows {
      let columns = target.columns.filter { !$0.isGenerated }.map { quotedIdentifier($0.name) }
        .joined(separator: ", ")
      rows = Int64(
        try await connection.query(
          """
          INSERT INTO \(name) (\(columns)) OVERRIDING SYSTEM VALUE SELECT \(columns) FROM \(original)
          """
        ).affected)
      try await connection.execute("ANALYZE \(name)")
    }
    var described = target
    described.schema = plainSchema
    guard
      let table = try await TargetCatalog().table(named: described.displayName, on: connection)
    else { throw ImportFailure(.internal, "the copy of the target is not there") }
    return TargetCopy(schema: schema, table: table, rows: rows)
  }
}
