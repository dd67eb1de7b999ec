import Postgres

/// The memory that an index is made in.
///
/// A B-tree is made by sorting, and runs that stay in the caches of a processor are sorted in three quarters of the
/// time of larger ones, their merging included, as long as one pass merges all of them: with 32 MB for each of two
/// processes, which 64 MB are to Postgres, some 120 runs. Other kinds are made faster the more they have.
///
/// Runs of 8 MB take another fifth less. With so little, Postgres sorts in one process, unless the table says how many
/// help (`parallel_workers`).
enum IndexMemory {
  /// Up to which size of a table one pass will do, whatever its columns.
  static let onePass = "4GB"

  /// Sets it until the transaction ends.
  ///
  /// - Parameters:
  ///   - definition: of the index or its constraint, from USING or EXCLUDE on.
  ///   - table: its name, quoted as SQL asks for.
  ///   - hasWorker: whether the table says that one process helps, in however little memory.
  static func setting(
    _ definition: String, of table: String, hasWorker: Bool = false,
    onePass: String = IndexMemory.onePass
  ) -> String {
    let isSorted = ["USING btree ", "EXCLUDE USING btree "].contains { definition.hasPrefix($0) }
    let size = "pg_relation_size(\(quotedLiteral(table)))"
    // As many runs as one pass merges.
    let little =
      hasWorker ? "pg_size_pretty(greatest(\(size) / 64, pg_size_bytes('16MB')))" : "'64MB'"
    return """
      SET LOCAL maintenance_work_mem TO DEFAULT;
      SELECT set_config('maintenance_work_mem', CASE
               WHEN \(isSorted) AND \(size) < pg_size_bytes('\(onePass)')
               THEN \(little)
               ELSE pg_size_pretty(greatest(
                 pg_size_bytes(current_setting('maintenance_work_mem')), pg_size_bytes('256MB')))
             END, true)
      """
  }
}
