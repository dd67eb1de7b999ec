import ImportModel
import Postgres

/// The SQL that finds rows of staging with one key, and settles which of them counts.
struct DuplicateStatements {
  private let request: MergeRequest

  init(_ request: MergeRequest) {
    self.request = request
  }

  private var row: String { quotedIdentifier(request.layout.rowColumn) }

  /// Grouped by the type's default operator class, as `KeyMatch` says.
  private var key: String { request.keyColumns.map(request.value).joined(separator: ", ") }

  /// Rows whose key is whole: NULLs are equal to nothing unless the index says so.
  private var keyIsWhole: String {
    request.key.nullsAreEqual
      ? "true"
      : request.keyColumns.map { "s.\(quotedIdentifier($0.name)) IS NOT NULL" }
        .joined(separator: " AND ")
  }

  /// Whether the keys `$3` of the target `$2` ascend from chunk to chunk, as they do inside of each, and are
  /// of types whose values are the same only if their bytes are: not numbers with a scale, not texts that a
  /// collation holds for equal. A modifier may change a value on its way into staging, but for what `KeyOrder`
  /// knows of.
  static let ascends = """
    SELECT coalesce(bool_and(c.first_key IS NOT NULL AND (c.before IS NULL OR c.before < c.first_key)), false)
           AND (SELECT count(*) = cardinality($3::text[]) FROM pg_attribute a
                  JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
                 WHERE a.attrelid = $2::bigint::oid AND a.attname = ANY ($3::text[])
                   AND (a.atttypid = 'varchar'::regtype OR a.atttypmod = -1
                        AND (t.typtype = 'e' OR a.atttypid = ANY ('{bool,int2,int4,int8,oid,date,time,
                             timestamp,timestamptz,uuid,text,bytea}'::regtype[])))
                   AND (a.attcollation = 0 OR l.collisdeterministic)) AS ascends
      FROM (SELECT first_key, lag(last_key) OVER (ORDER BY chunk) AS before
              FROM sluice.chunks WHERE import_id = $1::uuid AND rows_ok > 0) c
    """

  var hasDuplicates: String {
    """
    SELECT EXISTS (SELECT FROM \(request.staging) s WHERE \(keyIsWhole)
                    GROUP BY \(key)
                   HAVING count(*) > 1) AS found
    """
  }

  /// Removes the rows that another row of the file stands for.
  func removeDuplicates(keepingLast: Bool) -> String {
    """
    DELETE FROM \(request.staging) d USING (
      SELECT s.ctid AS id, row_number() OVER (
               PARTITION BY \(key)
               ORDER BY s.\(row) \(keepingLast ? "DESC" : "ASC")) AS place
        FROM \(request.staging) s WHERE \(keyIsWhole)) n
     WHERE d.ctid = n.id AND n.place > 1
    """
  }

  /// The rows that share their key with another one, in the order of the file, and where they lie.
  var duplicateRows: String {
    """
    SELECT r.row, r.place FROM (
      SELECT s.\(row) AS row, s.ctid AS place, count(*) OVER (
               PARTITION BY \(key)) AS times
        FROM \(request.staging) s WHERE \(keyIsWhole)) r
     WHERE r.times > 1 ORDER BY r.row
    """
  }

  /// Removes rows by where they lie.
  var removeRows: String {
    "DELETE FROM \(request.staging) s WHERE s.ctid = ANY ($1::tid[])"
  }
}
