import ImportModel
import Postgres

/// Images of whole pages in the WAL, which Postgres writes for each page that is changed for the first time since a
/// checkpoint.
///
/// A merge changes many: with `pglz`, their compression takes more time than the rows themselves. `lz4` makes them
/// as small, give or take a tenth, in a tenth of the time.
enum PageImages {
  /// Has them compressed by lz4 until the transaction at hand ends, where they are compressed by pglz.
  ///
  /// An administrator's word counts: it stays where the role may not set it, or where it is set for the role or the
  /// database. Where nothing is compressed, nothing is: that is a choice between time and room.
  static func hasten(on connection: PostgresConnection) async throws {
    guard let row = try await connection.queryOnce(isOurs).rows.first, try row.bool("ours") else {
      return
    }
    _ = try await connection.queryCached(
      """
      SELECT set_config('wal_compression', 'lz4', true), set_config('\(mark)', 'lz4', true)
       WHERE current_setting('wal_compression') = 'pglz'
         AND has_parameter_privilege('wal_compression', 'SET')
      """)
  }

  /// Adds to a report what was set.
  static func noted(
    in report: MergePlanReport, on connection: PostgresConnection
  ) async throws -> MergePlanReport {
    var report = report
    let made = try await connection.queryCached(
      "SELECT current_setting('\(mark)', true) AS setting"
    ).rows[0][0]
    if let made, !made.isEmpty { report.settings["wal_compression"] = made }
    return report
  }

  /// What `hasten` has set, until the transaction ends.
  private static let mark = "sluice.wal_compression"

  /// Whether the setting is the server's: a role or a database has its own from the start of a session, if at all.
  private static let isOurs = """
    SELECT coalesce('lz4' = ANY (enumvals), false)
           AND source IN ('default', 'configuration file', 'command line') AS ours
      FROM pg_settings WHERE name = 'wal_compression'
    """
}
