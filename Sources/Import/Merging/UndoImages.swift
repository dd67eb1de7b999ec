import ImportModel
import Postgres

/// What a merge leaves behind so that it can be taken back: the keys of the rows that it inserted, the
/// former values of those that it updated, and a digest of each as it stands now.
///
/// The tables are made in the transaction of the merge, and stay only where there is something in them:
///
///     sluice.undo_<id>_inserted  n integer, digests bigint[], k0 T0[], k1 T1[], …  a row for some 100,000
///     sluice.undo_<id>_updated   digest bigint, k0 T0, …, c0 C0, c1 C1, …          a row each
///
/// `k0`, `k1`, … are the columns by which rows are found again, `c0`, `c1`, … those that get their old
/// values back: `sluice.undo` names them.
struct UndoImages: Sendable {
  /// Most keys in one row of the first table: an array ends at 1 GB.
  static let groupSize = 100_000

  struct Column: Sendable, Equatable {
    let name: String
    /// Without its modifier.
    let type: String
    /// Whether there is no array of it.
    let isArray: Bool
  }

  let keys: [Column]
  let images: [Column]
  let digest: RowDigest
  let request: MergeRequest
  /// Quoted, qualified names of the tables: others where a second session fills them.
  var inserted: String
  var updated: String
  private let hasLZ4: Bool

  private init(
    keys: [Column], images: [Column], digest: RowDigest, request: MergeRequest, hasLZ4: Bool
  ) {
    self.keys = keys
    self.images = images
    self.digest = digest
    self.request = request
    self.hasLZ4 = hasLZ4
    inserted = UndoTables.inserted(request.lease.importID)
    updated = UndoTables.updated(request.lease.importID)
  }

  /// Reads the columns that matter out of the catalog.
  ///
  /// - Parameters:
  ///   - written: the columns that an update would write; none where nothing is updated.
  ///   - isRewritten: whether triggers may change other columns beside them.
  static func read(
    _ request: MergeRequest, written: [String], isRewritten: Bool,
    on connection: PostgresConnection
  ) async throws -> UndoImages {
    let keys = rowKey(of: request)
    let rows = try await connection.queryCached(
      columns, [.int(Int64(request.target.oid)), .textArray(keys)]
    ).rows
    let all = try rows.map { row in
      Column(
        name: try row.string("attname"), type: try row.string("type"),
        isArray: try row.bool("is_array"))
    }
    let given = Set(written)
    return UndoImages(
      keys: keys.compactMap { name in all.first { $0.name == name } },
      images: given.isEmpty
        ? [] : all.filter { !keys.contains($0.name) && (isRewritten || given.contains($0.name)) },
      digest: try await RowDigest.read(request.target.oid, on: connection),
      request: request,
      hasLZ4: try await connection.queryOnce(lz4).rows[0].bool("found"))
  }

  /// What tells one row of the target from another.
  private static func rowKey(of request: MergeRequest) -> [String] {
    guard !request.hasKey else { return request.key.columns }
    let required = Set(request.target.columns.filter(\.isRequired).map(\.name))
    let usable = request.target.keys.filter { !$0.isDeferrable }
    let found =
      usable.first(where: \.isPrimary)
      ?? usable.first { required.isSuperset(of: $0.columns) }
    return found?.columns ?? []
  }

  private static let columns = """
    SELECT a.attname, format_type(a.atttypid, -1) AS type,
           t.typcategory = 'A' OR t.typarray = 0 AS is_array
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
       AND a.attgenerated = ''
       -- No update can give such a column a value.
       AND (a.attidentity <> 'a' OR a.attname = ANY ($2::text[]))
     ORDER BY a.attnum
    """

  private static let lz4 = """
    SELECT EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression'
                      AND 'lz4' = ANY (enumvals)) AS found
    """

  // MARK: Tables

  func create(on connection: PostgresConnection) async throws {
    try await createInserted(on: connection)
    try await createUpdated(on: connection)
  }

  func createInserted(on connection: PostgresConnection) async throws {
    guard request.keepsImages else { return }
    try await connection.execute(creatingInserted)
  }

  /// Digests cannot be compressed, and keys not well enough for the time that `pglz` takes.
  var creatingInserted: String {
    let arrays = keys.enumerated().map { ", k\($0) \($1.isArray ? "text" : $1.type)[]" }.joined()
    let storage = keys.indices.map {
      hasLZ4 ? ", ALTER k\($0) SET COMPRESSION lz4" : ", ALTER k\($0) SET STORAGE EXTERNAL"
    }
    return """
      CREATE TABLE \(inserted) (n integer NOT NULL, digests bigint[] NOT NULL\(arrays));
      ALTER TABLE \(inserted) ALTER digests SET STORAGE EXTERNAL\(storage.joined())
      """
  }

  func createUpdated(on connection: PostgresConnection) async throws {
    guard request.keepsImages, !images.isEmpty else { return }
    let single = keys.enumerated().map { ", k\($0) \($1.type)" }
    let former = images.enumerated().map { ", c\($0) \($1.type)" }
    try await connection.execute(
      "CREATE TABLE \(updated) (digest bigint NOT NULL\((single + former).joined()))")
  }

  /// Enters what can be taken back, and drops the tables that are not needed for it.
  func seal(_ counts: RowCounts, on connection: PostgresConnection) async throws {
    try await dropEmpty(counts, on: connection)
    try await enter(counts, on: connection)
  }

  /// Drops the tables that have been left without images.
  func dropEmpty(_ counts: RowCounts, on connection: PostgresConnection) async throws {
    guard request.keepsImages else { return }
    if counts.inserted == 0 { try await connection.execute("DROP TABLE IF EXISTS \(inserted)") }
    if counts.updated == 0 { try await connection.execute("DROP TABLE IF EXISTS \(updated)") }
  }

  /// Enters what can be taken back; with batches, over what was entered with those before.
  func enter(_ counts: RowCounts, on connection: PostgresConnection) async throws {
    guard request.keepsImages, counts.inserted + counts.updated > 0 else { return }
    let sql = """
      INSERT INTO sluice.undo (import_id, kind, target_oid, key_columns, digest_columns,
          image_columns, rows_inserted, rows_updated, expires_at)
      VALUES ($1::uuid, 'rows', $2::bigint::oid, $3, $4, $5, $6, $7,
          clock_timestamp() + make_interval(secs => $8::double precision))
      ON CONFLICT (import_id) DO UPDATE SET rows_inserted = excluded.rows_inserted,
          rows_updated = excluded.rows_updated, expires_at = excluded.expires_at
      """
    _ = try await connection.queryCached(
      sql,
      [
        .text(request.lease.importID.description), .int(Int64(request.target.oid)),
        .textArray(keys.map(\.name)), .textArray(digest.columnNames),
        .textArray(images.map(\.name)), .int(counts.inserted), .int(counts.updated),
        .int(request.retentionSeconds),
      ])
  }

  // MARK: Parts of statements

  /// What a statement returns of each row `t` that it wrote: `digest`, `k0`, `k1`, ….
  var returned: String {
    let all = keys.enumerated().map { ", t.\(quotedIdentifier($1.name)) AS k\($0)" }
    return "\(digest.expression("t")) AS digest\(all.joined())"
  }

  /// The former values in a row of the target, as `c0`, `c1`, …; each with a comma before it.
  func former(_ alias: String) -> String {
    images.enumerated().map { ", \(alias).\(quotedIdentifier($1.name)) AS c\($0)" }.joined()
  }

  /// The same of a staged row that will be inserted as it is; nil where only the target tells what will
  /// stand there.
  ///
  /// - Parameter value: what a column will hold, as exactly its type.
  func returned(of value: (String) -> String?) -> String? {
    let names = keys.map(\.name) + digest.columnNames
    guard names.allSatisfy({ value($0) != nil }) else { return nil }
    let all = keys.enumerated().map { ", \(value($1.name) ?? "NULL") AS k\($0)" }
    return "\(digest.expression { value($0) ?? "NULL" }) AS digest\(all.joined())"
  }

  private var names: String {
    (keys.indices.map { ", k\($0)" } + images.indices.map { ", c\($0)" }).joined()
  }

  /// Keeps the inserted rows that a query of this name has returned.
  ///
  /// - Parameter isLarge: whether they may be more than fit into one array.
  func keepInserted(_ query: String, where condition: String? = nil, isLarge: Bool) -> String {
    let target = keys.indices.map { ", k\($0)" }.joined()
    let arrays = keys.enumerated().map {
      ", array_agg(\($1.isArray ? "CAST(k\($0) AS text)" : "k\($0)"))"
    }
    let head = "INSERT INTO \(inserted) (n, digests\(target)) SELECT count(*), array_agg(digest)"
    let filter = condition.map { " WHERE \($0)" } ?? ""
    guard isLarge else {
      return "\(head)\(arrays.joined()) FROM \(query)\(filter) HAVING count(*) > 0"
    }
    return """
      \(head)\(arrays.joined()) FROM (
        SELECT *, (row_number() OVER () - 1) / \(UndoImages.groupSize) AS part FROM \(query)\(filter)) p
       GROUP BY part
      """
  }

  /// Keeps the updated rows that a query of this name has returned, with their former values.
  func keepUpdated(_ query: String, where condition: String? = nil) -> String {
    let filter = condition.map { " WHERE \($0)" } ?? ""
    return "INSERT INTO \(updated) (digest\(names)) SELECT digest\(names) FROM \(query)\(filter)"
  }
}
