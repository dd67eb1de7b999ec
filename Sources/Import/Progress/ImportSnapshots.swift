import FoundationEssentials
public import ImportModel
public import Postgres

/// Reads imports as they stand, with the counters of those that run.
public struct ImportSnapshots: Sendable {
  /// Which imports to list.
  public struct Filter: Sendable {
    /// Only those in this state.
    public var status: ImportState?
    /// Only those into this target.
    public var target: String?
    /// At most so many.
    public var limit: Int
    /// Only those made before this one.
    public var before: ImportID?

    /// Describes a list.
    public init(
      status: ImportState? = nil, target: String? = nil, limit: Int, before: ImportID? = nil
    ) {
      self.status = status
      self.target = target
      self.limit = limit
      self.before = before
    }
  }

  private let pool: PostgresPool

  /// Reads over connections of a pool.
  public init(pool: PostgresPool) {
    self.pool = pool
  }

  /// One import, or nil where there is none.
  public func one(_ id: ImportID) async throws -> ImportRecord? {
    try await some([id]).first
  }

  /// Those imports of the given ones that exist, in no order, read in one statement.
  public func some(_ ids: [ImportID]) async throws -> [ImportRecord] {
    guard !ids.isEmpty else { return [] }
    let sql = ImportSnapshots.select + " WHERE i.id = ANY ($1::uuid[])"
    let result = try await pool.query(sql, [.textArray(ids.map(\.description))])
    return try result.rows.map(ImportSnapshots.record)
  }

  /// Imports, newest first.
  public func list(_ filter: Filter) async throws -> [ImportRecord] {
    let sql =
      ImportSnapshots.select + """
         WHERE ($1::text IS NULL OR i.status = $1)
           AND ($2::text IS NULL OR i.target = $2)
           AND ($3::uuid IS NULL OR i.id < $3)
         ORDER BY i.id DESC LIMIT $4
        """
    let result = try await pool.query(
      sql,
      [
        filter.status.map { .text($0.rawValue) } ?? .null,
        filter.target.map { .text($0) } ?? .null,
        filter.before.map { .text($0.description) } ?? .null,
        .int(Int64(filter.limit)),
      ])
    return try result.rows.map(ImportSnapshots.record)
  }

  /// The imports that wait, run or are to be taken back, oldest first: what a dashboard shows when it
  /// connects.
  public func active(limit: Int) async throws -> [ImportRecord] {
    let sql =
      ImportSnapshots.select + """
         WHERE i.status IN ('queued', 'parsing', 'validated', 'loading', 'finalizing')
            OR i.undo_requested AND i.status IN ('done', 'failed', 'cancelled')
         ORDER BY i.id LIMIT $1
        """
    return try await pool.query(sql, [.int(Int64(limit))]).rows.map(ImportSnapshots.record)
  }

  /// Whether all of the file is read: the import says how many rows that were, whatever was counted a moment before.
  private static let isRead = "i.status IN ('validated', 'loading', 'finalizing')"

  /// What batches have brought in stands in the import itself; an attempt that goes on behind them may not have
  /// counted so far again.
  private static let select = """
    SELECT i.id, i.idempotency_key, i.status, i.target, to_json(i.key_columns)::text AS key_columns,
           i.options, i.attempt, i.source_name, i.source_format, i.source_bytes, i.source_sha256,
           i.source_encoding, i.source_dialect, i.source_reading, i.rows_total, i.history, i.error,
           CASE WHEN \(isRead) THEN i.bytes_done ELSE coalesce(p.bytes_done, i.bytes_done) END AS bytes_done,
           CASE WHEN \(isRead) THEN i.rows_read ELSE coalesce(p.rows_read, i.rows_read) END AS rows_read,
           CASE WHEN \(isRead) THEN i.rows_read - greatest(p.rows_bad, i.rows_bad)
             ELSE coalesce(p.rows_ok, i.rows_ok) END AS rows_ok,
           CASE WHEN \(isRead) THEN greatest(p.rows_bad, i.rows_bad)
             ELSE coalesce(p.rows_bad, i.rows_bad) END AS rows_bad,
           greatest(p.rows_skipped, i.rows_skipped) AS rows_skipped,
           greatest(p.rows_inserted, i.rows_inserted) AS rows_inserted,
           greatest(p.rows_updated, i.rows_updated) AS rows_updated,
           greatest(p.rows_unchanged, i.rows_unchanged) AS rows_unchanged,
           coalesce(p.rows_per_second, i.rows_read / nullif(
             extract(epoch FROM i.finished_at - i.started_at), 0), 0)::float8 AS rows_per_second,
           extract(epoch FROM clock_timestamp())::float8 AS as_of,
           to_char(i.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
           to_char(i.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started_at,
           to_char(i.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS finished_at,
           i.commit_requested, i.diff, i.plan, i.batches, coalesce(p.profile, i.profile) AS profile, i.warnings,
           i.undo_requested, i.scope_column, i.scope_value,
           u.import_id IS NOT NULL AND NOT i.undo_requested AND u.expires_at > clock_timestamp()
             AND i.status IN ('done', 'failed', 'cancelled') AS can_be_undone,
           to_char(u.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS undo_until,
           u.deleted, u.restored, u.left_rows, u.error AS undo_error
      FROM sluice.imports i
      LEFT JOIN sluice.progress p ON p.import_id = i.id AND p.lease_id = i.lease_id
      LEFT JOIN sluice.undo u ON u.import_id = i.id
    """

  private static func record(_ row: PostgresRow) throws -> ImportRecord {
    let options = try decoded(ImportOptions.self, row.string("options"))
    var record = ImportRecord(
      id: try importID(row.string("id")),
      idempotencyKey: try row.string("idempotency_key"),
      status: try state(row.string("status")),
      target: try row.string("target"),
      key: try decoded([String].self, row.string("key_columns")),
      options: options,
      attempt: try row.int("attempt"),
      source: try source(row),
      bytesDone: try row.int64("bytes_done"),
      rowsTotal: try row.optionalInt64("rows_total"),
      counts: try counts(row),
      rowsPerSecond: try row.double("rows_per_second"),
      history: try decoded([ImportRecord.Stage].self, row.string("history")),
      asOf: try row.double("as_of"),
      createdAt: try row.string("created_at"),
      startedAt: row["started_at"],
      finishedAt: row["finished_at"],
      failure: try row["error"].map { try decoded(ImportFailure.self, $0) })
    record.isDryRun = try options.dryRun && !row.bool("commit_requested")
    record.diff = try row["diff"].map { try decoded(ImportDiff.self, $0) }
    record.plan = try row["plan"].map { try decoded(MergePlanReport.self, $0) }
    record.batches = try row["batches"].map { try decoded(BatchReport.self, $0) }
    record.profile = try row["profile"].map { try decoded(ImportProfile.self, $0) }
    record.warnings = try decoded([ImportWarning].self, row.string("warnings"))
    record.undo = try undo(row)
    if let column = row["scope_column"] {
      record.scope = ImportScope(column: column, value: try row.string("scope_value"))
    }
    return record
  }

  private static func undo(_ row: PostgresRow) throws -> ImportUndo {
    let isAvailable = try row.bool("can_be_undone")
    return ImportUndo(
      available: isAvailable, until: isAvailable ? row["undo_until"] : nil,
      isRequested: try row.bool("undo_requested"), deleted: try row.optionalInt64("deleted"),
      restored: try row.optionalInt64("restored"), left: try row.optionalInt64("left_rows"),
      failure: try row["undo_error"].map { try decoded(ImportFailure.self, $0) })
  }

  private static func source(_ row: PostgresRow) throws -> ImportSource {
    ImportSource(
      name: try row.string("source_name"), format: try row.string("source_format"),
      bytes: try row.int64("source_bytes"), sha256: try row.string("source_sha256"),
      encoding: try row.string("source_encoding"),
      dialect: try decoded(ImportSource.Dialect.self, row.string("source_dialect")),
      reading: try decoded(ImportSource.Reading.self, row.string("source_reading")))
  }

  private static func counts(_ row: PostgresRow) throws -> RowCounts {
    var counts = RowCounts()
    counts.read = try row.int64("rows_read")
    counts.ok = try row.int64("rows_ok")
    counts.bad = try row.int64("rows_bad")
    counts.skipped = try row.int64("rows_skipped")
    counts.inserted = try row.int64("rows_inserted")
    counts.updated = try row.int64("rows_updated")
    counts.unchanged = try row.int64("rows_unchanged")
    return counts
  }

  private static func importID(_ text: String) throws -> ImportID {
    guard let id = ImportID(text) else { throw UnknownValue(what: "import id", value: text) }
    return id
  }

  private static func state(_ text: String) throws -> ImportState {
    guard let state = ImportState(rawValue: text) else {
      throw UnknownValue(what: "state", value: text)
    }
    return state
  }

  private static func decoded<T: Decodable>(_ type: T.Type, _ json: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(json.utf8))
  }
}

/// The database holds a value that this version does not know.
struct UnknownValue: Error, CustomStringConvertible {
  let what: String
  let value: String
  var description: String { "unknown \(what) in the database: \(value)" }
}
