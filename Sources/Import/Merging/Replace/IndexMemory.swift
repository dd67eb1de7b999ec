import Postgres

/// The memory that an index is made in.
///
/// A B-tree is made by sorting, and runs that stay in the caches of a processor are sorted in three quarters of the
/// time of larger ones, their merging included, as long as one pass merges all of them: with 32 MB for each of two
/// processes, which 64 MB are to Postgres, some 120 runs. Other kinds are made faster the more they have.
enum IndexMemory {
  /// Up to which size of a table one pass will do, whatever its columns.
  static let onePass = "4GB"

  /// Sets it until the transaction ends.
  ///
  /// - Parameters:
  ///   - definition: of the index or its constraint, from USING or EXCLUDE on.
  ///   - table: its name, quoted as SQL asks for.
  static func setting(
    _ definition: String, of table: String, onePass: String = IndexMemory.onePass
  ) -> String {
    let isSorted = ["USING btree ", "EXCLUDE USING btree "].contains { definition.hasPrefix($0) }
    return """
      SET LOCAL maintenance_work_mem TO DEFAULT;
      SELECT set_config('maintenance_work_mem', CASE
               WHEN \(isSorted) AND pg_relation_size(\(quotedLiteral(table))) < pg_size_bytes('\(onePass)')
               THEN '64MB'
               ELSE pg_size_pretty(greatest(
                 pg_size_bytes(current_setting('maintenance_work_mem')), pg_size_bytes('256MB')))
             END, true)
      """
  }
}
