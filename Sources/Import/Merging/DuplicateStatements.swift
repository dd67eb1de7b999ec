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
