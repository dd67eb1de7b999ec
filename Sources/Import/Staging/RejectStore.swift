public import ImportModel
public import Postgres

/// The rejects of imports, in the database.
public enum RejectStore {
  private static let groupSize = 1000
  /// Bytes of rows that go into one statement, or into one page, about.
  private static let groupBytes = 1 << 20

  /// Adds rejects inside the caller's transaction, as far as the report has room for them; the rest is
  /// counted.
  ///
  /// - Parameters:
  ///   - rejects: ordered by row, all faults of a row together.
  ///   - badRows: how many rows were rejected, where not all of them are among `rejects`.
  /// - Returns: the room that is left.
  @discardableResult
  public static func insert(
    _ rejects: [Reject], badRows: Int64? = nil, importID: ImportID,
    on connection: PostgresConnection
  ) async throws -> RejectRoom {
    let before = try await RejectList.room(of: importID, on: connection)
    var room = before
    let kept = room.take(rejects)
    try await insert(kept, importID: importID, on: connection)
    try await RejectList.add(
      listed: before.rows - room.rows, bytes: before.bytes - room.bytes,
      badRows: badRows ?? rows(in: rejects), to: importID, on: connection)
    return room
  }

  static func rows(in rejects: [Reject]) -> Int64 {
    var last: Int64?
    return rejects.reduce(into: 0) { count, reject in
      if reject.row != last { count += 1 }
      last = reject.row
    }
  }

  private static func insert(
    _ rejects: ArraySlice<Reject>, importID: ImportID, on connection: PostgresConnection
  ) async throws {
    var ordinal: Int64 = 0
    var row: Int64 = -1
    var index = rejects.startIndex
    while index < rejects.endIndex {
      let group = rejects[index..<endOfGroup(in: rejects, from: index)]
      index = group.endIndex
      let ordinals = group.map { reject in
        ordinal = reject.row == row ? ordinal + 1 : 0
        row = reject.row
        return ordinal
      }
      try await insert(group, ordinals: ordinals, importID: importID, on: connection)
    }
  }

  private static func endOfGroup(in rejects: ArraySlice<Reject>, from start: Int) -> Int {
    var bytes = 0
    var end = start
    while end < rejects.endIndex, end - start < groupSize, bytes < groupBytes {
      bytes += rejects[end].raw?.count ?? 0
      end += 1
    }
    return end
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
    _ = try await connection.queryCached(
      sql,
      [
        .text(importID.description), .int8Array(group.map(\.row)), .int8Array(ordinals),
        .int8Array(group.map(\.line)), .textArray(group.map(\.column)),
        .textArray(group.map(\.code.rawValue)), .textArray(group.map { storable($0.message) }),
        .textArray(group.map { $0.value.map(storable) }), .bytesArray(group.map(\.raw)),
      ])
  }

  /// A text as Postgres can hold it: it knows no zero character.
  private static func storable(_ text: String) -> String {
    text.utf8.contains(0) ? String(text.map { $0 == "\0" ? "\u{FFFD}" : $0 }) : text
  }

  /// Whether an import has any rejects but those of rows that batches have settled.
  static func has(
    _ id: ImportID, besides merged: MergedBatches, on connection: PostgresConnection
  ) async throws -> Bool {
    let sql = "SELECT EXISTS (SELECT FROM sluice.rejects WHERE \(isOpen)) AS found"
    return try await connection.queryCached(sql, open(id, merged)).rows[0].bool("found")
  }

  /// Removes some rejects of an import, few enough for a short statement; not those of rows that batches have
  /// settled.
  ///
  /// - Returns: how many were removed; 0 where there is none left.
  static func removePage(
    of id: ImportID, besides merged: MergedBatches, on connection: PostgresConnection
  ) async throws -> Int {
    let sql = """
      DELETE FROM sluice.rejects WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM sluice.rejects WHERE \(isOpen) LIMIT 5000))
      """
    return try await connection.query(sql, open(id, merged)).affected
  }

  private static let isOpen =
    "import_id = $1::uuid AND (row > $2::bigint OR row = ANY ($3::bigint[]))"

  private static func open(_ id: ImportID, _ merged: MergedBatches) -> [PostgresParameter] {
    [.text(id.description), .int(merged.lastRow), .int8Array(merged.waiting.sorted())]
  }

  /// A page of the report, in the order of rows; only the first fault of a row carries the row as it
  /// stood. It is empty behind the last reject, and may be shorter than `limit` before, where rows are
  /// long.
  ///
  /// - Parameter last: the row and ordinal behind which the page begins.
  public static func page(
    of id: ImportID, after last: (row: Int64, ordinal: Int64), limit: Int, pool: PostgresPool
  ) async throws -> [(reject: Reject, ordinal: Int64)] {
    let sql = """
      SELECT * FROM (
        SELECT p.*, sum(octet_length(p.raw)) OVER (ORDER BY p.row, p.ordinal) AS bytes,
               row_number() OVER (ORDER BY p.row, p.ordinal) AS place
          FROM (SELECT row, ordinal, line, column_name, code, message, value, raw
                  FROM sluice.rejects
                 WHERE import_id = $1::uuid AND (row, ordinal) > ($2, $3)
                 ORDER BY row, ordinal LIMIT $4) p) q
       WHERE place = 1 OR coalesce(bytes, 0) <= \(groupBytes) ORDER BY row, ordinal
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
