public import ImportModel
public import Postgres

/// The rejects of imports, in the database.
public enum RejectStore {
  private static let groupSize = 1000

  /// Adds rejects, ordered by row, inside the caller's transaction.
  ///
  /// - Parameter firstOrdinal: number of the first fault of each row; 0 unless the row has some already.
  public static func insert(
    _ rejects: [Reject], importID: ImportID, on connection: PostgresConnection
  ) async throws {
    var ordinal: Int64 = 0
    var row: Int64 = -1
    var index = 0
    while index < rejects.count {
      let group = rejects[index..<min(index + groupSize, rejects.count)]
      index = group.endIndex
      let ordinals = group.map { reject in
        ordinal = reject.row == row ? ordinal + 1 : 0
        row = reject.row
        return ordinal
      }
      try await insert(group, ordinals: ordinals, importID: importID, on: connection)
    }
  }

  private static func insert(
    _ group: ArraySlice<Reject>, ordinals: [Int64], importID: ImportID,
    on connection: PostgresConnection
  ) async throws {
    let sql = """
      INSERT INTO sluice.rejects (import_id, row, ordinal, line, column_name, code, message, value, raw)
      SELECT $1::uuid, r.*
        FROM unnest($2::bigint[], $3::integer[], $4::bigint[], $5::text[], $6::text[], $7::text[],
                    $8::text[], $9::bytea[]) AS r
      """
    _ = try await connection.query(
      sql,
      [
        .text(importID.description), .int8Array(group.map(\.row)), .int8Array(ordinals),
        .int8Array(group.map(\.line)), .textArray(group.map(\.column)),
        .textArray(group.map(\.code.rawValue)), .textArray(group.map(\.message)),
        .textArray(group.map(\.value)), .bytesArray(group.map(\.raw)),
      ])
  }

  /// A page of the report, in the order of rows.
  ///
  /// - Parameters:
  ///   - last: the row and ordinal behind which the page begins.
  ///   - withRaw: only the first fault of a row carries the row as it stood.
  public static func page(
    of id: ImportID, after last: (row: Int64, ordinal: Int64), limit: Int, pool: PostgresPool
  ) async throws -> [(reject: Reject, ordinal: Int64)] {
    let sql = """
      SELECT row, ordinal, line, column_name, code, message, value, raw FROM sluice.rejects
       WHERE import_id = $1::uuid AND (row, ordinal) > ($2, $3)
       ORDER BY row, ordinal LIMIT $4
      """
    let result = try await pool.query(
      sql, [.text(id.description), .int(last.row), .int(last.ordinal), .int(Int64(limit))])
    return try result.rows.map { row in
      let code = try row.string("code")
      let reject = Reject(
        row: try row.int64("row"), line: try row.int64("line"), column: row["column_name"],
        code: RejectCode(rawValue: code) ?? .database, message: try row.string("message"),
        value: row["value"], raw: try row.optionalBytes("raw"))
      return (reject, try row.int64("ordinal"))
    }
  }
}
