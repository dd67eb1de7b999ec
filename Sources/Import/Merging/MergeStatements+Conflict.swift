import ImportModel
import Postgres

/// `INSERT … ON CONFLICT`: for tables with triggers that may change a row, and its key, before it is
/// written, and for keys that hold NULLs for equal.
extension MergeStatements {
  /// Inserts what is new, writes what has changed and leaves the rest; answers how many of each were
  /// new and changed, and how many are `crossed`: their former values are not known, since somebody else
  /// has written them meanwhile.
  ///
  /// In the order of the key, so that it meets the application's own writes in one order only. What the
  /// target held before is seen by the same statement.
  func upsert(isLarge: Bool) -> String {
    let isNew =
      request.isPartitioned
      ? "\(MergeStatements.lastMet) IS DISTINCT FROM \(keyText)" : "t.xmax = 0"
    let keys = request.key.columns.indices.map { "m.k\($0)" }
    let former = writableColumns.isEmpty ? "" : images.former("o")
    let updated =
      writableColumns.isEmpty
      ? "" : ", kept_changed AS (\(images.keepUpdated("known", where: "was_there")))"
    return """
      WITH merged AS (
        \(insertHead(completing: true))\(proposed)
         ORDER BY \(list(keyColumns, prefix: "s."))
        ON CONFLICT (\(list(keyColumns))) \(onConflict)
        RETURNING \(isNew) AS is_new, \(match.isWhole("t")) AS whole, \(images.returned)
      ), known AS MATERIALIZED (
        SELECT m.*, o.tableoid IS NOT NULL AS was_there\(former)
          FROM merged m LEFT JOIN \(request.targetSource) o ON \(match.isSameRow(match.columns(of: "o"), keys))
      ), kept_written AS (\(images.keepInserted("known", where: "NOT was_there", isLarge: isLarge)))
      \(updated), slice AS (
        SELECT count(*) AS total, count(*) FILTER (WHERE NOT (\(match.isWhole("s")))) AS loose
          FROM \(request.staging) s WHERE \(MergeStatements.slice)
      )
      SELECT count(*) AS written, count(*) FILTER (WHERE NOT was_there) AS inserted,
             count(*) FILTER (WHERE is_new = was_there) AS crossed,
             count(*) FILTER (WHERE NOT whole) AS loose_written,
             (SELECT total FROM slice) AS total, (SELECT loose FROM slice) AS loose,
             \(tellsSame ? MergeStatements.readSame : "NULL::bigint") AS same
        FROM known
      """
  }

  private var proposed: String {
    let more = completions.map { ", \($0.filledInOrKept)" }.joined()
    let join = completions.isEmpty ? "" : " \(match.joinOfExisting)"
    return """
      SELECT \(values)\(more) FROM \(request.staging) s\(join) WHERE \(MergeStatements.slice)\(onlyNew)
      """
  }

  /// A row that is proposed is held against CHECKs first: those that nothing is made of are not proposed,
  /// unless a trigger may give them another key.
  private var onlyNew: String {
    writableColumns.isEmpty && !countsSame ? " AND NOT \(match.isHeld(where: "true"))" : ""
  }

  private var onConflict: String {
    guard !writableColumns.isEmpty else { return "DO NOTHING" }
    let assignments = writableColumns.map {
      "\(quotedIdentifier($0.name)) = excluded.\(quotedIdentifier($0.name))"
    }
    let differs = differences("t") { "excluded.\(quotedIdentifier($0.name))" }
    let isMet = request.isPartitioned ? noteMet : "true"
    let isCounted =
      countsSame
      ? "CASE WHEN \(differs) THEN \(isMet) ELSE \(countOneMore) END" : "(\(differs)) AND \(isMet)"
    return "DO UPDATE SET \(assignments.joined(separator: ", ")) WHERE \(isCounted)"
  }
}

// MARK: Rows that were there already

extension MergeStatements {
  /// The key of the row that was met last. Of a row in a partition, no system column can be returned that tells
  /// whether it is new; so the condition of the update notes which one was met.
  private static let lastMet = "current_setting('sluice.met', true)"

  /// That of the target's row, which no update changes.
  private var keyText: String {
    "CAST(ROW(\(match.columns(of: "t").joined(separator: ", "))) AS text)"
  }

  /// True.
  private var noteMet: String { "set_config('sluice.met', \(keyText), true) IS NOT NULL" }
}

// MARK: Rows that triggers swallow

extension MergeStatements {
  /// Rows that were compared and left as they are. A setting can be counted up from inside a statement,
  /// needs no right, and goes back with a savepoint; it is read as `same`.
  private static let same = "'sluice.same'"

  static let resetSame = "SELECT set_config(\(same), '0', true)"

  /// Beside the counts of what was written, and so behind it.
  fileprivate static let readSame =
    "CASE WHEN count(*) >= 0 THEN current_setting(\(same))::bigint END"

  /// False.
  private var countOneMore: String {
    let next = "(current_setting(\(MergeStatements.same))::bigint + 1)::text"
    return "set_config(\(MergeStatements.same), \(next), true) IS NULL"
  }

  /// Whether `same` tells of all rows that were left as they are: with `DO NOTHING`, nothing is compared.
  var tellsSame: Bool { countsSame && !writableColumns.isEmpty }

  /// How many rows of a slice, whose key is whole, do not stand in the target as they are.
  var unsettled: String {
    """
    SELECT count(*) AS unsettled FROM \(request.staging) s
     WHERE \(MergeStatements.slice) AND \(match.isWhole("s"))
       AND NOT \(match.isHeld(where: "NOT (\(differences("t", value)))"))
    """
  }
}
