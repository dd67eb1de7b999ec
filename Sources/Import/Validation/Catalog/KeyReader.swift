import ImportModel
import Postgres

/// Reads the unique keys of tables.
enum KeyReader {
  /// Keys by table, the primary key first, then by name.
  static func read(
    _ oids: [UInt32], columns: [UInt32: [TargetColumn]], on connection: PostgresConnection
  ) async throws -> [UInt32: [TargetKey]] {
    let result = try await connection.queryCached(sql, [.int8Array(oids.map { Int64($0) })])
    var keys: [UInt32: [TargetKey]] = [:]
    for row in result.rows {
      let table = UInt32(truncatingIfNeeded: try row.int64("indrelid"))
      let numbers = try row.string("columns").split(separator: " ").compactMap { Int16($0) }
      let names = numbers.compactMap { number in
        columns[table]?.first { $0.number == number }?.name
      }
      // A key over a system column names none of ours.
      guard names.count == numbers.count else { continue }
      keys[table, default: []].append(
        TargetKey(
          name: try row.string("relname"), columns: names,
          isPrimary: try row.bool("indisprimary"),
          nullsAreEqual: try row.bool("nulls_are_equal"),
          isDeferrable: try row.bool("is_deferrable")))
    }
    return keys
  }

  /// INCLUDE columns stand behind `indnkeyatts` and are cut off. `to_jsonb` reads columns that only newer
  /// versions have: `indnullsnotdistinct` came with Postgres 15.
  private static let sql = """
    SELECT i.indrelid::bigint AS indrelid, c.relname, i.indisprimary,
      coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_are_equal,
      NOT i.indimmediate AS is_deferrable,
      (SELECT string_agg(k.attnum::text, ' ' ORDER BY k.position)
       FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
       WHERE k.position <= i.indnkeyatts) AS columns
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = ANY ($1::bigint[]::oid[])
      AND i.indisunique AND NOT i.indisexclusion AND i.indisvalid AND i.indisready
      AND i.indpred IS NULL AND i.indexprs IS NULL
    ORDER BY i.indrelid, i.indisprimary DESC, c.relname
    """
}
