public import ImportModel
public import Postgres

/// How far the rejects of an import are listed in its report.
public struct RejectList: Sendable, Equatable {
  /// Rejected rows that the report holds.
  public var rowsListed: Int64
  /// Rejected rows that are counted only, because the report had no room for them.
  public var rowsOmitted: Int64

  /// Describes a list.
  public init(rowsListed: Int64, rowsOmitted: Int64) {
    self.rowsListed = rowsListed
    self.rowsOmitted = rowsOmitted
  }

  /// Reads the list of an import; nil where nothing was rejected yet.
  public static func read(_ id: ImportID, pool: PostgresPool) async throws -> RejectList? {
    let sql =
      "SELECT rows_listed, rows_omitted FROM sluice.reject_lists WHERE import_id = $1::uuid"
    guard let row = try await pool.query(sql, [.text(id.description)]).rows.first else {
      return nil
    }
    return RejectList(
      rowsListed: try row.int64("rows_listed"), rowsOmitted: try row.int64("rows_omitted"))
  }

  /// Begins a list with room for so much; what is listed already stays.
  static func begin(
    _ id: ImportID, room: RejectRoom, on connection: PostgresConnection
  ) async throws {
    let sql = """
      INSERT INTO sluice.reject_lists AS l
        (import_id, row_limit, byte_limit, rows_listed, bytes_listed)
      SELECT $1::uuid, $2::bigint, $3::bigint, count(DISTINCT row), coalesce(sum(
               octet_length(message) + coalesce(octet_length(value), 0)
                 + coalesce(octet_length(raw), 0)), 0)
        FROM sluice.rejects WHERE import_id = $1::uuid
      ON CONFLICT (import_id) DO UPDATE SET
        row_limit = excluded.row_limit, byte_limit = excluded.byte_limit,
        rows_listed = excluded.rows_listed, bytes_listed = excluded.bytes_listed, rows_omitted = 0
      """
    _ = try await connection.query(
      sql, [.text(id.description), .int(room.rows), .int(room.bytes)])
  }

  /// The room that the list still has.
  static func room(
    of id: ImportID, on connection: PostgresConnection
  ) async throws -> RejectRoom {
    let sql = """
      SELECT row_limit - rows_listed AS rows, byte_limit - bytes_listed AS bytes
        FROM sluice.reject_lists WHERE import_id = $1::uuid
      """
    guard let row = try await connection.query(sql, [.text(id.description)]).rows.first else {
      return .standard
    }
    return RejectRoom(rows: try row.int64("rows"), bytes: try row.int64("bytes"))
  }

  /// Counts rows, and those of them that were listed.
  static func add(
    listed: Int64, bytes: Int64, badRows: Int64, to id: ImportID,
    on connection: PostgresConnection
  ) async throws {
    let sql = """
      INSERT INTO sluice.reject_lists AS l (import_id, rows_listed, bytes_listed, rows_omitted)
      VALUES ($1::uuid, $2, $3, $4)
      ON CONFLICT (import_id) DO UPDATE SET
        rows_listed = l.rows_listed + excluded.rows_listed,
        bytes_listed = l.bytes_listed + excluded.bytes_listed,
        rows_omitted = l.rows_omitted + excluded.rows_omitted
      """
    _ = try await connection.query(
      sql, [.text(id.description), .int(listed), .int(bytes), .int(badRows - listed)])
  }
}
