import ImportModel
import Postgres

/// The SQL by which staging is taken apart into batches. Every identifier comes out of the catalog.
struct BatchStatements: Sendable {
  private let request: MergeRequest

  init(_ request: MergeRequest) {
    self.request = request
  }

  private var row: String { "s.\(quotedIdentifier(request.layout.rowColumn))" }
  private var staging: String { "\(request.staging) s" }

  /// Removes the rows up to `$1` that are settled: all but `$2`.
  var removeSettled: String {
    "DELETE FROM \(staging) WHERE \(row) <= $1 AND NOT \(row) = ANY ($2::bigint[])"
  }

  /// A scan that begins at the first page, in one process, comes by the rows as they lie.
  static let scanInOrder = """
    SET LOCAL synchronize_seqscans = off; SET LOCAL max_parallel_workers_per_gather = 0
    """

  /// Whether the rows lie in the order of the file: `false` where one lies behind a later one, as a COPY puts
  /// short rows where room is left on earlier pages.
  var isInOrder: String {
    """
    SELECT NOT EXISTS (
      SELECT FROM (SELECT \(row) AS n, lag(\(row)) OVER () AS before FROM \(staging)) r
       WHERE r.n < r.before) AS found
    """
  }

  /// How many rows there are that no batch has reached; `$1` is the last one that is.
  var countRest: String { "SELECT count(*) AS rows FROM \(staging) WHERE \(row) > $1" }

  /// The place of the first row behind `$1`, as `place`.
  var first: String {
    "SELECT s.ctid AS place, \(row) AS row FROM \(staging) WHERE \(row) > $1 ORDER BY s.ctid LIMIT 1"
  }

  /// What a slice holds: how many rows, the last of them, and those that are not behind `$3`.
  var content: String {
    """
    SELECT count(*) AS rows, coalesce(max(\(row)), 0) AS last_row,
           coalesce(json_agg(\(row)) FILTER (WHERE \(row) <= $3), '[]')::text AS earlier
      FROM \(staging) WHERE \(MergeStatements.slice)
    """
  }

  /// Makes a copy of staging in the order of the file, which takes its place: of all rows, or of some only.
  ///
  /// Only CREATE TABLE AS fills page after page without a look at the room on earlier ones.
  func rewrite(only rows: some Sequence<Int64>) -> [String] {
    let list = rows.map(String.init).joined(separator: ",")
    return rewrite(where: " WHERE \(row) = ANY ('{\(list)}'::bigint[])")
  }

  /// The same for all rows.
  var rewriteAll: [String] { rewrite(where: "") }

  private func rewrite(where filter: String) -> [String] {
    let copy = "sluice.\(quotedIdentifier("batch_\(request.lease.importID.digits)"))"
    let own = request.staging.split(separator: ".", maxSplits: 1).last.map(String.init) ?? ""
    return [
      // Autovacuum stays away, as from staging.
      """
      CREATE UNLOGGED TABLE \(copy) WITH (autovacuum_enabled = false) AS
        SELECT s.* FROM \(staging)\(filter) ORDER BY \(row)
      """,
      "DROP TABLE \(request.staging)",
      "ALTER TABLE \(copy) RENAME TO \(own)",
    ]
  }
}
