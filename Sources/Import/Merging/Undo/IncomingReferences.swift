import FoundationEssentials
import ImportModel
import Postgres

/// A foreign key that refers to rows of the target.
struct IncomingReference: Sendable, Decodable, Equatable {
  let name: String
  /// The referring table as `FROM` takes it, and its name alone.
  let source: String
  let table: String
  let columns: [String]
  let referencedColumns: [String]
  /// Compare a referenced column with a referring one.
  let operators: [String]
  /// What becomes of a referring row: `a` and `r` nothing, `c` it follows, `n` and `d` it loses its value.
  let onDelete: String
  let onUpdate: String
  /// Whether rows of the target itself refer.
  let isOwn: Bool
  let isReadable: Bool

  /// What the report says of a row that is left for it.
  var message: String { "rows of \"\(table)\" refer to it (\(name))" }

  /// Whether rows that refer to `t` would be changed or deleted with it, where Postgres would do so.
  var followsDeletes: Bool { ["c", "n", "d"].contains(onDelete) }

  static func read(
    _ target: TargetTable, on connection: PostgresConnection
  ) async throws -> [IncomingReference] {
    let result = try await connection.query(sql, [.int(Int64(target.oid))])
    let text = try result.rows[0].string("found")
    do {
      return try JSONDecoder().decode([IncomingReference].self, from: Data(text.utf8))
    } catch {
      throw ImportFailure(
        .internal, "what refers to \(target.displayName) could not be read from the catalog")
    }
  }

  /// A foreign key has one more entry for each partition on either side, which its parent stands for.
  private static let sql = """
    WITH relations AS (
      SELECT relid FROM pg_partition_tree($1::bigint::oid) UNION SELECT $1::bigint::oid
      UNION SELECT relid FROM pg_partition_ancestors($1::bigint::oid)
    )
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      \(ForeignKeyMembers.other),
      \(ForeignKeyMembers.columns),
      'onDelete', k.confdeltype, 'onUpdate', k.confupdtype,
      'isOwn', k.conrelid IN (SELECT relid FROM relations),
      'isReadable', NOT row_security_active(r.oid) AND has_schema_privilege(n.oid, 'USAGE')
        AND (SELECT bool_and(has_column_privilege(r.oid, x.number, 'SELECT'))
             FROM unnest(k.conkey) AS x(number))
      ) ORDER BY k.conname), '[]')::text AS found
    FROM pg_constraint AS k
    JOIN pg_class AS r ON r.oid = k.conrelid
    JOIN pg_namespace AS n ON n.oid = r.relnamespace
    WHERE k.contype = 'f' AND k.confrelid IN (SELECT relid FROM relations)
      AND coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
      AND NOT EXISTS (
        SELECT FROM pg_constraint AS p
        WHERE p.oid = k.conparentid AND p.confrelid IN (SELECT relid FROM relations))
    """
}

// MARK: SQL

extension IncomingReference {
  /// Whether a row `o` refers to the row `t`.
  private var match: String {
    zip(zip(referencedColumns, operators), columns).map {
      "t.\(quotedIdentifier($0.0)) \($0.1) o.\(quotedIdentifier($1))"
    }.joined(separator: " AND ")
  }

  /// A condition under which deleting `t` changes no other row of the target, as it stands now.
  var standsAlone: String {
    "NOT EXISTS (SELECT FROM \(source) o WHERE \(match)"
      + " AND (o.tableoid, o.ctid) <> (t.tableoid, t.ctid))"
  }

  /// Leaves the row with the id `$1` if another row of the target refers to it; `$2` is the message.
  func leaveHolding(_ layout: UndoLayout) -> String {
    """
    UPDATE \(UndoStatements.list) c SET reason = 'referenced', message = $2
      FROM \(layout.table) AS t
     WHERE c.id = $1::bigint AND \(UndoStatements.place) AND NOT (\(standsAlone))
    """
  }

  /// Takes rows out of the list of those to be deleted that others refer to; `$1` is the message.
  ///
  /// Rows of the target that go as well, or will refer to another row, do not count.
  func leaveReferenced(_ layout: UndoLayout) -> String {
    """
    UPDATE \(UndoStatements.list) c SET reason = 'referenced', message = $1
      FROM \(layout.table) AS t
     WHERE c.deletes AND c.reason IS NULL AND \(UndoStatements.place)
       AND EXISTS (SELECT FROM \(source) o WHERE \(match)\(isOwn ? staying(layout) : ""))
    """
  }

  private func staying(_ layout: UndoLayout) -> String {
    let images = Dictionary(uniqueKeysWithValues: layout.images.map { ($0.name, $0.place) })
    let moves = layout.hasUpdated && columns.contains { images[$0] != nil }
    let restored = zip(zip(referencedColumns, operators), columns).map { pair, column in
      let value = images[column].map { "u.c\($0)" } ?? "o.\(quotedIdentifier(column))"
      return "t.\(quotedIdentifier(pair.0)) \(pair.1) \(value)"
    }.joined(separator: " AND ")
    let join =
      moves
      ? "LEFT JOIN \(UndoTables.updated(layout.entry.importID)) u ON u.ctid = d.image" : ""
    return """
       AND NOT EXISTS (
         SELECT FROM \(UndoStatements.list) d \(join)
          WHERE d.relation = o.tableoid AND d.place = o.ctid AND d.reason IS NULL
            AND (d.deletes\(moves ? " OR (\(restored)) IS NOT TRUE" : "")))
      """
  }

  /// Whether rows might lose what they refer to when changed rows get their old values.
  func isTouched(by layout: UndoLayout) -> Bool {
    layout.hasUpdated && !isOwn && onUpdate != "c"
      && layout.images.contains { referencedColumns.contains($0.name) }
  }

  /// Takes rows out of the list of those to be restored that others refer to by what they hold now; `$1` is
  /// the message.
  func leaveHeld(_ layout: UndoLayout) -> String {
    let held = layout.images.filter { referencedColumns.contains($0.name) }
    let differs = held.map {
      "ROW(t.\(quotedIdentifier($0.name)))::record *<> ROW(u.c\($0.place))::record"
    }
    return """
      UPDATE \(UndoStatements.list) c SET reason = 'referenced', message = $1
        FROM \(layout.table) AS t, \(UndoTables.updated(layout.entry.importID)) u
       WHERE NOT c.deletes AND c.reason IS NULL AND u.ctid = c.image AND \(UndoStatements.place)
         AND (\(differs.joined(separator: " OR ")))
         AND EXISTS (SELECT FROM \(source) o WHERE \(match))
      """
  }
}
