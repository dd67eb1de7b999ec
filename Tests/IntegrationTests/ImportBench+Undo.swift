import ImportModel
import Postgres
import Queue
import TestSupport

@testable import Merging

/// Changes of a table that stand for those of an import, with images as a merge leaves them.
struct ImagedChange: Sendable {
  var table = "public.t"
  var key = ["id"]
  /// Columns that updated rows get back.
  var images = ["v"]
}

extension ImportBench {
  /// Makes an import that has done what a script does, with images of all rows that it changes.
  ///
  /// The script changes no key. Without a key, it only inserts.
  func imported(
    _ script: String, _ change: ImagedChange = ImagedChange()
  ) async throws -> ImportID {
    let before = quotedIdentifier("before_" + TestDatabase.uniqueName())
    try await connection.execute(
      """
      CREATE TABLE \(before) AS SELECT t.tableoid AS was_in, t.ctid AS was, t.* FROM \(change.table) t;
      \(script)
      """)
    let id = try await submit("id\n1\n", into: change.table, key: change.key) { $0.force = true }
    try await makeImages(of: id, before: before, change)
    try await connection.execute(
      """
      UPDATE sluice.imports SET status = 'done', finished_at = clock_timestamp(), history = history
        || jsonb_build_object('name', 'done', 'at', extract(epoch FROM clock_timestamp()))
       WHERE id = '\(id)'; DROP TABLE \(before)
      """)
    return id
  }

  private func makeImages(
    of id: ImportID, before: String, _ change: ImagedChange
  ) async throws {
    let name: [PostgresParameter] = [.text(change.table)]
    let oid = UInt32(
      try await connection.query("SELECT to_regclass($1)::oid::bigint AS oid", name).rows[0]
        .int64("oid"))
    let digest = try await RowDigest.read(oid, on: connection)
    let keys = change.key.map(quotedIdentifier)
    let same =
      keys.isEmpty
      ? "(b.was_in, b.was) = (t.tableoid, t.ctid)"
      : keys.map { "b.\($0) IS NOT DISTINCT FROM t.\($0)" }.joined(separator: " AND ")
    let arrays = keys.enumerated().map { ", array_agg(\($1) ORDER BY place) AS k\($0)" }.joined()
    let columns =
      keys.enumerated().map { ", t.\($1) AS k\($0)" }.joined()
      + change.images.enumerated().map { ", b.\(quotedIdentifier($1)) AS c\($0)" }.joined()
    try await connection.execute(
      """
      CREATE TABLE \(UndoTables.inserted(id)) AS
        SELECT (place / 1000)::integer AS n, array_agg(digest ORDER BY place) AS digests\(arrays)
          FROM (SELECT t.*, \(digest.expression("t")) AS digest, row_number() OVER () AS place
                  FROM \(change.table) t
                 WHERE NOT EXISTS (SELECT FROM \(before) b WHERE \(same))) r
         GROUP BY 1
      """)
    if !keys.isEmpty {
      try await connection.execute(
        """
        CREATE TABLE \(UndoTables.updated(id)) AS
          SELECT \(digest.expression("t")) AS digest\(columns)
            FROM \(change.table) t JOIN \(before) b ON \(same)
           WHERE \(digest.expression("t")) <> \(digest.expression("b"))
        """)
    }
    _ = try await connection.query(
      """
      INSERT INTO sluice.undo (import_id, kind, target_oid, key_columns, digest_columns,
        image_columns, expires_at)
      VALUES ($1::uuid, 'rows', $2, $3, $4, $5, now() + interval '1 day')
      """,
      [
        .text(id.description), .int(Int64(oid)), .textArray(change.key),
        .textArray(digest.columnNames), .textArray(change.images),
      ])
  }

  /// Takes an import back with a worker, and says how that ended.
  func undo(_ id: ImportID) async throws -> ImportRecord {
    guard try await queue.requestUndo(id) == .requested else {
      throw ImportBenchError("it cannot be taken back")
    }
    return try await withWorker { _ in try await undoEnded(id) }
  }

  func undoEnded(_ id: ImportID) async throws -> ImportRecord {
    try await eventually("the undo ends", within: .seconds(60)) {
      try await !record(id).undo.isRequested
    }
    return try await record(id)
  }

  /// Rows that were left, as `key|reason|message`.
  func left(of id: ImportID) async throws -> [String] {
    try await queue.leftRows(of: id, after: 0, limit: 1000).map {
      "\($0.key)|\($0.reason)|\($0.message)"
    }
  }

  /// All rows of a table as texts, in an order of their own.
  func content(_ table: String = "public.t") async throws -> [String] {
    try await rows("SELECT t::text COLLATE \"C\" FROM \(table) t ORDER BY 1")
  }
}
