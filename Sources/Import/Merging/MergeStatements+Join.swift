import ImportModel
import Postgres

/// A join of staging and target tells what is new and what has changed, all seen at one moment: what
/// somebody else writes meanwhile is noticed, and the slice done again.
extension MergeStatements {
  /// Inserts what is new, writes what has changed and leaves the rest.
  ///
  /// It answers how many rows there are in the slice (`total`), how many have changed (`differing`), and
  /// how many were `updated` and `inserted`. A row that another session changed or deleted since is not
  /// updated, as its `xmin` is another then; one that it inserted is a unique violation.
  ///
  /// - Parameters:
  ///   - isSorted: whether rows are looked up in the order of the key.
  ///   - isLarge: whether the slice may have more rows than `UndoImages.groupSize`.
  func join(isSorted: Bool, isLarge: Bool) -> String {
    guard !writableColumns.isEmpty else { return insertMissing(isLarge: isLarge) }
    return """
      WITH met AS MATERIALIZED (\(met(isSorted: isSorted))), changed AS (
        UPDATE \(request.targetSource) AS t SET \(assignments)
          FROM met m WHERE t.ctid = m.tid AND t.xmin = m.xm\(inPartition)
        RETURNING 1
      ), kept_changed AS (\(images.keepUpdated("met", where: "tid IS NOT NULL"))), written AS (
        \(insertHead())SELECT \(staged("m")) FROM met m
         -- Behind the updates, which may make room for new rows.
         WHERE m.tid IS NULL AND (SELECT count(*) FROM changed) >= 0
         ORDER BY \(orderOfMet)
        RETURNING \(images.returned)
      ), kept_written AS (\(images.keepInserted("written", isLarge: isLarge)))
      SELECT count(*) AS inserted, (SELECT count(*) FROM changed) AS updated,
             (SELECT count(*) FROM met WHERE tid IS NOT NULL) AS differing, (\(countSlice)) AS total
        FROM written
      """
  }

  /// The staged rows that are new or would change theirs, with its place, its version, its values, and the
  /// digest that it will have: to return all that from the update takes longer than to compute it here.
  ///
  /// - Parameter staged: what stands for the staged values; all of them as `n0`, `n1`, … where it is nil.
  func met(isSorted: Bool, staged: String? = nil) -> String {
    let columns =
      staged.map { [$0] }
      ?? request.layout.columns.enumerated().map { "\(value($1)) AS n\($0)" }
    let place = "o.ctid AS tid, o.xmin AS xm\(request.isPartitioned ? ", o.tableoid AS rel" : "")"
    let keys = request.key.columns.enumerated().map { ", o.\(quotedIdentifier($1)) AS k\($0)" }
    let written = Set(writableColumns.map(\.name))
    let digest = images.digest.expression { name in
      written.contains(name) ? cast(name) : "o.\(quotedIdentifier(name))"
    }
    return """
      SELECT \(columns.joined(separator: ", ")), \(place)\(keys.joined())\(images.former("o")),
             CASE WHEN o.ctid IS NOT NULL THEN \(digest) END AS digest
        FROM \(slice(isSorted: isSorted)) LEFT JOIN \(request.targetSource) o ON \(match.joined("o"))
       WHERE \(isSorted ? "" : "\(MergeStatements.slice) AND ")(o.ctid IS NULL OR \(differences("o", value)))
      """
  }

  /// A staged value as it will stand in the target.
  private func cast(_ name: String) -> String {
    let column = request.target.columns.first { $0.name == name }
    let value = "s.\(quotedIdentifier(name))"
    return column.map { "CAST(\(value) AS \($0.type.sqlName))" } ?? value
  }

  private func slice(isSorted: Bool) -> String {
    guard isSorted else { return "\(request.staging) s" }
    return """
      (SELECT * FROM \(request.staging) s WHERE \(MergeStatements.slice)
        ORDER BY \(list(keyColumns, prefix: "s."))) s
      """
  }

  private func staged(_ alias: String) -> String {
    request.layout.columns.indices.map { "\(alias).n\($0)" }.joined(separator: ", ")
  }

  private func place(_ column: StagingLayout.Column) -> Int {
    request.layout.columns.firstIndex { $0.name == column.name } ?? 0
  }

  private var orderOfMet: String {
    keyColumns.map { "m.n\(place($0))" }.joined(separator: ", ")
  }

  private var assignments: String {
    writableColumns.map { "\(quotedIdentifier($0.name)) = m.n\(place($0))" }
      .joined(separator: ", ")
  }

  /// Places are those of a partition; the key tells at once which one that is.
  private var inPartition: String {
    guard request.isPartitioned else { return "" }
    let keys = request.key.columns.indices.map { "m.k\($0)" }
    return " AND t.tableoid = m.rel AND \(match.equality(match.columns(of: "t"), keys))"
  }

  /// Inserts what is new and leaves the rest.
  private func insertMissing(isLarge: Bool) -> String {
    """
    WITH written AS (
      \(insertHead())SELECT \(values) FROM \(request.staging) s
       WHERE \(MergeStatements.slice)
         AND NOT EXISTS (SELECT FROM \(request.targetSource) o WHERE \(match.joined("o")))
       ORDER BY \(keyColumns.map(value).joined(separator: ", "))
      RETURNING \(images.returned)
    ), kept AS (\(images.keepInserted("written", isLarge: isLarge)))
    SELECT count(*) AS inserted, 0 AS updated, 0 AS differing, (\(countSlice)) AS total FROM written
    """
  }

  /// Takes the locks that an update needs, so that the rows stay as they are seen next: in the order of the key, so
  /// that nobody who keeps to it as well ends in a deadlock.
  var lockDiffering: String { lock(where: "\(MergeStatements.slice) AND ") }

  /// The same for all of staging.
  var lockAllDiffering: String { lock(where: "") }

  private func lock(where condition: String) -> String {
    """
    SELECT count(*) FROM (
      SELECT FROM \(request.staging) s JOIN \(request.targetSource) o ON \(match.joined("o"))
       WHERE \(condition)(\(differences("o", value)))
       ORDER BY \(keyColumns.map(value).joined(separator: ", ")) FOR NO KEY UPDATE OF o) l
    """
  }
}
