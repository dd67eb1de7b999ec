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
    let isSlow = try await connection.queryCached(
      """
      SELECT FROM pg_settings
       WHERE current_setting('wal_compression') = 'pglz' AND name = 'wal_compression'
         AND 'lz4' = ANY (enumvals) AND source IN ('default', 'configuration file', 'command line')
      """)
    guard !isSlow.rows.isEmpty else { return }
    _ = try await connection.queryCached(
      """
      SELECT set_config('wal_compression', 'lz4', true)
       WHERE has_parameter_privilege('wal_compression', 'SET')
      """)
  }

  /// Adds to a report what was set.
  static func noted(
    in report: MergePlanReport, on connection: PostgresConnection
  ) async throws -> MergePlanReport {
    var report = report
    let made = try await connection.queryCached(
      """
      SELECT setting FROM pg_settings
       WHERE current_setting('wal_compression') = 'lz4' AND name = 'wal_compression'
         AND source = 'session'
      """)
    if let row = made.rows.first { report.settings["wal_compression"] = try row.string("setting") }
    return report
  }
}
